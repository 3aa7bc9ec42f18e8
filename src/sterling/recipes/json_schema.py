"""The JSON Schema of a recipe, for editors: completion, hover texts and red lines before anything runs."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sterling.recipes.entries import DEFAULTS, KINDS
from sterling.recipes.models import Recipe
from sterling.registry import Kind, Part, names


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) with one branch for each registered source, strategy and check.

    It is as strict on keys and types as `load`, and knows nothing of what needs more than one place to be judged:
    roles that sum to 1, unique names, seeds that name an anchor.
    """
    kinds = dict.fromkeys(KINDS.values())
    parts = [(kind, name, part) for kind in kinds for name, part in sorted(names.available(kind).items())]
    models: list[tuple[type[BaseModel], Literal["validation"]]] = [(Recipe, "validation")]
    models += [(part, "validation") for _, _, part in parts]
    references, whole = models_json_schema(models)
    definitions: dict[str, Any] = dict(whole.get("$defs", {}))
    recipe = definitions.pop(_key(references[Recipe, "validation"]))
    branches: dict[Kind, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for kind, name, part in parts:
        key = _key(references[part, "validation"])
        definitions[f"{kind}.{name}"] = _branch(kind, name, part, definitions[key])
        branches[kind].append({"$ref": f"#/$defs/{kind}.{name}"})
    for section, kind in KINDS.items():
        recipe["properties"][section] |= {"type": "array", "items": {"oneOf": branches[kind]}}
    used = _reachable(recipe, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **recipe,
        "$defs": {key: definition for key, definition in definitions.items() if key in used},
    }


def _reachable(node: Any, definitions: Mapping[str, Any]) -> set[str]:
    """Names of the definitions that `node` refers to, at any remove."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            waiting.extend(current.values())
            key = _key(current) if isinstance(current.get("$ref"), str) else None
            if key is not None and key not in found:
                found.add(key)
                waiting.append(definitions[key])
        elif isinstance(current, list):
            waiting.extend(current)
    return found


def _key(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _branch(kind: Kind, name: str, part: type[Part], own: Mapping[str, Any]) -> dict[str, Any]:
    """A part's own schema, and the keys that only a recipe gives it."""
    said: dict[str, Any] = {kind: {"const": name, "description": f"Which {kind} this is."}}
    if kind != "source":
        said["name"] = {"type": "string", "description": f"How the run calls it; `{name}` when unsaid."}
    required = [key for key in [kind] if DEFAULTS.get(kind) != name] + list(own.get("required", []))
    description = (part.__doc__ or "").strip()
    return {
        **own,
        "title": name,
        "description": description,
        "properties": {**said, **own.get("properties", {})},
        "required": required,
    }
