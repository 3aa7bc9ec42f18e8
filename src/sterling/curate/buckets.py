"""Who is compared with whom: MinHash bands to rows of the exchange, and the members of a bucket to pairs."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.text import Hashes

ALL_PAIRS = 128
"""A bucket of up to this many records is compared pair by pair."""
MET = 16
"""In a larger one, how many records each is compared with, of each kind."""


def banded(rows: npt.NDArray[np.int64], keys: Hashes) -> pa.Table:
    """One row for each record and band: its key, and the next band's to divide large buckets by.

    `rows` are indices into the batch; `keys` (records x bands) has a line for each of them.
    """
    bands = keys.shape[1]
    following = np.roll(keys, -1, axis=1).ravel()
    band = keys.ravel()
    row = np.repeat(rows.astype(np.int32), bands)
    return pa.table({"row": row, "partition": band, "band": band, "following": following})


def proposed(partition: pa.Table) -> list[tuple[str, str]]:
    """Pairs worth reading, the better ranked first, each once: whoever shares a band, as far as buckets are small.

    In a bucket of more than `ALL_PAIRS` records, each is compared with only the `MET` best, and, among those that share
    the next band too, with the `MET` best and the `MET` just before it.
    """
    pairs: dict[tuple[str, str], None] = {}
    for bucket in _buckets(partition):
        pairs.update(dict.fromkeys(_pairs(bucket)))
    return list(pairs)


class _Member(NamedTuple):
    """One record in a bucket. The order of members is the order in which records stay."""

    rank: int
    record: str
    following: int
    """Its key in the next band."""


def _buckets(partition: pa.Table) -> Iterator[list[_Member]]:
    """The members of each group of two or more equal band keys, best first."""
    band = partition.column("band").to_numpy()
    order = np.argsort(band, kind="stable")
    edges = np.flatnonzero(np.diff(band[order])) + 1
    sizes = np.diff(np.concatenate(([0], edges, [len(band)])))
    crowded = partition.take(pa.array(order[np.repeat(sizes > 1, sizes)]))
    members = map(_Member, *(crowded.column(name).to_pylist() for name in _Member._fields))
    for size in sizes[sizes > 1].tolist():
        yield sorted(islice(members, size))


def _pairs(bucket: list[_Member]) -> Iterator[tuple[str, str]]:
    """(better, worse) pairs of a bucket: all of them, or a linear number where the bucket is large."""
    records = [member.record for member in bucket]
    if len(records) <= ALL_PAIRS:
        yield from _with_predecessors(records, len(records))
        return
    divided: dict[int, list[str]] = {}
    for member in bucket:
        divided.setdefault(member.following, []).append(member.record)
    yield from ((best, record) for i, record in enumerate(records) for best in records[: min(i, MET)])
    for group in divided.values():
        yield from _with_predecessors(group, MET)


def _with_predecessors(records: list[str], at_most: int) -> Iterator[tuple[str, str]]:
    """Each record after the first `at_most` before all and the last `at_most` before it."""
    for i, record in enumerate(records):
        for j in sorted({*range(min(i, at_most)), *range(max(0, i - at_most), i)}):
            yield records[j], record
