"""JSON Schemas made ready to judge with: compiled once each, offline, and within a bound of time.

jsonschema-rs validates. Drafts 4 to 2020-12, by `$schema`; 2020-12 without it. `format` is asserted where the name is
known. References leave the document never: neither network nor files are read. Patterns run on a linear-time engine,
so no text can make them explode; look-around and back-references, which need more, make a schema unusable here.
"""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sterling.errors import MissingExtra
from sterling.records import canonical_json, digest
from sterling.verify.forms.schema_shape import Shape, shape_of
from sterling.verify.forms.strict_json import NotJson, parse

_MAX_WORK = 100_000_000
"""Ways to one place times characters: what validating may cost at most. About a second."""
_MAX_EXPLAINED = 100_000
"""The same for listing errors, which costs a hundred times as much and remembers nothing between branches."""
_ERRORS = 5
_TAKES = 200


class BadSchema(ValueError):
    """A schema that cannot be judged with. The message says why."""


class TooCostly(ValueError):
    """A schema and an instance that together ask for more work than there is time."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema that can be judged with."""

    validator: Any
    """Of jsonschema-rs."""
    shape: Shape
    digest: str
    """Of its canonical JSON: which schema it was."""

    def accepts(self, value: Any, size: int) -> bool:
        """Whether a value of `size` characters is valid. TooCostly instead of taking minutes."""
        if self.shape.ways * size > _MAX_WORK:
            raise TooCostly(f"{size:,} characters, each looked at in up to {self.shape.ways:,} ways")
        return bool(self.validator.is_valid(value))

    def errors(self, value: Any, size: int) -> list[dict[str, str]]:
        """The first errors with their JSON pointers; none where listing them would take too long."""
        deep = _depth(value) if self.shape.recursive else 1
        if self.shape.ways**deep * size > _MAX_EXPLAINED:
            return []
        return [_plain(error) for error in itertools.islice(self.validator.iter_errors(value), _ERRORS)]

    def unsaid(self) -> dict[str, list[str]]:
        """What stands in the schema and was not checked, for evidence."""
        found = {"ignored_keywords": self.shape.ignored, "unchecked_formats": self.shape.unchecked_formats}
        return {name: list(words[:_ERRORS]) for name, words in found.items() if words}


def schema_from(value: Any) -> Schema:
    """A schema as a reference has it: an object, or JSON text of one. BadSchema for anything else."""
    return compiled(value if isinstance(value, str) else canonical_json(value))


@lru_cache(maxsize=512)
def compiled(text: str) -> Schema:
    """The schema that a JSON text says. BadSchema when it is none, or is one that every instance meets."""
    _engine()
    try:
        schema = parse(text)
        if not isinstance(schema, Mapping):
            raise BadSchema("a schema must be an object")
        shape = shape_of(schema)
    except NotJson as error:
        raise BadSchema(f"the schema is no JSON: {error}") from None
    except RecursionError:
        raise BadSchema("the schema is nested too deeply") from None
    if not shape.constrains:
        raise BadSchema(f"the schema constrains nothing; its keys are {sorted(schema)[:_ERRORS]}")
    return Schema(_validator(schema), shape, digest(canonical_json(schema)))


def _engine() -> Any:
    try:
        import jsonschema_rs  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("validating against JSON Schema", "schema") from None
    return jsonschema_rs


def _validator(schema: Mapping[str, Any]) -> Any:
    engine = _engine()
    try:
        return engine.validator_for(
            dict(schema), offline=True, validate_formats=True, pattern_options=engine.RegexOptions()
        )
    except ValueError as error:
        raise BadSchema(str(error).partition("\n\n")[0][:_TAKES]) from None


def _plain(error: Any) -> dict[str, str]:
    path = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in error.instance_path)
    return {"at": path[:_TAKES], "keyword": error.kind.name, "message": error.message[:_TAKES]}


def _depth(value: Any) -> int:
    """How deeply a value is nested, from above: by the brackets of its JSON, strings included."""
    text = json.dumps(value)
    depth = deepest = 0
    for mark in text:
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth = max(0, depth - 1)
    return max(1, deepest)
