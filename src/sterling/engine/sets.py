"""Set checks over shards: emit, exchange by partition, resolve, confirm by reading, settle.

No phase holds the collection. What one process holds is one shard, one partition, the texts of a unit of pairs while
they are confirmed, and one row for each pair and each removal.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.judge import Bench, write_verdicts
from sterling.engine.shards import Shard, read_batch, standing
from sterling.engine.step import Step
from sterling.records import Verdict, verdict_table, verdicts_of
from sterling.records.files import write_atomically
from sterling.registry import Ruling, SetCheck

Settle = Callable[[Sequence[tuple[str, str, float]], Mapping[str, int], frozenset[str]], Sequence["Removal"]]
"""(confirmed pairs, rank by record, protected records) -> removals, each naming a record that is kept."""


class Removal(Protocol):
    """A record that goes because a better one like it stays."""

    @property
    def record(self) -> str:
        """The one that goes."""

    @property
    def kept(self) -> str:
        """The one that stays."""

    @property
    def similarity(self) -> float:
        """Of the two, as confirmed."""


class Emitted(NamedTuple):
    """What one shard put into the exchange."""

    shard: int
    path: Path
    rows: int


class Resolved(NamedTuple):
    """What one partition said."""

    verdicts: pa.Table
    """Of VERDICT_SCHEMA plus `shard`."""
    pairs: tuple[tuple[str, str], ...]
    members: pa.Table
    """`record`, `rank`, `protected`, `shard` of everyone in a pair."""


@dataclass(frozen=True, slots=True)
class Emit:
    """First phase: each shard to rows, written partition after partition so that one can be read alone."""

    folder: Path
    check: SetCheck
    state: Any
    partitions: int
    settled: frozenset[int]
    """Numbers of shards that earlier rounds have judged: their records stay, whatever comes."""

    def __call__(self, shard: Shard) -> Emitted:
        """Write the exchange file of one shard."""
        path = self.folder / f"shard-{shard.number:05d}.arrow"
        rows = self._rows(shard)
        home = rows["partition"].to_numpy()
        narrow = (
            home.astype(np.uint16) if self.partitions <= 1 << 16 else home
        )  # few bits are sorted five times as fast
        order = np.argsort(narrow, kind="stable")
        bounds = np.searchsorted(home[order], np.arange(self.partitions + 1))
        ordered = rows.take(pa.array(order)).drop_columns(["partition"]).combine_chunks()
        write_atomically(path, lambda file: _write_partitions(file, ordered, bounds.tolist()))
        return Emitted(shard.number, path, rows.num_rows)

    def _rows(self, shard: Shard) -> pa.Table:
        batch, verified = standing(shard)
        rows = self.check.emit(batch, self.state)
        index = rows["row"]
        human = pc.equal(batch.column("origin"), "human").to_numpy(zero_copy_only=False)
        settled = shard.number in self.settled
        rank = _rank(settled, human, verified, batch.column("depth").to_numpy())
        spared = np.full(batch.num_rows, settled) | (human if self.check.human == "flag" else np.zeros_like(human))
        partition = rows["partition"].to_numpy() % np.uint64(self.partitions)
        return (
            rows.drop_columns(["row", "partition"])
            .append_column("partition", pa.array(partition.astype(np.int64)))
            .append_column("record", pa.DictionaryArray.from_arrays(index.combine_chunks(), batch.column("id")))
            .append_column("rank", pc.take(pa.array(rank), index.combine_chunks()))
            .append_column("protected", pc.take(pa.array(spared), index.combine_chunks()))
        )


@dataclass(frozen=True, slots=True)
class Resolve:
    """Second phase: one partition of every exchange file."""

    bench: Bench
    check: SetCheck
    emitted: tuple[Emitted, ...]

    def __call__(self, partition: int) -> Resolved:
        """The check's word on one partition."""
        rows = pa.concat_tables(_read_partition(e, partition) for e in self.emitted)
        answer = self.check.resolve(rows.drop_columns(["shard"]))
        verdicts = verdict_table(self.bench.verdict(record, "", ruling) for record, ruling in answer.rulings)
        people = rows.select(_MEMBERS.names).cast(_MEMBERS).combine_chunks()
        ids = people["record"].combine_chunks()
        home = pc.index_in(verdicts["record"], value_set=ids)
        involved = pa.array(sorted({record for pair in answer.pairs for record in pair}), pa.string())
        members = people.take(pc.index_in(involved, value_set=ids))
        return Resolved(verdicts.append_column("shard", people["shard"].take(home)), tuple(answer.pairs), members)


@dataclass(frozen=True, slots=True)
class Confirm:
    """Third phase: the exact similarity of each pair, by reading both texts."""

    check: SetCheck
    shards: Mapping[int, Shard]

    def __call__(self, unit: Sequence[tuple[int, int, str, str]]) -> list[tuple[str, str, float]]:
        """Pairs as (left's shard, right's shard, left, right) to those that hold with their similarity."""
        pairs = [(left, right) for _, _, left, right in unit]
        scores = self.check.confirm(pairs, self._texts(unit))
        return [(a, b, score) for (a, b), score in zip(pairs, scores, strict=True) if score is not None]

    def _texts(self, unit: Sequence[tuple[int, int, str, str]]) -> dict[str, str]:
        """Each shard is read once, and of it only who is in a pair."""
        wanted: dict[int, set[str]] = {}
        for left, right, a, b in unit:
            wanted.setdefault(left, set()).add(a)
            wanted.setdefault(right, set()).add(b)
        known: dict[str, str] = {}
        for number, ids in sorted(wanted.items()):
            batch = read_batch(self.shards[number].records)
            mine = batch.filter(pc.is_in(batch.column("id"), value_set=pa.array(sorted(ids))))
            known |= dict(zip(mine.column("id").to_pylist(), self.check.view(mine), strict=True))
        return known


class Member(NamedTuple):
    """What settling needs to know of a record."""

    rank: int
    protected: bool
    shard: int


def members_of(tables: Sequence[pa.Table]) -> dict[str, Member]:
    """Everyone in a pair, by id."""
    rows = pa.concat_tables([*tables, _MEMBERS.empty_table()]).to_pylist()
    return {row["record"]: Member(row["rank"], row["protected"], row["shard"]) for row in rows}


def pair_units(
    pairs: Iterable[tuple[str, str]], members: Mapping[str, Member], size: int = 100_000
) -> Iterator[list[tuple[int, int, str, str]]]:
    """Each pair once, sorted by where its texts lie, in lists of at most `size`."""
    rows = sorted((members[a].shard, members[b].shard, a, b) for a, b in set(pairs))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def removal_verdicts(
    bench: Bench,
    removed_as: str,
    confirmed: Sequence[tuple[str, str, float]],
    members: Mapping[str, Member],
    settle: Settle,
) -> pa.Table:
    """Fourth phase: confirmed pairs to verdicts, each naming a record that is kept and their true similarity.

    `cluster`: how many records this one stands for, itself included.
    """
    ranks = {record: member.rank for record, member in members.items()}
    protected = frozenset(record for record, member in members.items() if member.protected)
    removals = settle(sorted(confirmed), ranks, protected)
    cluster = Counter(r.kept for r in removals)
    table = verdict_table(
        bench.verdict(
            r.record, "", Ruling("drop", removed_as, r.similarity, {"kept": r.kept, "cluster": cluster[r.kept] + 1})
        )
        for r in removals
    )
    return table.append_column("shard", pa.array([members[r.record].shard for r in removals], pa.int64()))


def by_shard(removals: pa.Table, shards: Sequence[Shard]) -> Iterator[tuple[Shard, pa.Table]]:
    """Each shard with the removals that concern it."""
    ordered = removals.sort_by("shard").combine_chunks()
    homes = ordered["shard"].to_numpy()
    for shard in shards:
        start, end = np.searchsorted(homes, [shard.number, shard.number + 1])
        yield shard, ordered.slice(start, end - start).drop_columns(["shard"])


@dataclass(frozen=True, slots=True)
class Distribute:
    """Last: verdicts back to their shards, and a keep for every record that nobody removed."""

    step: Step
    bench: Bench

    def __call__(self, unit: tuple[Shard, pa.Table]) -> dict[str, Any]:
        """Commit one shard unless it is finished. Returns its marker."""
        shard, removals = unit
        return self.step.once(shard.number, lambda: self._distribute(shard, removals))

    def _distribute(self, shard: Shard, removals: pa.Table) -> dict[str, Any]:
        gone = {verdict.record: verdict for verdict in verdicts_of(removals)}
        return write_verdicts(self.step, shard.number, list(self._final(gone, standing(shard).batch)), [])

    def _final(self, gone: Mapping[str, Verdict], batch: pa.RecordBatch) -> Iterator[Verdict]:
        for record, origin in zip(batch.column("id").to_pylist(), batch.column("origin").to_pylist(), strict=True):
            verdict = gone.get(record)
            said = _UNIQUE if verdict is None else _ruling(verdict)
            yield self.bench.verdict(record, origin, said)


_UNIQUE = Ruling("keep", "unique")


def _ruling(verdict: Verdict) -> Ruling:
    return Ruling(verdict.outcome, verdict.reason, verdict.score, verdict.evidence)


def _rank(settled: bool, human: Any, verified: Any, depth: Any) -> Any:
    """Human before synthetic, verified before not, shallower before deeper; earlier rounds before all."""
    seniority = np.int64(0 if settled else 1) << 40
    return seniority + ((~human).astype(np.int64) << 39) + ((~verified).astype(np.int64) << 38) + depth.astype(np.int64)


def _write_partitions(file: Any, rows: pa.Table, bounds: Sequence[int]) -> None:
    whole = rows.to_batches() or [pa.RecordBatch.from_pylist([], schema=rows.schema)]
    with pa.ipc.new_file(file, rows.schema) as writer:
        for start, end in pairwise(bounds):
            writer.write_batch(whole[0].slice(start, end - start))


def _read_partition(emitted: Emitted, partition: int) -> pa.Table:
    with pa.memory_map(str(emitted.path)) as file:
        rows = pa.Table.from_batches([pa.ipc.open_file(file).get_batch(partition)])
    return rows.append_column("shard", pa.array(np.full(rows.num_rows, emitted.shard, dtype=np.int64)))


_MEMBERS = pa.schema(
    {"record": pa.string(), "rank": pa.int64(), "protected": pa.bool_(), "shard": pa.int64()},
)
