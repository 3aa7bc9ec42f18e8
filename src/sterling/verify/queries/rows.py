"""When two results of a query are the same."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

_SHOWN = 5
"""Rows that a difference quotes of each side."""
_TAKES = 200


class Result(NamedTuple):
    """What one query gave on one database."""

    columns: int
    rows: Sequence[Sequence[Any]]
    """Plain data; a decimal is `("decimal", "1.50")`."""
    runs: Sequence[int] | None = None
    """Lengths of the runs of rows that may come in any order among themselves; None when each has its place."""


class Difference(NamedTuple):
    """How a result is not the wanted one."""

    reason: str
    """`columns` (another number), `rows` (other rows), `order` (the same rows in another order)."""
    missing: list[str]
    """Wanted rows that are not there, as text; the first few."""
    surplus: list[str]
    """Rows that are not wanted."""


def difference(wanted: Result, given: Result, *, ordered: bool, tolerance: float) -> Difference | None:
    """None when the results are the same.

    Names of columns do not count, their order does. NULL equals NULL, and NaN equals NaN. Numbers are equal by value
    (`1`, `1.0` and `1.00`), up to the relative `tolerance` where one is a float: sums of floats depend on the order of
    the rows. Booleans, texts and numbers are never equal to each other, but dates and times equal their ISO text, since
    that is what they are in dialects without such types.
    """
    if wanted.columns != given.columns:
        return Difference("columns", [f"{wanted.columns} columns"], [f"{given.columns} columns"])
    missing, surplus = _unmatched(wanted.rows, given.rows, tolerance)
    if missing or surplus:
        return Difference("rows", [_text(row) for row in missing[:_SHOWN]], [_text(row) for row in surplus[:_SHOWN]])
    return _misplaced(wanted, given, tolerance) if ordered else None


def _misplaced(wanted: Result, given: Result, tolerance: float) -> Difference | None:
    start = 0
    for length in wanted.runs or [1] * len(wanted.rows):
        part = slice(start, start + length)
        missing, surplus = _unmatched(wanted.rows[part], given.rows[part], tolerance)
        if missing or surplus:
            return Difference(
                "order", [_text(row) for row in missing[:_SHOWN]], [_text(row) for row in surplus[:_SHOWN]]
            )
        start += length
    return None


def _unmatched(
    wanted: Sequence[Sequence[Any]], given: Sequence[Sequence[Any]], tolerance: float
) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
    """The rows of each side that have no partner: exact ones first, since few results have floats that are close."""
    mine, theirs = Counter(map(_key, wanted)), Counter(map(_key, given))
    missing, surplus = _left(wanted, mine - theirs), _left(given, theirs - mine)
    if not missing or not surplus or not any(_has_float(row) for row in (*missing, *surplus)):
        return missing, surplus
    return _nearly(missing, surplus, tolerance)


def _left(rows: Sequence[Sequence[Any]], more: Counter[Hashable]) -> list[Sequence[Any]]:
    left = []
    for row in rows:
        if more[_key(row)] > 0:
            more[_key(row)] -= 1
            left.append(row)
    return left


def _nearly(
    missing: list[Sequence[Any]], surplus: list[Sequence[Any]], tolerance: float
) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
    # Sorted by value, close rows stand at nearly the same place: a short look around finds them, in linear time.
    mine, theirs = sorted(missing, key=_rank), sorted(surplus, key=_rank)
    taken: set[int] = set()
    alone = []
    for at, row in enumerate(mine):
        near = range(max(0, at - 50), min(len(theirs), at + 51))
        match = next((n for n in near if n not in taken and _close(row, theirs[n], tolerance)), None)
        if match is None:
            alone.append(row)
        else:
            taken.add(match)
    return alone, [row for n, row in enumerate(theirs) if n not in taken]


def _close(mine: Any, theirs: Any, tolerance: float) -> bool:
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(_close(a, b, tolerance) for a, b in zip(mine, theirs, strict=True))
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return all(_close(mine.get(key), theirs.get(key), tolerance) for key in {*mine, *theirs})
    if _is_number(mine) and _is_number(theirs) and (isinstance(mine, float) or isinstance(theirs, float)):
        return math.isclose(_float(mine), _float(theirs), rel_tol=tolerance) or _key(mine) == _key(theirs)
    return _key(mine) == _key(theirs)


def _is_number(value: Any) -> bool:
    return (isinstance(value, int | float) and not isinstance(value, bool)) or isinstance(value, tuple)


def _float(value: Any) -> float:
    try:
        return float(value[1] if isinstance(value, tuple) else value)
    except (OverflowError, ValueError, TypeError):
        return math.nan


def _has_float(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_float, value))
    return isinstance(value, float) or (isinstance(value, dict) and any(map(_has_float, value.values())))


def _key(value: Any) -> Hashable:
    """Equal for values that are exactly the same. Python finds `True == 1`; a database does not."""
    if _is_number(value):
        return ("number", _number(value))
    if isinstance(value, list):
        return ("list", tuple(map(_key, value)))
    if isinstance(value, dict):
        return ("dict", tuple((key, _key(value[key])) for key in sorted(value, key=repr)))
    return (type(value).__name__, value)


def _number(value: Any) -> Hashable:
    """A number that compares by value; NaN equals itself here."""
    if isinstance(value, tuple):
        try:
            value = Decimal(value[1])
        except (InvalidOperation, IndexError, TypeError, ValueError):
            return repr(value)
    return "NaN" if value != value else value  # noqa: PLR0124 - what NaN is, in both types


def _rank(value: Any) -> tuple[Any, ...]:
    """A total order in which close rows are neighbours."""
    if isinstance(value, list):
        return ("list", 0.0, "", tuple(map(_rank, value)))
    if _is_number(value):
        number = _float(value)
        return ("number", math.inf if math.isnan(number) else number, "", ())
    return (type(value).__name__, 0.0, repr(value), ())


def _text(row: Sequence[Any]) -> str:
    shown = ", ".join("NULL" if v is None else v[1] if isinstance(v, tuple) else repr(v) for v in row)
    return shown if len(shown) <= _TAKES else shown[:_TAKES] + "…"
