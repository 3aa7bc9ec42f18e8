"""Pairs of records to pairs that hold: the texts of everybody in a pair are set apart once, then read unit by unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.engine.exchange import Numbers, Parcel, read_table, write_table
from sterling.engine.shards import Shard, read_batch
from sterling.registry import RowPairs, SetCheck
from sterling.text.lookup import positions

_UNIT_PAIRS = 100_000
"""Pairs that are confirmed at a time."""
_UNIT_FOUND = 250_000
"""Pairs as the partitions found them, one perhaps several times, that one process takes upon itself."""


@dataclass(frozen=True, slots=True)
class Extract:
    """Of each parcel the texts of everyone in a pair, so that no shard is read for each unit of pairs."""

    folder: Path
    check: SetCheck
    members: tuple[Path, ...]

    def __call__(self, parcel: Parcel) -> Path:
        """Write the check's columns of some records, with their numbers."""
        own = self.check.columns_read()
        columns = None if own is None else ("id", *own)
        parts = [self._of_shard(shard, columns) for shard in parcel.shards]
        path = self.folder / f"texts-{parcel.number:06d}.arrow"
        write_table(path, pa.concat_tables(parts))
        return path

    def _of_shard(self, shard: Shard, columns: Sequence[str] | None) -> pa.Table:
        first, last = shard.number << 32, (shard.number + 1) << 32
        wanted = np.unique(np.concatenate([_between(path, "number", first, last)["number"] for path in self.members]))
        mine = pa.Table.from_batches([read_batch(shard.records, columns)]).take(pa.array(wanted & 0xFFFFFFFF))
        return mine.append_column("number", pa.array(wanted, pa.int64()))


class Confirmed(NamedTuple):
    """Pairs that hold."""

    one: Numbers
    other: Numbers
    similarity: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Confirm:
    """The exact similarity of the pairs whose first record is in some shards, by reading both texts."""

    check: SetCheck
    state: Any
    pairs: tuple[Path, ...]
    texts: tuple[Path, ...]

    def __call__(self, shards: tuple[int, int]) -> Confirmed:
        """Of the first of these shards up to the last, without it."""
        first, last = (number << 32 for number in shards)
        parts = [_between(path, "one", first, last) for path in self.pairs]
        whole = distinct(np.stack([np.concatenate([part[side] for part in parts]) for side in ("one", "other")]))
        found = [self._confirmed(whole[:, at : at + _UNIT_PAIRS]) for at in range(0, whole.shape[1], _UNIT_PAIRS)]
        return gathered(found)

    def _confirmed(self, pairs: Numbers) -> Confirmed:
        people = np.unique(pairs)
        table = pa.concat_tables([self._said(path, people) for path in self.texts]).combine_chunks().sort_by("number")
        batch = table.drop_columns(["number"]).combine_chunks().to_batches()[0]
        one, other = np.searchsorted(people, pairs)
        similarity = self.check.confirm_rows(batch, RowPairs(one, other), self.state)
        holds = ~np.isnan(similarity)
        return Confirmed(pairs[0][holds], pairs[1][holds], similarity[holds])

    def _said(self, path: Path, people: Numbers) -> pa.Table:
        texts = read_table(path)
        known = texts["number"].combine_chunks().to_numpy()
        return texts.take(pa.array(np.flatnonzero(positions(people, known) >= 0)))


def gathered(found: Sequence[Confirmed]) -> Confirmed:
    """Several as one."""
    none = Confirmed(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
    return Confirmed(*(np.concatenate(sides) for sides in zip(none, *found, strict=True)))


def cuts(shards: Sequence[Numbers], counts: Sequence[Numbers], most: int = _UNIT_FOUND) -> list[tuple[int, int]]:
    """Ranges of shards with about so many pairs each, of which each partition found so many in these shards."""
    if not any(map(len, shards)):
        return []
    known, place = np.unique(np.concatenate(shards), return_inverse=True)
    sums = np.bincount(place, np.concatenate(counts))
    home = (np.cumsum(sums) - sums) // most
    begins = np.flatnonzero(np.append(True, np.diff(home) > 0))
    edges = [*known[begins].tolist(), int(known[-1]) + 1]
    return list(pairwise(edges))


def distinct(pairs: Numbers) -> Numbers:
    """Sorted, each once."""
    order = np.lexsort((pairs[1], pairs[0]))
    ordered = pairs[:, order]
    new = np.append(True, np.any(np.diff(ordered, axis=1) != 0, axis=0))[: len(order)]
    return ordered[:, new]


def rows_between(path: Path, first: int, last: int, name: str = "number") -> pa.Table:
    """Rows of a sorted table from one number up to another, without it."""
    table = read_table(path)
    start, stop = np.searchsorted(table[name].combine_chunks().to_numpy(), [first, last]).tolist()
    return table.slice(start, stop - start)


def _between(path: Path, name: str, first: int, last: int) -> dict[str, Numbers]:
    part = rows_between(path, first, last, name)
    return {column: part[column].to_numpy() for column in part.column_names}
