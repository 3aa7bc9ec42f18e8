"""What random drops would do: the hypergeometric distribution, exactly, and types that vanish with their records."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BANDS = {"hapax_types": (1, 1), "rare_types": (2, 5)}
"""Word types by how many judged records hold them, at least and at most."""
MOST_HOLDERS = 5
_DRAWS = 200
"""Random drops from which the spread of vanished types is learnt; their mean is known exactly."""


class Hypergeometric:
    """How many of a group are among so many drawn of a whole without replacement."""

    def __init__(self, whole: int, drawn: int, group: int) -> None:
        """The whole probability function by the ratio of neighbours, in O(min(drawn, group)) steps and memory."""
        self._least = max(0, drawn + group - whole)
        k = np.arange(self._least, min(drawn, group), dtype=np.float64)
        ratios = np.log(group - k) + np.log(drawn - k) - np.log(k + 1) - np.log(whole - group - drawn + k + 1)
        logs = np.append(0.0, np.cumsum(ratios))
        weights = np.exp(logs - logs.max())
        self._cumulated = np.cumsum(weights / weights.sum())

    def at_most(self, hits: int) -> float:
        """The probability of no more than this."""
        place = hits - self._least
        return 0.0 if place < 0 else min(1.0, float(self._cumulated[min(place, len(self._cumulated) - 1)]))

    def quantile(self, p: float) -> int:
        """The smallest number that is not exceeded with at least this probability."""
        return self._least + min(int(np.searchsorted(self._cumulated, p)), len(self._cumulated) - 1)


class Holders(NamedTuple):
    """Which judged records hold which rare types."""

    types: npt.NDArray[np.int64]
    """For each holding, the type's index: 0 to the number of types, ascending."""
    rows: npt.NDArray[np.int64]
    """For each holding, the record's index."""


class Vanished(NamedTuple):
    """Types of one band that no judged record holds any more after the drops."""

    band: str
    types: int
    lost: int
    expected: float
    """If as many judged records had been dropped at random: exact."""
    spread: float
    """Standard deviation of that, over 200 random drops: types of one record vanish together."""


def vanished(held: Holders, dropped: npt.NDArray[np.bool_], judged: int, drops: int, seed: int) -> list[Vanished]:
    """For each band what was lost, and what random drops of `drops` of `judged` records would have lost.

    `dropped`: for each record that holds a type at all. A type of k holders is lost with all of them, which under
    random drops has the probability D (D - 1) ... / (N (N - 1) ...), k factors each.
    """
    if not len(held.types):
        return []
    holders = np.bincount(held.types)
    gone = _lost(held, holders, dropped)
    chance = np.random.default_rng(seed)
    draws = [_lost(held, holders, _random(len(dropped), judged, drops, chance)) for _ in range(_DRAWS)]
    return [_band(name, least, most, holders, gone, draws, drops, judged) for name, (least, most) in BANDS.items()]


def _band(
    name: str, least: int, most: int, holders: npt.NDArray[np.int64], gone: npt.NDArray[np.bool_],
    draws: list[npt.NDArray[np.bool_]], drops: int, judged: int,
) -> Vanished:  # fmt: skip
    mine = (holders >= least) & (holders <= most)
    expected = sum(int((holders == k).sum()) * _all_dropped(k, drops, judged) for k in range(least, most + 1))
    spread = float(np.std([np.count_nonzero(one & mine) for one in draws], ddof=1))
    return Vanished(name, int(mine.sum()), int(np.count_nonzero(gone & mine)), expected, spread)


def _lost(held: Holders, holders: npt.NDArray[np.int64], dropped: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.asarray(np.bincount(held.types[dropped[held.rows]], minlength=len(holders)) == holders)


def _random(rows: int, judged: int, drops: int, chance: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Random drops among all that were judged, as far as they fall on these rows."""
    mine = np.zeros(rows, np.bool_)
    some = chance.hypergeometric(drops, judged - drops, rows)
    mine[chance.choice(rows, some, replace=False, shuffle=False)] = True
    return mine


def _all_dropped(holders: int, drops: int, judged: int) -> float:
    return math.prod(max(0, drops - i) / max(1, judged - i) for i in range(holders))
