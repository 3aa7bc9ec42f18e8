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


def least_matches(jaccard: float, missed: float = MISSED) -> int:
    """Equal positions that two sets of this similarity have, but for a share of `missed`."""
    equal = jaccard + (1 - jaccard) / 4
    fewer = (n for n in range(PERMUTATIONS + 1) if _at_most(n, equal) > missed)
    return next(fewer)


def _at_most(n: int, p: float) -> float:
    """The probability of at most `n` successes in `PERMUTATIONS` trials."""
    return 1.0 if n >= PERMUTATIONS else betainc(PERMUTATIONS - n, n + 1, 1 - p)


def exchanged(
    rows: npt.NDArray[np.int32], keys: Hashes, sketches: Hashes, words: npt.NDArray[np.int32] | None = None
) -> pa.Table:
    """What a check emits of records (`rows` of a batch): for each band a row of `partition`, `band`, `sketch`.

    And `words`, the size of what is compared, where sizes are known to differ no more than similarities allow.
    """
    bands = keys.shape[1]
    drawn = pa.py_buffer(np.repeat(sketches, bands, axis=0))
    columns = {
        "row": np.repeat(rows, bands),
        "partition": keys.ravel(),
        "band": keys.ravel(),
        "sketch": pa.FixedSizeBinaryArray.from_buffers(pa.binary(_BYTES), keys.size, [None, drawn]),
    }
    return pa.table(columns if words is None else columns | {"words": np.repeat(words, bands)})


def proposed(partition: pa.Table, jaccard: float, missed: float = MISSED) -> list[tuple[str, str]]:
    """Pairs (better, worse) of records that share a band and may be as similar as this, each pair once.

    Of its better ones in each band a record is paired with the first and the last 16 that look like it. Which pairs
    these are depends on the records in the band and their ranks alone.
    """
    records, places = _standing(partition)
    words = partition["words"].to_numpy() if "words" in partition.column_names else np.empty(0, np.int32)
    crowd = Crowd(partition["band"].to_numpy(), places, _sketches(partition), words)
    pairs = kernels().alike(crowd, least_matches(jaccard, missed), jaccard, _MET, _SCANNED)
    better, worse = pairs.one.tolist(), pairs.other.tolist()
    return [(records[one], records[other]) for one, other in zip(better, worse, strict=True)]


class _Standing(NamedTuple):
    """The records of a partition in the order in which they stay."""

    records: list[str]
    """Ids, the best first."""
    places: npt.NDArray[np.int64]
    """For each row the index of its record."""


def _standing(partition: pa.Table) -> _Standing:
    """By (rank, record)."""
    coded = _coded(partition["record"])
    index, records = coded.indices.to_numpy(), coded.dictionary.to_pylist()
    ranks = np.zeros(len(records), np.int64)
    ranks[index] = partition["rank"].to_numpy()
    order = _order(ranks, records)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return _Standing([records[at] for at in order.tolist()], places[index])


def _coded(records: pa.ChunkedArray) -> pa.DictionaryArray:
    if not pa.types.is_dictionary(records.type):
        records = pc.dictionary_encode(records)
    coded = records.unify_dictionaries().combine_chunks()
    return coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded


def _order(ranks: npt.NDArray[np.int64], records: list[str]) -> npt.NDArray[np.int64]:
    """Indices by (rank, record): by the first bytes of ids, and by the whole where these are equal."""
    heads = np.array([record[:8].encode()[:8] for record in records], "S8").view(">u8").astype(np.uint64)
    order = np.lexsort((heads, ranks))
    tied = np.flatnonzero((np.diff(ranks[order]) == 0) & (np.diff(heads[order]) == 0))
    for run in np.split(tied, np.flatnonzero(np.diff(tied) > 1) + 1):
        if len(run):
            among = slice(run[0], run[-1] + 2)
            order[among] = sorted(order[among].tolist(), key=records.__getitem__)
    return order


def _sketches(partition: pa.Table) -> Hashes:
    drawn = partition["sketch"].combine_chunks()
    drawn = drawn.chunk(0) if isinstance(drawn, pa.ChunkedArray) else drawn
    words = np.frombuffer(drawn.buffers()[1], np.uint64).reshape(-1, _BYTES // 8)
    return words[drawn.offset : drawn.offset + len(drawn)]
