"""Records one after the other, each if it still fits."""

import numpy as np
import numpy.typing as npt

from sterling.mix.pool import Amounts, Bools
from sterling.mix.spread import I64

_BLOCK = 1 << 16


def take(order: I64, seen: Amounts, members: Bools, left: list[int], until: int | None = None) -> I64:
    """Rows of `order` that are taken, in this order; `left` is what remains of each limit, and is counted down.

    `members` says for each limit (first axis) which rows count towards it. A row that exceeds what is left of one of
    its limits is passed over, and a later, smaller one may still be taken. With `until`, taking ends once that amount
    is reached. The same as a loop over the rows, done in stretches: a limit that fills up ends one.
    """
    parts: list[I64] = []
    still = until
    for start in range(0, len(order), _BLOCK):
        rest = order[start : start + _BLOCK]
        while len(rest) and (still is None or still > 0):
            rest = rest[_fitting(seen[rest], members[:, rest], left)]
            stretch = _stretch(seen[rest], members[:, rest], left, still)
            mine, rest = rest[:stretch], rest[stretch:]
            for limit, rows in enumerate(members):
                left[limit] -= int(seen[mine[rows[mine]]].sum())
            still = None if still is None else still - int(seen[mine].sum())
            parts.append(mine)
    return np.concatenate(parts) if parts else order[:0]


def _fitting(seen: Amounts, members: Bools, left: list[int]) -> Bools:
    """Rows that would fit if they came next."""
    fits = np.ones(len(seen), dtype=bool)
    for rows, room in zip(members, left, strict=True):
        fits &= ~rows | np.asarray(seen <= room, dtype=bool)
    return fits


def _stretch(seen: Amounts, members: Bools, left: list[int], until: int | None) -> int:
    """How many rows can be taken at once, all of which fit alone."""
    end = len(seen)
    for rows, room in zip(members, left, strict=True):
        over = _first(np.asarray(np.cumsum(np.where(rows, seen, 0)) > room, dtype=bool))
        end = min(end, over)
    if until is not None:
        end = min(end, 1 + _first(np.asarray(np.cumsum(seen) >= until, dtype=bool)))
    return end


def _first(rows: npt.NDArray[np.bool_]) -> int:
    """The first that is true, or how many there are."""
    return int(np.argmax(rows)) if rows.any() else len(rows)
