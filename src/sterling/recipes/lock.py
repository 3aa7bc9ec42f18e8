"""The recipe as it was resolved: every default written out, so that a later version with other defaults can be told."""

from typing import Any

import yaml

from sterling.recipes.entries import Entry
from sterling.recipes.models import Recipe
from sterling.records import canonical_json, digest
from sterling.registry import Kind, Part

_HEAD = (
    "# Written by Sterling: the recipe with every default said. Relative paths are meant from the recipe's folder.\n"
)


def plain(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON values, every default said. `from_mapping` of it is the same recipe."""
    sections = recipe.model_dump(mode="json", exclude={"anchor", "target", "generate", "checks"})
    parts = {
        "anchor": [_options("source", source) for source in recipe.anchor],
        "target": [_options("source", source) for source in recipe.target],
        "generate": [_entry("strategy", entry) for entry in recipe.generate],
        "checks": [_entry("check", entry) for entry in recipe.checks],
    }
    return {name: parts[name] if name in parts else sections[name] for name in Recipe.model_fields}


def lock_text(recipe: Recipe) -> str:
    """`recipe.lock.yaml`: the fully resolved recipe, loadable in the recipe's own folder."""
    return _HEAD + yaml.safe_dump(plain(recipe), sort_keys=False, allow_unicode=True, width=120)


def recipe_digest(recipe: Recipe) -> str:
    """Digest of what the recipe says, whatever its spelling, comments and order of keys. Not of the data it names."""
    return digest(canonical_json(plain(recipe)))


def _options(kind: Kind, part: Part) -> dict[str, Any]:
    return {kind: part.name_in_recipe, **part.model_dump(mode="json", by_alias=True)}


def _entry(kind: Kind, entry: Entry[Any]) -> dict[str, Any]:
    return {kind: entry.part.name_in_recipe, "name": entry.name, **entry.part.model_dump(mode="json", by_alias=True)}
