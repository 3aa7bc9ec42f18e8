"""Of the records that share a band, those that look alike: by sketches of 32 bytes, before anybody reads a text.

Of each minimum of a MinHash signature two bits are kept (`text.sketches`). Two sets of Jaccard similarity J agree at a
position with probability J + (1 - J) / 4: equal minima, or other ones with the same bits by chance.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.stats import betainc
from sterling.text import PERMUTATIONS, Hashes
from sterling.text.kernels import Crowd, kernels

MISSED = 0.001
"""How often a pair of just the wanted similarity is refuted, at most."""
_MET = 16
"""Of its better ones in a bucket, a record is read with so many of the first and of the last that look like it."""
_SCANNED = 2048
"""They are searched for among so many of the first and of the last, so that work grows with the bucket, not its square."""
_BYTES = PERMUTATIONS // 4


def least_matches(jaccard: float) -> int:
    """Equal positions that two sets of this similarity have, but for a share of `MISSED`."""
    equal = jaccard + (1 - jaccard) / 4
    fewer = (n for n in range(PERMUTATIONS + 1) if _at_most(n, equal) > MISSED)
    return next(fewer)


def _at_most(n: int, p: float) -> float:
    """The probability of at most `n` successes in `PERMUTATIONS` trials."""
    return 1.0 if n >= PERMUTATIONS else betainc(PERMUTATIONS - n, n + 1, 1 - p)


def exchanged(rows: npt.NDArray[np.int32], keys: Hashes, sketches: Hashes, words: npt.NDArray[np.int32]) -> pa.Table:
    """What a check emits of records (`rows` of a batch): for each band a row of `partition`, `band`, `sketch`, `words`.

    `words` is the size of what is compared; where that is not known, 1 for all, and nothing is refuted by it.
    """
    bands = keys.shape[1]
    drawn = pa.py_buffer(np.repeat(sketches, bands, axis=0))
    columns = {
        "row": np.repeat(rows, bands),
        "partition": keys.ravel(),
        "band": keys.ravel(),
        "words": np.repeat(words, bands),
        "sketch": pa.FixedSizeBinaryArray.from_buffers(pa.binary(_BYTES), keys.size, [None, drawn]),
    }
    return pa.table(columns)


def proposed(partition: pa.Table, jaccard: float) -> list[tuple[str, str]]:
    """Pairs (better, worse) of records that share a band and may be as similar as this, each pair once.

    Of its better ones in each bucket a record is paired with the first and the last 16 that look like it. Which pairs
    these are depends on the records in the bucket and their ranks alone.
    """
    band = partition["band"].to_numpy()
    order = np.argsort(band)
    edges = np.concatenate(([0], np.flatnonzero(np.diff(band[order])) + 1, [len(band)]))
    sizes = np.diff(edges)
    crowded = order[np.repeat(sizes > 1, sizes)]
    if not len(crowded):
        return []
    sizes = sizes[sizes > 1]
    standing = _standing(partition, crowded)
    by_place = np.argsort(np.repeat(np.arange(len(sizes)) << 32, sizes) | standing.places)
    crowded, places = crowded[by_place], standing.places[by_place]
    words = partition["words"].to_numpy()[crowded]
    crowd = Crowd(np.concatenate(([0], np.cumsum(sizes))), places, _sketches(partition, crowded), words)
    pairs = kernels().alike(crowd, least_matches(jaccard), jaccard, _MET, _SCANNED)
    each = _distinct(pairs.one << 32 | pairs.other)
    return list(zip(standing.named(each >> 32), standing.named(each & 0xFFFFFFFF), strict=True))


class _Standing(NamedTuple):
    """The records of a partition in the order in which they stay."""

    records: pa.Array
    """Ids, the best first."""
    places: npt.NDArray[np.int64]
    """For each crowded row the index of its record."""

    def named(self, places: npt.NDArray[np.int64]) -> list[str]:
        ids: list[str] = self.records.take(pa.array(places)).to_pylist()
        return ids


def _standing(partition: pa.Table, crowded: npt.NDArray[np.intp]) -> _Standing:
    """The crowded rows by (rank, record)."""
    rows = partition.select(["record", "rank"]).combine_chunks().take(pa.array(crowded))
    coded = pc.dictionary_encode(rows["record"].combine_chunks())
    index, records = coded.indices.to_numpy(), coded.dictionary
    ranks = np.empty(len(records), np.int64)
    ranks[index] = rows["rank"].to_numpy()
    order = np.lexsort((np.array(records.cast(pa.binary()).to_pylist()), ranks))
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return _Standing(records.take(pa.array(order)), places[index])


def _distinct(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sorted, each once. `np.unique` hashes before it sorts, which takes four times as long here."""
    ordered = np.sort(values)
    return ordered[np.append(True, np.diff(ordered) != 0)[: len(ordered)]]


def _sketches(partition: pa.Table, rows: npt.NDArray[np.intp]) -> Hashes:
    drawn = partition["sketch"].combine_chunks()
    words = np.frombuffer(drawn.buffers()[1], np.uint64).reshape(-1, _BYTES // 8)
    return np.take(words[drawn.offset : drawn.offset + len(drawn)], rows, axis=0)
