"""Which of the confirmed near duplicates stay: the last step of near-duplicate removal."""

from collections import defaultdict
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

    better_of: defaultdict[tuple[int, str], dict[tuple[int, str], float]] = defaultdict(dict)
    for one, other, similarity in confirmed:
        if one != other:
            better, worse = (rank[one], one), (rank[other], other)
            if worse < better:
                better, worse = worse, better
            better_of[worse][better] = similarity
    gone: set[tuple[int, str]] = set()
    removals = []
    for record in sorted(better_of):
        kept = [(-similarity, other) for other, similarity in better_of[record].items() if other not in gone]
        if not kept:
            continue
        similarity, (_, survivor) = min(kept)
        removals.append(Removal(record[1], survivor, -similarity))
        if record[1] not in protected:
            gone.add(record)
    return removals
