"""The order in which records are taken, so that a part of them covers what the whole covers."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.records import digest

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]


class Spread(NamedTuple):
    """Records in the order of taking. One element per record, aligned with the candidates."""

    order: I64
    """Row numbers: the first of every cell, then the second of every cell that has one, and so on."""
    cell: I64
    """Number of each record's cell."""


def spread(candidates: pa.Table, seed: int) -> Spread:
    """Round robin over cells, which are the records of one strategy with the same set of tags, real ones apart.

    Within a cell, and between cells in each round, order is a pseudorandom function of the seed and the ids or tags: it
    does not depend on the order of the rows.
    """
    salt = _digest64("mix", str(seed))
    cells, cell = np.unique(_cells(candidates), return_inverse=True)
    keys = _mix64(_fold_ids(candidates.column("id")) ^ salt)
    by_cell = np.lexsort((keys, cell))
    counts = np.bincount(cell, minlength=len(cells))
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(cell), dtype=np.int64)
    rank[by_cell] = np.arange(len(cell)) - np.repeat(starts, counts)
    turn = _mix64(cells ^ salt)[cell] if len(cells) else keys
    return Spread(np.lexsort((turn, rank)), cell.astype(np.int64))


def _cells(candidates: pa.Table) -> U64:
    """A 64-bit name for each record's cell. A sum over tags, so that their order does not count."""
    side = np.asarray(pc.equal(candidates.column("origin"), "human"), dtype=np.uint64)
    names = _mix64(_digests(candidates.column("strategy").cast(pa.string())) + side)
    tags = one_array(candidates.column("tags"))
    owners = np.asarray(pc.list_parent_indices(tags), dtype=np.int64)
    values = _mix64(_digests(pa.chunked_array([pc.list_flatten(tags)]).cast(pa.string())))
    np.add.at(names, owners, values)
    return names


def _digests(column: pa.ChunkedArray) -> U64:
    """A digest of each string, computed once per distinct string; null is a string of its own."""
    encoded = one_array(column.dictionary_encode(null_encoding="encode"))
    distinct = [_digest64("") if v is None else _digest64("tag", v) for v in encoded.dictionary.to_pylist()]
    return np.array(distinct, dtype=np.uint64)[np.asarray(encoded.indices)] if distinct else np.empty(0, np.uint64)


def _fold_ids(column: pa.ChunkedArray) -> U64:
    """Each id (32 hexadecimal digits; any bytes do) folded into 64 bits, eight bytes at a time."""
    ids = np.asarray(column.cast(pa.binary()), dtype="S")
    width = max(8, -(-ids.dtype.itemsize // 8) * 8)
    words = np.ascontiguousarray(ids.astype(f"S{width}")).view(np.uint64).reshape(len(ids), width // 8)
    folded = np.zeros(len(ids), dtype=np.uint64)
    for i in range(words.shape[1]):
        folded = _mix64(folded ^ words[:, i])
    return folded


def _mix64(x: U64) -> U64:
    """The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), a bijection on 64 bits."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _digest64(*parts: str) -> np.uint64:
    return np.uint64(int(digest(*parts)[:16], 16))


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array, however it is cut."""
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
