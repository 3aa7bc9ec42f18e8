"""From what pydantic found to what a person should type: nearest keys, plain words, one problem per place."""

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sterling.recipes.entries import KINDS, part_class
from sterling.recipes.models import Recipe
from sterling.recipes.problems import Path, Problem, dotted, nearest

_LATER = {
    "review": "this version of Sterling has no human review",
}
"""Keys of the design that have no part behind them yet, so nothing would obey them."""
_WANTED = {
    "a number": ("float_type", "float_parsing"),
    "a whole number": ("int_type", "int_parsing", "int_from_float"),
    "true or false": ("bool_type", "bool_parsing"),
    "text": ("string_type",),
    "a list": ("tuple_type", "list_type", "set_type"),
    "a mapping of keys": ("dict_type", "model_type", "model_attributes_type", "mapping_type"),
    "empty": ("none_required",),
}
_WANTED_BY_TYPE = {code: words for words, codes in _WANTED.items() for code in codes}
_LIMITS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


class _Place(NamedTuple):
    path: Path
    value: Any


def diagnose(error: ValidationError, data: Any) -> list[Problem]:
    """One problem per place. `data` is what was validated, as plain data."""
    problems: dict[Path, Problem] = {}
    wanted: dict[Path, list[str]] = {}
    for detail in error.errors(include_url=False):
        place = _place(detail, data)
        if detail["loc"][-1:] == ("[key]",):
            problems[place.path] = _wrong_key(detail, place.path)
            continue
        if need := _need(detail):
            wanted.setdefault(place.path, []).append(need)
            problems[place.path] = _not_wanted(place, wanted[place.path])
        else:
            problems.setdefault(place.path, _problem(detail, place, data))
    return list(problems.values())


def valid_keys(path: Path, data: Any) -> list[str]:
    """The keys that the mapping at `path` may have; empty when anything may stand there."""
    kind: Any = Recipe
    value, extra = data, []
    for step in path:
        if isinstance(kind, type) and issubclass(kind, Recipe) and step in KINDS:
            kind = ("entries", KINDS[str(step)])
        elif isinstance(kind, tuple):
            value = _inside(value, step)
            extra = [kind[1], *(["name"] if kind[1] != "source" else [])]
            kind = part_class(kind[1], value) if isinstance(value, Mapping) else None
            continue
        else:
            kind, extra = _step(kind, step), []
        value = _inside(value, step)
    return [*_fields(kind), *extra] if _fields(kind) else []


def _place(detail: ErrorDetails, data: Any) -> _Place:
    """Where the user wrote it. Pydantic's location also names branches of unions, which nobody wrote."""
    path: Path = ()
    for step in detail["loc"]:
        if _has(data, step):
            data, path = _inside(data, step), (*path, step)
    if detail["type"] == "missing" or (detail["type"] == "recipe" and detail["loc"] and path != detail["loc"]):
        path = (*path, detail["loc"][-1])
    return _Place(path, data)


def _need(detail: ErrorDetails) -> str | None:
    if detail["type"] in _LIMITS:
        words, bound = _LIMITS[detail["type"]]
        return f"{words} {detail['ctx'][bound]}"
    if detail["type"] == "literal_error":
        return "one of " + str(detail["ctx"]["expected"]).replace("'", "`").replace(" or ", ", ")
    return _WANTED_BY_TYPE.get(detail["type"])


def _not_wanted(place: _Place, wanted: Sequence[str]) -> Problem:
    what = (
        f"`{dotted(place.path) or 'the recipe'}` must be {' or '.join(dict.fromkeys(wanted))}, got {place.value!r:.80}"
    )
    return Problem(place.path, what, _mend_value(place.value, wanted))


def _mend_value(value: Any, wanted: Sequence[str]) -> str | None:
    choices = [need for need in wanted if need.startswith("one of ")]
    if choices and isinstance(value, str):
        return nearest(value, [word.strip(" `") for word in choices[0].removeprefix("one of ").split(",")])
    if "text" in wanted and not isinstance(value, Mapping | list) and value is not None:
        return f'put it in quotes: "{value}"'
    if "a list" in wanted and isinstance(value, Mapping):
        return "start each entry with `- `"
    if "a list" in wanted and isinstance(value, str):
        return f"write `[{value}]`"
    return None


def _problem(detail: ErrorDetails, place: _Place, data: Any) -> Problem:
    kind = detail["type"]
    if kind == "recipe":
        return Problem(place.path, detail["ctx"]["what"], detail["ctx"]["mend"])
    if kind == "extra_forbidden":
        return _unknown_key(place.path, data)
    if kind == "missing":
        where = f" in `{dotted(place.path[:-1])}`" if place.path[1:] else ""
        return Problem(place.path, f"`{place.path[-1]}` is missing{where}", _mend_missing(place.path))
    if kind == "string_too_short":
        return Problem(place.path, f"`{dotted(place.path)}` is empty", "write at least a word")
    if kind == "string_pattern_mismatch" and place.path[-1:] == ("name",):
        what = f"`{place.value}` cannot be a folder's name everywhere"
        return Problem(place.path, what, "use letters, digits, `-`, `_` and `.`, and begin with a letter or digit")
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return Problem(place.path, f"`{dotted(place.path) or 'the recipe'}`: {message}", None)


def _mend_missing(path: Path) -> str | None:
    if len(path) == 1 and path[0] in Recipe.model_fields:
        return f"add `{path[0]}:`: {Recipe.model_fields[str(path[0])].description}"
    return f"add `{path[-1]}:`"


def _wrong_key(detail: ErrorDetails, path: Path) -> Problem:
    """A key of a free mapping, such as `columns`, that its part does not know."""
    expected = str(detail.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
    valid = [word.strip(" '") for word in expected.split(",") if word]
    what = f"unknown key `{path[-1]}` in `{dotted(path[:-1])}`"
    return Problem(path, what, nearest(path[-1], valid) if valid else detail["msg"])


def _unknown_key(path: Path, data: Any) -> Problem:
    key = str(path[-1])
    keys = valid_keys(path[:-1], data)
    where = f" in `{dotted(path[:-1])}`" if path[1:] else ""
    if len(path) == 1:
        if key in _LATER:
            return Problem(path, f"`{key}:` has no effect: {_LATER[key]}", f"remove `{key}:`")
        for section, field in Recipe.model_fields.items():
            if key in _fields(field.annotation):
                return Problem(path, f"unknown key `{key}`", f"it belongs under `{section}:`")
    return Problem(path, f"unknown key `{key}`{where}", nearest(key, keys) if keys else None)


def _has(value: Any, step: str | int) -> bool:
    if isinstance(value, Mapping):
        return step in value
    return isinstance(value, list | tuple) and isinstance(step, int) and step < len(value)


def _inside(value: Any, step: Any) -> Any:
    return value[step] if _has(value, step) else None


def _fields(kind: Any) -> dict[str, Any]:
    """The type of every key that a mapping of type `kind` may have, as the user writes it."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}


def _step(kind: Any, step: str | int) -> Any:
    """The type of what stands at `step` inside a value of type `kind`; None when that cannot be said."""
    if fields := _fields(kind):
        return _bare(fields.get(str(step)))
    arguments = [a for a in get_args(kind) if a is not Ellipsis]
    return _bare(arguments[-1]) if arguments else None


def _bare(kind: Any) -> Any:
    """`X` of `X | None`."""
    if get_origin(kind) in {Union, UnionType}:
        others = [a for a in get_args(kind) if a is not type(None)]
        return others[0] if len(others) == 1 else None
    return kind
