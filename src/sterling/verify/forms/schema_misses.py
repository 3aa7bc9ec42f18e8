"""JSON documents that a schema certainly refuses, made of one by a single small change.

A change is made only where a keyword that stands alone forbids its result: at the root, or below it through
`properties`, single-schema `items` and `allOf`, which all must hold. Nothing is looked up in a validator, so what a
validator says of the result measures the validator.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_Path = tuple[str | int, ...]


class Wrong(NamedTuple):
    """A document that is refused."""

    text: str
    kind: str
    """How it was made."""


class _Place(NamedTuple):
    """A subschema that must hold, and the value that it speaks of."""

    path: _Path
    schema: Mapping[str, Any]
    value: Any


def documents_near(schema: Any, value: Any, seed: int) -> list[Wrong]:
    """One wrong document of each kind that can be made, in an order that depends on the seed.

    Kinds: `missing_key`, `extra_key`, `wrong_type`, `not_in_enum`, `out_of_range`, `too_short`, `cut_off`.
    """
    if isinstance(schema, Mapping) and "draft-04" in str(schema.get("$schema")):
        return []  # which knows no `const`, and other limits
    chance = random.Random(f"near a schema {seed}")  # noqa: S311 - for variety
    places = list(_places(schema, value, ()))
    chance.shuffle(places)
    made: dict[str, Wrong] = {}
    for place in places:
        for kind, spoiled in _changes(place):
            made.setdefault(kind, Wrong(_text(_replaced(value, place.path, spoiled)), kind))
    if isinstance(value, dict | list):
        made["cut_off"] = Wrong(_text(value)[:-1], "cut_off")
    return sorted(made.values(), key=lambda _: chance.random())


def _places(schema: Any, value: Any, path: _Path) -> Iterator[_Place]:
    if not isinstance(schema, Mapping) or "$ref" in schema:  # before 2019-09 nothing beside `$ref` counts
        return
    yield _Place(path, schema, value)
    for part in _listed(schema.get("allOf")):
        yield from _places(part, value, path)
    properties, items = schema.get("properties"), schema.get("items")
    if isinstance(value, dict) and isinstance(properties, Mapping):
        for key in sorted(value.keys() & properties.keys()):
            yield from _places(properties[key], value[key], (*path, key))
    if isinstance(value, list) and value and "prefixItems" not in schema and isinstance(items, Mapping):
        yield from _places(items, value[0], (*path, 0))


def _changes(place: _Place) -> Iterator[tuple[str, Any]]:
    for kind, change in _KINDS.items():
        changed = change(place.schema, place.value)
        if changed is not _NONE:
            yield kind, changed


_NONE = object()


def _missing_key(schema: Mapping[str, Any], value: Any) -> Any:
    required = [key for key in _listed(schema.get("required")) if isinstance(key, str)]
    there = [key for key in required if isinstance(value, dict) and key in value]
    return {k: v for k, v in value.items() if k != there[-1]} if there else _NONE


def _extra_key(schema: Mapping[str, Any], value: Any) -> Any:
    open_ended = schema.get("additionalProperties") is not False or "patternProperties" in schema
    if open_ended or not isinstance(value, dict):
        return _NONE
    known = {*value, *(schema.get("properties") or ())}
    name = "note"
    while name in known:
        name += "_"
    return {**value, name: "x"}


def _wrong_type(schema: Mapping[str, Any], _: Any) -> Any:
    wrong = {"string": 0, "integer": "0", "number": "0", "boolean": "true", "null": 0, "array": {}, "object": []}
    name = schema.get("type")
    return wrong.get(name, _NONE) if isinstance(name, str) else _NONE


def _not_in_enum(schema: Mapping[str, Any], value: Any) -> Any:
    allowed = [*_listed(schema.get("enum")), *([schema["const"]] if "const" in schema else [])]
    texts = {one for one in allowed if isinstance(one, str)}
    if not allowed or not isinstance(value, str):
        return _NONE
    other = f"{value}s"
    while other in texts:
        other += "s"
    return other


def _out_of_range(schema: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _NONE
    for key, step in (("maximum", 1), ("minimum", -1), ("exclusiveMaximum", 0), ("exclusiveMinimum", 0)):
        limit = schema.get(key)
        if isinstance(limit, int) and not isinstance(limit, bool):
            return limit + step
    return _NONE


def _too_short(schema: Mapping[str, Any], value: Any) -> Any:
    least = schema.get("minItems" if isinstance(value, list) else "minLength")
    if isinstance(value, str | list) and isinstance(least, int) and not isinstance(least, bool) and least > 0:
        return value[: least - 1]
    return _NONE


_KINDS: Mapping[str, Callable[[Mapping[str, Any], Any], Any]] = {
    "missing_key": _missing_key, "extra_key": _extra_key, "wrong_type": _wrong_type, "not_in_enum": _not_in_enum,
    "out_of_range": _out_of_range, "too_short": _too_short,
}  # fmt: skip


def _replaced(value: Any, path: _Path, new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
