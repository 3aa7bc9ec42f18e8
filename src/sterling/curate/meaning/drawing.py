"""A sample of a stream that depends on which records are in it, and on nothing else."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from sterling.records import compared_column
from sterling.registry.check import Stream
from sterling.text.kernels import kernels


class Drawn(NamedTuple):
    """Texts of some records, and how many there were."""

    texts: list[str]
    """In the order of a hash of their ids, which is a random one."""
    records: int


def drawn(stream: Stream, count: int) -> Drawn:
    """At most `count` texts of a stream, those whose ids have the lowest hashes. Holds twice as many at a time."""
    keys, texts = np.empty(0, np.uint64), pa.array([], pa.large_string())
    records = 0
    for batch in stream():
        records += batch.num_rows
        mine = kernels().digests(batch.column("id"))[:, 0]
        low = np.flatnonzero(mine < keys[-1]) if len(keys) == count else np.arange(len(mine))
        if len(low):
            keys = np.concatenate((keys, mine[low]))
            found = compared_column(batch).take(pa.array(low)).cast(pa.large_string())
            order = np.argsort(keys, kind="stable")[:count]
            keys, texts = keys[order], pa.concat_arrays([texts, found]).take(pa.array(order))
    return Drawn(texts.to_pylist(), records)
