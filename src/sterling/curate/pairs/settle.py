"""Which of the confirmed near duplicates stay: the last step of near-duplicate removal."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_CHUNK = 1 << 16
"""Pairs that are Python objects at a time."""


class Removal(NamedTuple):
    """A record that goes, and the one that stays in its stead."""

    record: str
    kept: str
    """Always a record that stays."""
    similarity: float
    """Of these two, as confirmed."""


class Removals(NamedTuple):
    """The same for many, as places in the order in which records stay."""

    gone: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float64]


def settle_places(
    one: npt.NDArray[np.int64],
    other: npt.NDArray[np.int64],
    similarity: npt.NDArray[np.float64],
    protected: npt.NDArray[np.bool_],
) -> Removals:
    """What to remove, given every confirmed pair: a greedy independent set in the order of places.

    `protected` is by place. A record goes if and only if a better one that stays is its confirmed neighbour; the most
    similar such neighbour is named, the better of two equally similar. So each removal has a survivor that is truly
    like it, and no two unprotected survivors are a confirmed pair. Clusters are not closed over chains: with a ~ b ~ c,
    a unlike c, b goes and c stays. Protected records always stay, and are reported when they would have gone. The
    outcome depends on the set of pairs only, not on their order or direction. Removals come in the order of places.
    """
    better, worse = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((better, -similarity, worse))
    order = order[(better != worse)[order]]
    spared = protected.tolist()
    gone = bytearray(len(spared))
    chosen: list[int] = []
    settled = -1
    for pair, low, high in _edges(order, better, worse):
        if high == settled or gone[low]:
            continue
        settled = high
        chosen.append(pair)
        gone[high] = not spared[high]
    at = np.array(chosen, np.int64)
    return Removals(worse[at], better[at], similarity[at])


def settle(
    confirmed: Sequence[tuple[str, str, float]], rank: Mapping[str, int], protected: AbstractSet[str]
) -> list[Removal]:
    """`settle_places` for records by id, the lower rank before the higher, of equal ranks the lower id."""
    people = sorted({record for one, other, _ in confirmed for record in (one, other)}, key=lambda r: (rank[r], r))
    place = {record: at for at, record in enumerate(people)}
    one = np.array([place[first] for first, _, _ in confirmed], np.int64)
    other = np.array([place[second] for _, second, _ in confirmed], np.int64)
    similarity = np.array([alike for _, _, alike in confirmed], np.float64)
    found = settle_places(one, other, similarity, np.array([record in protected for record in people], np.bool_))
    columns = zip(*(side.tolist() for side in found), strict=True)
    return [Removal(people[gone], people[kept], alike) for gone, kept, alike in columns]


def _edges(
    order: npt.NDArray[np.int64], better: npt.NDArray[np.int64], worse: npt.NDArray[np.int64]
) -> Iterator[tuple[int, int, int]]:
    for start in range(0, len(order), _CHUNK):
        some = order[start : start + _CHUNK]
        yield from zip(some.tolist(), better[some].tolist(), worse[some].tolist(), strict=True)
