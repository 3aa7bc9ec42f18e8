"""As much of JSON Schema as a recipe's schema uses. A keyword that it does not know is an error, not a pass."""

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_WORDS = {"title", "description", "default", "$schema", "$defs"}


def mistakes(value: Any, schema: dict[str, Any]) -> list[str]:
    """What is wrong with `value`, by place."""
    return list(_mistakes(value, schema, schema["$defs"], "recipe"))


def _mistakes(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    for keyword, wanted in schema.items():
        if keyword in _WORDS:
            continue
        if keyword == "$ref":
            yield from _mistakes(value, defs[wanted.rpartition("/")[2]], defs, at)
        elif keyword in {"oneOf", "anyOf"}:
            fitting = sum(not list(_mistakes(value, branch, defs, at)) for branch in wanted)
            if fitting == 0 or (keyword == "oneOf" and fitting > 1):
                yield f"{at}: {fitting} branches fit"
        elif keyword in _INSIDE:
            yield from _INSIDE[keyword](value, schema, defs, at)
        elif not _HOLDS[keyword](value, wanted):
            yield f"{at}: {keyword} {wanted}"


def _properties(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    for key, inner in schema["properties"].items():
        if isinstance(value, dict) and key in value:
            yield from _mistakes(value[key], inner, defs, f"{at}.{key}")


def _places(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    for index, (item, inner) in enumerate(zip(value if isinstance(value, list) else [], schema["prefixItems"])):  # noqa: B905
        yield from _mistakes(item, inner, defs, f"{at}.{index}")


def _items(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    for index, item in enumerate(value if isinstance(value, list) else []):
        yield from _mistakes(item, schema["items"], defs, f"{at}.{index}")


def _others(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    rule = schema["additionalProperties"]
    for key in set(value if isinstance(value, dict) else {}) - set(schema.get("properties", {})):
        if rule is False:
            yield f"{at}: unknown {key}"
        elif isinstance(rule, dict):
            yield from _mistakes(value[key], rule, defs, f"{at}.{key}")


def _names(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    for key in value if isinstance(value, dict) else {}:
        yield from _mistakes(key, schema["propertyNames"], defs, f"{at}.{key}")


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and not (isinstance(value, bool) and name in {"integer", "number"})


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


_INSIDE = {
    "properties": _properties, "items": _items, "prefixItems": _places, "additionalProperties": _others,
    "propertyNames": _names,
}  # fmt: skip
_HOLDS: dict[str, Any] = {
    "type": _is,
    "const": lambda value, wanted: value == wanted,
    "enum": lambda value, wanted: value in wanted,
    "required": lambda value, wanted: not isinstance(value, dict) or set(wanted) <= set(value),
    "minimum": lambda value, wanted: not _number(value) or value >= wanted,
    "maximum": lambda value, wanted: not _number(value) or value <= wanted,
    "exclusiveMinimum": lambda value, wanted: not _number(value) or value > wanted,
    "exclusiveMaximum": lambda value, wanted: not _number(value) or value < wanted,
    "minLength": lambda value, wanted: not isinstance(value, str) or len(value) >= wanted,
    "maxLength": lambda value, wanted: not isinstance(value, str) or len(value) <= wanted,
    "minItems": lambda value, wanted: not isinstance(value, list) or len(value) >= wanted,
    "maxItems": lambda value, wanted: not isinstance(value, list) or len(value) <= wanted,
    "pattern": lambda value, wanted: not isinstance(value, str) or re.search(wanted, value) is not None,
}
