"""Which of the confirmed near duplicates stay: the last step of near-duplicate removal."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple


class Removal(NamedTuple):
    """A record that goes, and the one that stays in its stead."""

    record: str
    kept: str
    """Always a record that stays."""
    similarity: float
    """Of these two, as confirmed."""


def settle(
    confirmed: Sequence[tuple[str, str, float]], rank: Mapping[str, int], protected: AbstractSet[str]
) -> list[Removal]:
    """What to remove, given every confirmed pair: a greedy independent set in the order of (rank, id).

    A record goes if and only if a better one that stays is its confirmed neighbour; the most similar such neighbour is
    named, the better ranked of two equally similar. So each removal has a survivor that is truly like it, and no two
    unprotected survivors are a confirmed pair. Clusters are not closed over chains: with a ~ b ~ c, a unlike c, b goes
    and c stays. Protected records always stay, and are reported when they would have gone. The outcome depends on the
    set of pairs only, not on their order or direction. Removals come in the order of (rank, id).
    """

    edges = [_edge(one, other, similarity, rank) for one, other, similarity in confirmed if one != other]
    gone: set[str] = set()
    removals: list[Removal] = []
    settled = None
    for _, worse, unlikeness, _, better in sorted(edges):
        if worse == settled or better in gone:
            continue
        settled = worse
        removals.append(Removal(worse, better, -unlikeness))
        if worse not in protected:
            gone.add(worse)
    return removals


def _edge(one: str, other: str, similarity: float, rank: Mapping[str, int]) -> tuple[int, str, float, int, str]:
    """(worse record, how unlike, better record), records as (rank, id): sorted, the most similar better one leads."""
    better, worse = (rank[one], one), (rank[other], other)
    if worse < better:
        better, worse = worse, better
    return *worse, -similarity, *better
