"""Of the records that share a band, those that look alike: by sketches of 32 bytes, before anybody reads a text.

Of each minimum of a MinHash signature two bits are kept (`text.sketches`). Two sets of Jaccard similarity J agree at a
position with probability J + (1 - J) / 4: equal minima, or other ones with the same bits by chance.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.registry import RowPairs
from sterling.stats import betainc
from sterling.text import PERMUTATIONS, Hashes
from sterling.text.kernels import MEMBER_BITS, Crowd, kernels

MISSED = 0.001
"""How often a pair of just the wanted similarity is refuted, at most."""
_MET = 16
"""Of its better ones in a bucket, a record is read with so many of the first and of the last that look like it."""
_SCANNED = 2048
"""They are searched for among so many of the first and of the last: work grows with a bucket, not with its square."""
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

    And `words`, the size of what is compared, where sizes are known to differ no more than similarities allow. `band`
    is the upper 36 bits of a key: records that meet by chance cost a look at their sketches. `sketch` is a dictionary,
    so that it is kept once for each record and not for each band.
    """
    bands = keys.shape[1]
    band = keys.ravel() >> np.uint64(MEMBER_BITS)
    drawn = pa.FixedSizeBinaryArray.from_buffers(pa.binary(_BYTES), len(rows), [None, pa.py_buffer(sketches)])
    index = np.repeat(np.arange(len(rows), dtype=np.int32), bands)
    columns = {
        "row": np.repeat(rows, bands),
        "partition": band,
        "band": band,
        "sketch": pa.DictionaryArray.from_arrays(index, drawn),
    }
    return pa.table(columns if words is None else columns | {"words": np.repeat(words, bands)})


def proposed(partition: pa.Table, jaccard: float, missed: float = MISSED) -> list[tuple[str, str]]:
    """`alike`, as pairs of ids."""
    records = partition["record"]
    found = (records.take(pa.array(side)).cast(pa.string()).to_pylist() for side in alike(partition, jaccard, missed))
    return list(zip(*found, strict=True))


def alike(partition: pa.Table, jaccard: float, missed: float = MISSED) -> RowPairs:
    """Pairs (better, worse) of records that share a band and may be as similar as this, each pair once.

    Of its better ones in each band a record is paired with the first and the last 16 that look like it. Which pairs
    these are depends on the records in the band and their ranks alone.
    """
    gathered = _gathered(partition)
    places = in_order(partition, gathered.rows)
    by_place = np.empty(len(places), np.int64)
    by_place[places] = gathered.rows
    crowd = Crowd(partition["band"].to_numpy(), gathered.members, places, gathered.sketches, gathered.words)
    better, worse = kernels().alike(crowd, least_matches(jaccard, missed), jaccard, _MET, _SCANNED)
    return RowPairs(by_place[better], by_place[worse])


class _Gathered(NamedTuple):
    """The records of a partition, each once."""

    members: Hashes
    """By row: the index of its record."""
    rows: npt.NDArray[np.int64]
    """By record: one of its rows."""
    sketches: Hashes
    words: npt.NDArray[np.int32]


def _gathered(partition: pa.Table) -> _Gathered:
    """Batch after batch: a record's rows are all in one, since one parcel of shards emitted them."""
    parts = [_of_batch(batch) for batch in partition.to_batches()]
    counts = np.cumsum([0, *(len(part.rows) for part in parts)]).tolist()
    begins = np.cumsum([0, *(len(part.members) for part in parts)]).tolist()
    members = [part.members + np.uint64(start) for part, start in zip(parts, counts, strict=False)]
    rows = [part.rows + start for part, start in zip(parts, begins, strict=False)]
    return _Gathered(
        np.concatenate([np.empty(0, np.uint64), *members]),
        np.concatenate([np.empty(0, np.int64), *rows]),
        np.concatenate([np.empty((0, _BYTES // 8), np.uint64), *(part.sketches for part in parts)]),
        np.concatenate([np.empty(0, np.int32), *(part.words for part in parts)]),
    )


def _of_batch(batch: pa.RecordBatch) -> _Gathered:
    drawn = batch.column("sketch")
    index = drawn.indices.to_numpy()
    row_of = np.full(len(drawn.dictionary), -1, np.int64)
    row_of[index] = np.arange(len(index))
    used = np.flatnonzero(row_of >= 0)
    members = np.empty(len(row_of), np.uint64)
    members[used] = np.arange(len(used), dtype=np.uint64)
    rows = row_of[used]
    words = batch.column("words").to_numpy()[rows] if "words" in batch.schema.names else np.empty(0, np.int32)
    return _Gathered(members[index], rows, _sketches(drawn.dictionary)[used], words)


def _sketches(drawn: pa.FixedSizeBinaryArray) -> Hashes:
    words = np.frombuffer(drawn.buffers()[1], np.uint64).reshape(-1, _BYTES // 8)
    return words[drawn.offset : drawn.offset + len(drawn)]


def in_order(partition: pa.Table, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The places of some rows by (`rank`, `record`): by `head`, an id's first bytes, or by the whole if these tie."""
    ranks, heads = (partition[name].to_numpy()[rows] for name in ("rank", "head"))
    alone = not len(ranks) or int(ranks.min()) == int(ranks.max())
    order = np.argsort(heads) if alone else np.lexsort((heads, ranks))
    tied = np.flatnonzero((np.diff(ranks[order]) == 0) & (np.diff(heads[order]) == 0))
    for run in np.split(tied, np.flatnonzero(np.diff(tied) > 1) + 1):
        if len(run):
            among = slice(run[0], run[-1] + 2)
            order[among] = sorted(order[among].tolist(), key=lambda at: partition["record"][int(rows[at])].as_py())
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places
