"""Plain data against plain data: what a program answered, beside what was wanted. Nothing of either is executed."""

import ast
import math
from collections.abc import Iterator
from typing import Any

_NUMBERS = (int, float, complex)
_WORDS = {"nan": math.nan, "inf": math.inf}


def difference(wanted: object, got: object, tolerance: float = 0.0) -> str | None:
    """Where two values of exact builtin types differ, in words; None where they are the same.

    As Python's `==`, with these exceptions: a truth value is no number (`True` is not `1`); NaN is NaN; with a
    `tolerance`, numbers of which one is a float may be apart by that much, relative to the larger or absolute,
    whichever is more (`math.isclose` with both). So `2` is `2.0` and a set is an equal frozenset, but a list is no
    tuple, text no bytes. Keys and elements of sets compare without tolerance, and keep these rules inside.
    """
    return next(_differences("", wanted, got, tolerance), None)


def literal(text: str) -> object:
    """The value of a Python literal, with `nan` and `inf` as words. ValueError for anything else."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return ast.literal_eval(_Words().visit(tree))
    except (SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f"not a literal: {error}") from None


class _Words(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in _WORDS:
            return node
        return ast.copy_location(ast.Constant(_WORDS[node.id]), node)


def _differences(place: str, wanted: object, got: object, tolerance: float) -> Iterator[str]:
    if isinstance(wanted, bool) or isinstance(got, bool) or wanted is None or got is None:
        if wanted is not got:
            yield _told(place, wanted, got)
    elif isinstance(wanted, _NUMBERS) and isinstance(got, _NUMBERS):
        if not _close(wanted, got, tolerance):
            yield _told(place, wanted, got)
    elif isinstance(wanted, list | tuple) and type(wanted) is type(got):
        yield from _in_sequence(place, wanted, got, tolerance)  # type: ignore[arg-type] # of the same type
    elif isinstance(wanted, dict) and isinstance(got, dict):
        yield from _in_dict(place, wanted, got, tolerance)
    elif isinstance(wanted, set | frozenset) and isinstance(got, set | frozenset):
        if set(map(_key, wanted)) != set(map(_key, got)):
            yield _told(place, wanted, got)
    elif type(wanted) is not type(got) or wanted != got:
        yield _told(place, wanted, got)


def _in_sequence(place: str, wanted: list[Any], got: list[Any], tolerance: float) -> Iterator[str]:
    if len(wanted) != len(got):
        yield f"{place or 'the answer'} has {len(got)} items instead of {len(wanted)}"
        return
    for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
        yield from _differences(f"{place}[{index}]", one, other, tolerance)


def _in_dict(place: str, wanted: dict[Any, Any], got: dict[Any, Any], tolerance: float) -> Iterator[str]:
    mine, theirs = ({_key(key): (key, value) for key, value in it.items()} for it in (wanted, got))
    for one, other in ((mine, theirs), (theirs, mine)):
        for key in one.keys() - other.keys():
            yield f"{place or 'the answer'} {'lacks' if one is mine else 'has'} the key {_short(one[key][0])}"
    for key, (name, value) in mine.items():
        if key in theirs:
            yield from _differences(f"{place}[{_short(name)}]", value, theirs[key][1], tolerance)


def _key(value: object) -> object:
    """A hashable value such that two are equal where `difference` finds none."""
    match value:
        case bool():
            return bool, value
        case tuple():
            return tuple, tuple(map(_key, value))
        case frozenset():
            return frozenset, frozenset(map(_key, value))
        case float() if math.isnan(value):
            return "nan"
        case _:
            return "plain", value


def _close(wanted: Any, got: Any, tolerance: float) -> bool:
    if wanted == got or (wanted != wanted and got != got):  # noqa: PLR0124 - NaN, of either kind
        return True
    if isinstance(wanted, complex) or isinstance(got, complex) or not tolerance:
        return False
    if isinstance(wanted, int) and isinstance(got, int):
        return False
    try:
        return math.isclose(wanted, got, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:  # an integer beyond every float
        return False


def _told(place: str, wanted: object, got: object) -> str:
    return f"{place or 'the answer'} is {_short(got)} instead of {_short(wanted)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
