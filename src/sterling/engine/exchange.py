"""The exchange of a set check: rows of every record, partition after partition, beside the people they speak of.

A record is known by its number, the shard's in the upper half and its row of the file in the lower. A file of rows
holds what the check emitted and, for each row, whom of the file of people it is about; so what a check says of settled
records is computed once, whatever becomes of their rank.
"""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, Standing, standing
from sterling.records import canonical_json, digest
from sterling.records.files import write_atomically
from sterling.records.places import open_ranges
from sterling.registry import SetCheck

Numbers = npt.NDArray[np.int64]
PARCEL_ROWS = 16_384
"""Records whose rows are written into one file, if shards are smaller: fewer files are opened for each partition."""
_PARCEL_SHARDS = 16
_PARCELS = 1024
"""Files of rows, at most: each partition opens them all, so that they must not grow with the collection."""
PARTITION_ROWS = 1 << 20
"""Rows of a partition, at most, where a recipe does not say how many partitions there are."""
_LEAST_PARTITIONS = 8
_ENGINES = ("id", "origin", "depth")
_PLACE = ("source", "row")


class Parcel(NamedTuple):
    """Some shards whose rows are written into one file."""

    number: int
    shards: tuple[Shard, ...]
    settled: bool = False
    """Earlier rounds have judged them: their records stay, whatever comes."""
    foreign: bool = False
    """They are from `against`: verdicts say where they lie."""


class Emitted(NamedTuple):
    """What one parcel put into the exchange."""

    parcel: int
    rows: Path
    people: Path
    first: int
    """Number of its first shard."""


def parcels(settled: Sequence[Shard], new: Sequence[Shard], foreign: Sequence[Shard]) -> list[Parcel]:
    """Shards in their order, so that what is settled lies in the same parcels round after round."""
    found: list[Parcel] = []
    for shards, is_settled, is_foreign in ((foreign, True, True), (settled, True, False), (new, False, False)):
        for some in _together(sorted(shards, key=lambda shard: shard.number)):
            found.append(Parcel(len(found), tuple(some), is_settled, is_foreign))
    return found


def _together(shards: Sequence[Shard]) -> Iterator[list[Shard]]:
    """Neighbours, until they are many or have many records between them."""
    least = -(-len(shards) // _PARCELS)
    some: list[Shard] = []
    records = 0
    for shard in shards:
        records += shard.size()
        full = len(some) >= _PARCEL_SHARDS or records > PARCEL_ROWS
        if some and full and len(some) >= least:
            yield some
            some, records = [], shard.size()
        some.append(shard)
    if some:
        yield some


def partitions_for(check: SetCheck, records: int) -> int:
    """So many partitions that none has more than `PARTITION_ROWS` rows, if keys fall evenly; a power of two."""
    needed = records * check.rows_per_record() / PARTITION_ROWS
    return max(_LEAST_PARTITIONS, 1 << max(0, int(np.ceil(np.log2(max(1.0, needed))))))


@dataclass(frozen=True, slots=True)
class Emit:
    """First phase: each parcel to rows, written partition after partition so that one can be read alone."""

    folder: Path
    kept: Path
    """Where rows of settled records stay for the rounds that follow."""
    check: SetCheck
    state: Any
    partitions: int

    def __call__(self, parcel: Parcel) -> Emitted:
        """Write the rows and the people of one parcel."""
        place = self.folder / f"people-{parcel.number:06d}.arrow"
        narrow = _read(parcel, _ENGINES if not parcel.foreign else (*_ENGINES, *_PLACE)) if parcel.settled else None
        found = narrow or _read(parcel, self._columns())
        people = self._people(parcel, found)
        write_table(place, people)
        rows = self.folder / f"rows-{parcel.number:06d}.arrow"
        if parcel.settled:
            rows = self.kept / f"{self._key(people)}.arrow"
        if not (parcel.settled and rows.exists()):
            self._write(rows, found if narrow is None else _read(parcel, self._columns()), lasting=parcel.settled)
        return Emitted(parcel.number, rows, place, parcel.shards[0].number)

    def _columns(self) -> Sequence[str] | None:
        own = self.check.columns_read()
        return None if own is None else (*_ENGINES, *own)

    def _key(self, people: pa.Table) -> str:
        """Of all that the rows depend on: the check, what it was fitted to, and which records these are."""
        asked = canonical_json(self.check.model_dump(mode="json"))
        fitted = digest(pickle.dumps(self.state))
        who = digest(*people["id"].to_pylist())
        return digest(self.check.name_in_recipe, str(self.check.version), asked, fitted, str(self.partitions), who)

    def _people(self, parcel: Parcel, found: Sequence[Standing]) -> pa.Table:
        parts = [_people(shard, one, parcel, self.check) for shard, one in zip(parcel.shards, found, strict=True)]
        return pa.concat_tables(parts).combine_chunks()

    def _write(self, path: Path, found: Sequence[Standing], *, lasting: bool) -> None:
        whole = pa.Table.from_batches([one.batch for one in found]).combine_chunks().to_batches()
        batch = whole[0] if whole else found[0].batch
        rows = self.check.emit(batch, self.state).combine_chunks()
        home = rows["partition"].to_numpy() % np.uint64(self.partitions)
        narrow = home.astype(np.uint16) if self.partitions <= 1 << 16 else home  # sorted five times as fast
        order = np.argsort(narrow, kind="stable")
        bounds = np.searchsorted(narrow[order], np.arange(self.partitions + 1)).tolist()
        ordered = rows.drop_columns(["partition"]).take(pa.array(order)).combine_chunks()
        write_atomically(path, lambda file: _write_partitions(file, ordered, bounds), lasting=lasting)


def _read(parcel: Parcel, columns: Sequence[str] | None) -> list[Standing]:
    return [standing(shard, columns) for shard in parcel.shards]


def _people(shard: Shard, found: Standing, parcel: Parcel, check: SetCheck) -> pa.Table:
    batch = found.batch
    human = pc.equal(batch.column("origin"), "human").to_numpy(zero_copy_only=False)
    rank = _rank(parcel.settled, human, found.verified, batch.column("depth").to_numpy())
    spared = np.full(batch.num_rows, parcel.settled) | (human if check.human == "flag" else np.zeros_like(human))
    at = pa.nulls(batch.num_rows, pa.string())
    if parcel.foreign:
        at = pc.binary_join_element_wise(batch.column("source"), batch.column("row"), "")
    ids = batch.column("id")
    columns = [(np.int64(shard.number) << 32) + found.rows, ids, heads(ids), rank, spared, at]
    return pa.table(dict(zip(_PEOPLE.names, map(pa.array, columns), strict=True)), schema=_PEOPLE)


def _rank(settled: bool, human: Any, verified: Any, depth: Any) -> Numbers:
    """Earlier rounds before all; human before synthetic, verified before not, shallower before deeper."""
    rank = np.full(len(depth), np.int64(0 if settled else 1) << 40)
    rank += ((~human).astype(np.int64) << 39) + ((~verified).astype(np.int64) << 38) + depth.astype(np.int64)
    return rank


def rules(kept: Numbers, gone: Numbers) -> list[str]:
    """By which rule each of the first ranks is better than the second."""
    differing = [("earlier", 40), ("human", 39), ("verified", 38)]
    found = np.where(kept == gone, "id", "shallower").astype(object)
    for name, bit in reversed(differing):
        found[(kept >> bit & 1) != (gone >> bit & 1)] = name
    return list(found)


def heads(ids: pa.StringArray) -> npt.NDArray[np.uint64]:
    """The first eight bytes of each id as a number, in the order of strings."""
    first = pc.binary_slice(ids.cast(pa.binary()), 0, 8)
    if pc.min(pc.binary_length(first)).as_py() == 8:
        data = np.frombuffer(first.buffers()[2], ">u8", len(first))
    else:
        data = np.array(first.to_pylist(), "S8").view(">u8")
    return data.astype(np.uint64)


class Partition(NamedTuple):
    """All rows of one partition."""

    rows: pa.Table
    """The check's own columns with `record`, `rank`, `head`, `protected`; a chunk for each parcel."""
    numbers: Numbers
    """Whom each row is about."""


def read_partition(emitted: Sequence[Emitted], number: int) -> Partition:
    """One partition of every file of rows."""
    parts = [_of_parcel(one, number) for one in emitted]
    return Partition(pa.concat_tables(rows for rows, _ in parts), np.concatenate([numbers for _, numbers in parts]))


def _of_parcel(emitted: Emitted, number: int) -> tuple[pa.Table, Numbers]:
    with open_ranges(emitted.rows) as file:
        rows = pa.Table.from_batches([pa.ipc.open_file(file).get_batch(number)])
    people = read_table(emitted.people)
    index = rows["row"].combine_chunks()
    added = {name: people[name].combine_chunks().take(index) for name in ("rank", "head", "protected")}
    record = pa.DictionaryArray.from_arrays(index, people["id"].combine_chunks())
    own = rows.drop_columns(["row"])
    for name, column in {"record": record, **added}.items():
        own = own.append_column(name, column)
    return own, people["number"].combine_chunks().to_numpy()[index.to_numpy()]


@dataclass(frozen=True)
class Everyone:
    """The people of all parcels, looked up by number; a file is opened where somebody in it is asked for."""

    emitted: tuple[Emitted, ...]

    @cached_property
    def _ordered(self) -> list[Emitted]:
        return sorted(self.emitted, key=lambda one: one.first)

    def find(self, numbers: Numbers) -> pa.Table:
        """`_PEOPLE` for these numbers, which are sorted and distinct."""
        parts = [_PEOPLE.empty_table()]
        for start, stop, one in self._homes(numbers):
            people = read_table(one.people)
            index = np.searchsorted(people["number"].combine_chunks().to_numpy(), numbers[start:stop])
            parts.append(people.take(pa.array(index)))
        return pa.concat_tables(parts).combine_chunks()

    def _homes(self, numbers: Numbers) -> Iterator[tuple[int, int, Emitted]]:
        firsts = np.array([one.first for one in self._ordered], np.int64) << 32
        bounds = [*np.searchsorted(numbers, firsts).tolist(), len(numbers)]
        for (start, stop), one in zip(pairwise(bounds), self._ordered, strict=True):
            if start < stop:
                yield start, stop, one


def write_table(path: Path, table: pa.Table) -> None:
    """One table as one batch of an Arrow file of the exchange, which lasts no longer than the step is made."""
    ready = table.combine_chunks()

    def write(file: Any) -> None:
        with pa.ipc.new_file(file, ready.schema) as writer:
            writer.write_table(ready)

    write_atomically(path, write, lasting=False)


def read_table(path: Path) -> pa.Table:
    """A table as `write_table` wrote it, mapped where that is possible."""
    with open_ranges(path) as file:
        return pa.ipc.open_file(file).read_all()


def _write_partitions(file: Any, rows: pa.Table, bounds: Sequence[int]) -> None:
    whole = rows.to_batches() or [pa.RecordBatch.from_pylist([], schema=rows.schema)]
    with pa.ipc.new_file(file, rows.schema) as writer:
        for start, end in pairwise(bounds):
            writer.write_batch(whole[0].slice(start, end - start))


_PEOPLE = pa.schema(
    {
        "number": pa.int64(),
        "id": pa.string(),
        "head": pa.uint64(),
        "rank": pa.int64(),
        "protected": pa.bool_(),
        "at": pa.string(),
    }
)
"""Everyone in a parcel, sorted by number. `at`: where a record of `against` lies."""
