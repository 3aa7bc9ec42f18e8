"""Sketches: 32 bytes by which most pairs of a bucket are refuted before anybody reads them.

Of each minimum of a MinHash signature two bits are kept (b-bit minwise hashing: Li and König, Communications of the ACM
54, 2011). Two sets of Jaccard similarity J agree at a position with probability J + (1 - J) / 4: equal minima, or other
ones with the same bits by chance.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.stats import betainc
from sterling.text import PERMUTATIONS, mixed

MISSED = 0.001
"""How often a pair of just the wanted similarity is refuted, at most."""
COLUMNS = ("sketch_0", "sketch_1", "sketch_2", "sketch_3")
"""Of the exchange: 64 bits each."""
_EVEN = np.uint64(0x5555555555555555)
_BLOCK = 256
"""Members of a bucket that are held against all of it at a time."""
_MET = 16
"""Of its better ones in a bucket, a record is read with so many of the first and of the last that look like it."""


def sketches(signatures: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    """Signatures (records x `PERMUTATIONS`) to sketches (records x 4)."""
    bits = mixed(signatures.astype(np.uint64)) & np.uint64(3)
    places = np.arange(0, 64, 2, dtype=np.uint64)
    packed: npt.NDArray[np.uint64] = np.bitwise_or.reduce(bits.reshape(-1, PERMUTATIONS // 32, 32) << places, axis=2)
    return packed


def least_matches(jaccard: float) -> int:
    """Equal positions that two sets of this similarity have, but for a share of `MISSED`."""
    equal = jaccard + (1 - jaccard) / 4
    fewer = (n for n in range(PERMUTATIONS + 1) if _at_most(n, equal) > MISSED)
    return next(fewer)


def _at_most(n: int, p: float) -> float:
    """The probability of at most `n` successes in `PERMUTATIONS` trials."""
    return 1.0 if n >= PERMUTATIONS else betainc(PERMUTATIONS - n, n + 1, 1 - p)


class Bucket(NamedTuple):
    """The records that share a band, best first."""

    records: list[str]
    words: npt.NDArray[np.int32]
    sketches: npt.NDArray[np.uint64]

    def pairs(self, matches: int, ratio: float) -> Iterator[tuple[str, str]]:
        """(better, worse) of those whose sketches agree in at least `matches` positions, and whose lengths differ by
        no more than `ratio` (shorter to longer) allows."""
        for start in range(0, len(self.records), _BLOCK):
            better, worse = np.nonzero(self._alike(start, matches, ratio).T)
            for one, other in _first_and_last(better, worse):
                yield self.records[one], self.records[start + other]

    def _alike(self, start: int, matches: int, ratio: float) -> npt.NDArray[np.bool_]:
        """(members of the block x all members): whether the second is a better one that looks like the first."""
        stop = min(start + _BLOCK, len(self.records))
        differ = self.sketches[start:stop, None, :] ^ self.sketches[None, :stop, :]
        differ = (differ | differ >> np.uint64(1)) & _EVEN
        enough = np.bitwise_count(differ).sum(axis=2) <= PERMUTATIONS - matches
        mine, theirs = self.words[start:stop, None], self.words[None, :stop]
        near = np.minimum(mine, theirs) >= ratio * np.maximum(mine, theirs)
        return np.tril(enough & near, start - 1)


def buckets(partition: pa.Table) -> Iterator[Bucket]:
    """Every group of two or more rows with equal `band`, by (`rank`, `record`)."""
    ordered = partition.sort_by([(name, "ascending") for name in ("band", "rank", "record")])
    band = ordered["band"].to_numpy()
    edges = np.concatenate(([0], np.flatnonzero(np.diff(band)) + 1, [len(band)]))
    starts = edges[:-1][np.diff(edges) > 1]
    stops = edges[1:][np.diff(edges) > 1]
    words = ordered["words"].to_numpy()
    drawn = np.stack([ordered[name].to_numpy() for name in COLUMNS], axis=1)
    records = ordered["record"]
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        yield Bucket(records.slice(start, stop - start).to_pylist(), words[start:stop], drawn[start:stop])


def _first_and_last(better: npt.NDArray[np.int64], worse: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Pairs of indices; of each `worse` at most `_MET` of the first `better` ones and as many of the last."""
    order = np.lexsort((better, worse))
    better, worse = better[order], worse[order]
    edges = np.concatenate(([0], np.flatnonzero(np.diff(worse)) + 1, [len(worse)])) if len(worse) else [0]
    for start, stop in pairwise(edges):
        alike = range(start, stop)
        few: Iterable[int] = alike if len(alike) <= 2 * _MET else chain(alike[:_MET], alike[-_MET:])
        yield from ((int(better[at]), int(worse[at])) for at in few)
