"""How a JSON Schema is knit: how often one place of an instance may be looked at, and which words mean nothing.

A schema of a few lines can ask for more work than there is time: `d0` refers twice to `d1`, that twice to `d2`, and
so on. Here the number of ways from the root to one place of an instance is bounded from above, without validating.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")
_DEPENDENT = ("dependentSchemas", "dependencies")
_REFS = ("$ref", "$dynamicRef", "$recursiveRef")
_ONE_CHILD = (
    "properties", "prefixItems", "items", "additionalItems", "unevaluatedItems", "additionalProperties",
    "unevaluatedProperties",
)  # fmt: skip
"""Of these a place below is reached by one, or by few of them together."""
_MANY_CHILDREN = ("patternProperties", "contains", "propertyNames")
_MAPS = ("properties", "patternProperties", *_DEPENDENT)
"""Under these a subschema stands for each name."""
_APPLIED = {*_LISTS, *_SINGLE, *_DEPENDENT, *_REFS, *_ONE_CHILD, *_MANY_CHILDREN}
_ASSERTED = {
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties",
    "minProperties", "required", "dependentRequired", "format", "contentEncoding", "contentMediaType",
}  # fmt: skip
_TOLD = {
    "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$defs", "definitions", "$comment",
    "$vocabulary", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    "contentSchema",
}  # fmt: skip
"""Words that say something and forbid nothing."""
_DATA = ("enum", "const", "default", "examples")
"""What stands in them is no schema."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a schema without an instance."""

    ways: int
    """Upper bound of the ways from the root to one place of an instance, taking each cycle once."""
    recursive: bool
    ignored: tuple[str, ...]
    """Keywords that JSON Schema does not know: vendors' own, and misspelt ones. They constrain nothing."""
    unchecked_formats: tuple[str, ...]
    """Names of `format` that nobody here can check."""
    constrains: bool
    """Whether the root says anything that an instance could fail."""


def shape_of(schema: Mapping[str, Any]) -> Shape:
    """The shape of a schema. RecursionError for a chain of some hundred references."""
    survey = _Survey(schema, dict(_named(schema)))
    ways = survey.ways(schema)
    constrains = any(key in _APPLIED or key in _ASSERTED for key in schema)
    return Shape(ways, survey.recursive, tuple(sorted(survey.ignored)), tuple(sorted(survey.formats)), constrains)


@dataclass(slots=True)
class _Survey:
    root: Mapping[str, Any]
    named: Mapping[str, Any]
    recursive: bool = False
    ignored: set[str] = field(default_factory=set)
    formats: set[str] = field(default_factory=set)
    counted: dict[int, int] = field(default_factory=dict)
    """By the identity of a subschema; 0 while it is being counted."""

    def ways(self, schema: Any) -> int:
        if not isinstance(schema, Mapping):
            return 0
        known = self.counted.get(id(schema))
        if known is None:
            self.counted[id(schema)] = 0
            self._note(schema)
            here = sum(self.ways(part) for part in self._in_place(schema))
            below = max((self.ways(part) for key in _ONE_CHILD for part in _parts(schema, key)), default=0)
            beside = sum(self.ways(part) for key in _MANY_CHILDREN for part in _parts(schema, key))
            known = self.counted[id(schema)] = max(1, here + below + beside)
        elif not known:
            self.recursive = True
        return max(1, known)

    def _note(self, schema: Mapping[str, Any]) -> None:
        self.ignored.update(key for key in schema if key not in _APPLIED | _ASSERTED | _TOLD)
        form = schema.get("format")
        if isinstance(form, str) and not _can_check(form):
            self.formats.add(form)

    def _in_place(self, schema: Mapping[str, Any]) -> Iterator[Any]:
        for key in (*_LISTS, *_SINGLE, *_DEPENDENT):
            yield from _parts(schema, key)
        yield from (self._target(schema.get(key)) for key in _REFS)

    def _target(self, reference: Any) -> Any:
        """What a reference within the document means; None for any other, which does not compile anyway."""
        if not isinstance(reference, str):
            return None
        if reference == "#":
            return self.root
        return _at(self.root, reference[2:]) if reference.startswith("#/") else self.named.get(reference)


def _parts(schema: Mapping[str, Any], key: str) -> Iterator[Any]:
    """The subschemas under a keyword."""
    value = schema.get(key)
    if key in _MAPS:
        yield from value.values() if isinstance(value, Mapping) else ()
    elif isinstance(value, list):
        yield from value
    else:
        yield value


def _named(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every subschema that has a name of its own, by the references that mean it."""
    if isinstance(schema, Mapping):
        for key in ("$anchor", "$dynamicAnchor", "$id", "id"):
            name = schema.get(key)
            if isinstance(name, str):
                yield (f"#{name}" if "nchor" in key else name), schema
        for key, part in schema.items():
            if key not in _DATA:
                yield from _named(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _named(part)


def _at(root: Any, pointer: str) -> Any:
    found = root
    for step in unquote(pointer).split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


@cache
def _can_check(form: str) -> bool:
    import jsonschema_rs  # noqa: PLC0415 - an extra

    try:
        jsonschema_rs.validator_for({"format": form}, validate_formats=True, ignore_unknown_formats=False)
    except ValueError:
        return False
    return True
