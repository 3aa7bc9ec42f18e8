"""What a run hands on to the next generation: its real records, without their text, and the synthetic ones whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, read_batch, standing
from sterling.pipeline.generations.continuing import Inherited
from sterling.pipeline.generations.inheriting import CONTINUES
from sterling.pipeline.mixing import Mixed, before_mix, mixed_ids
from sterling.records import SCHEMA, VERIFYING
from sterling.records.places import read_parquet
from sterling.release import ANCESTRY, ANCHOR, CARRIED, Lineage

_LISTED = ("id", "content", "source", "row", "role", "origin")
_Verified = list[dict[str, str]]


def lineage(name: str, mixed: Mixed, inherited: Inherited) -> Lineage:
    """The streams of a release called `name`."""
    return Lineage(_Anchors(mixed.anchors, inherited), _Carried(name, mixed.inherited, mixed.made, inherited))


@dataclass(frozen=True, slots=True)
class _Anchors:
    """Every real record of this run, and those that only earlier ones read."""

    shards: Sequence[Shard]
    inherited: Inherited

    def __call__(self) -> Iterator[pa.RecordBatch]:
        """Batches of `ANCHOR`."""
        for shard in self.shards:
            yield self._listed(shard)
        if self.inherited.step is not None:
            for path in sorted((self.inherited.step.folder / "before").glob("shard-*.parquet")):
                yield from read_parquet(path).cast(ANCHOR).to_batches()

    def _listed(self, shard: Shard) -> pa.RecordBatch:
        batch = read_batch(shard.records, _LISTED)
        drawn = drawn_of(shard, batch.column("id"))
        met = met_of(self.inherited, shard, batch.num_rows)
        times = met["times"].combine_chunks()
        columns: Mapping[str, Any] = {
            "first": met["first"].combine_chunks(),
            "times": pc.add(times, drawn.cast(pa.int64())),
            "last": drawn,
            "here": pa.array(np.ones(batch.num_rows, np.bool_)),
        }
        return pa.RecordBatch.from_arrays(
            [columns[one.name] if one.name in columns else batch.column(one.name) for one in ANCHOR], schema=ANCHOR
        )


def drawn_of(shard: Shard, ids: pa.Array) -> pa.Array:
    """Of each record whether the mix holds it."""
    return pc.is_in(ids, value_set=mixed_ids(shard))


def met_of(inherited: Inherited, shard: Shard, rows: int) -> pa.Table:
    """Beside each record of an anchor's shard what earlier generations did with it (`meeting.MET`)."""
    if inherited.step is not None:
        return read_parquet(inherited.step.part("met", shard.number))
    first = np.full(rows, inherited.past.generation, np.int32)
    return pa.table({"first": first, "times": np.zeros(rows, np.int64), "last": np.zeros(rows, np.bool_)})


@dataclass(frozen=True, slots=True)
class _Carried:
    """Synthetic records that go on: those of this run's mix, and earlier ones that no check of this run dropped.

    An earlier one that the mix left out goes on too: a cap is no judgement of it.
    """

    name: str
    earlier: Sequence[Shard]
    made: Sequence[Shard]
    inherited: Inherited

    def __call__(self) -> Iterator[pa.RecordBatch]:
        """Batches of `CARRIED`."""
        for shard in self.earlier:
            yield self._again(before_mix(shard))
        families = _made_by_made(self.made)
        for shard in self.made:
            yield self._new(shard, families)

    def _again(self, shard: Shard) -> pa.RecordBatch:
        found = standing(shard)
        step = self.inherited.step
        assert step is not None  # noqa: S101 - who inherits has a step
        known = read_parquet(step.part("ancestry", shard.number)).take(pa.array(found.rows))
        new = _verified(shard.verdicts)
        both = [
            [*old, *(one for one in new.get(id_, ()) if one not in old)]
            for id_, old in zip(known["id"].to_pylist(), known["verified"].to_pylist(), strict=True)
        ]
        columns = [*(known[name].to_pylist() for name in ("generation", "release", "roots")), both]
        return _carried(found.batch, columns)

    def _new(self, shard: Shard, families: Mapping[str, Sequence[str]]) -> pa.RecordBatch:
        batch, verified = standing(shard).batch, _verified(before_mix(shard).verdicts)
        n, ids = batch.num_rows, batch.column("id").to_pylist()
        roots = [sorted(set(_roots(parents, families))) for parents in batch.column("parents").to_pylist()]
        past = self.inherited.past
        return _carried(batch, [[past.generation] * n, [self.name] * n, roots, [verified.get(id_, []) for id_ in ids]])


def _carried(batch: pa.RecordBatch, ancestry: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    more = [pa.array(column, one.type) for column, one in zip(ancestry, ANCESTRY, strict=True)]
    return pa.RecordBatch.from_arrays([*(batch.column(name) for name in SCHEMA.names), *more], schema=CARRIED)


def _verified(verdicts: Sequence[Path]) -> dict[str, _Verified]:
    """By record, each check of this run whose keep verifies it, and that check's family."""
    found: dict[str, _Verified] = {}
    for path in verdicts:
        columns = ["record", "check", "family"]
        table = read_parquet(path, columns=columns, filters=[("outcome", "=", "keep"), ("check", "!=", CONTINUES)])
        for row in table.filter(pc.is_in(table["family"], value_set=pa.array(sorted(VERIFYING)))).to_pylist():
            found.setdefault(row["record"], []).append({"check": row["check"], "family": row["family"]})
    return found


def _made_by_made(made: Sequence[Shard]) -> Mapping[str, Sequence[str]]:
    """Parents of those records of this run that are parents themselves."""
    named = [read_batch(shard.records, ("parents",)).column("parents").flatten().unique() for shard in made]
    wanted = pa.chunked_array(named, pa.string()).unique()
    families: dict[str, Sequence[str]] = {}
    for shard in made if len(wanted) else ():
        batch = read_batch(shard.records, ("id", "parents"))
        mine = batch.filter(pc.is_in(batch.column("id"), value_set=wanted))
        families |= zip(mine.column("id").to_pylist(), mine.column("parents").to_pylist(), strict=True)
    return families


def _roots(parents: Sequence[str], families: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Ids at which the descent leaves this run's own work."""
    for parent in parents:
        if parent in families:
            yield from _roots(families[parent], families)
        else:
            yield parent
