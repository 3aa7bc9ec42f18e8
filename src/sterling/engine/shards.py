"""`Shard`: some records and every verdict that was passed on them, side by side and in the same order."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sterling.records import SCHEMA, VERDICT_SCHEMA, VERIFYING
from sterling.records.places import open_parquet, read_parquet
from sterling.registry import Made


@dataclass(frozen=True, slots=True)
class Shard:
    """Records of one file, and the verdict files that judge them. Dropped ones stay in the file."""

    number: int
    records: Path
    verdicts: tuple[Path, ...] = ()
    told: int | None = None
    """Records of its file, where whoever made it says so."""

    def size(self) -> int:
        """Records of its file."""
        return open_parquet(self.records).metadata.num_rows if self.told is None else self.told

    def judged(self, verdicts: Path) -> "Shard":
        """The same records after one more check."""
        return replace(self, verdicts=(*self.verdicts, verdicts))


class Standing(NamedTuple):
    """What still stands of a shard."""

    batch: pa.RecordBatch
    """Of `records.SCHEMA`: the rows that no verdict dropped."""
    verified: npt.NDArray[np.bool_]
    """For each row whether some verdict verifies it."""
    rows: npt.NDArray[np.int64]
    """For each row its index in the file."""


class Left(NamedTuple):
    """What still stands of a shard, whoever verified it."""

    batch: pa.RecordBatch
    rows: npt.NDArray[np.int64]
    """For each row its index in the file."""


def standing(shard: Shard, columns: Sequence[str] | None = None) -> Standing:
    """Read a shard and leave out what its verdicts dropped. Of `columns`, with `id` among them, or of all."""
    batch, rows = left(shard, columns)
    mask = np.zeros(batch.num_rows, np.bool_)
    for found in filter(len, map(_verified, shard.verdicts)):
        mask |= pc.is_in(batch.column("id"), value_set=found).to_numpy(zero_copy_only=False)
    return Standing(batch, mask, rows)


def left(shard: Shard, columns: Sequence[str] | None = None) -> Left:
    """The same for who does not ask what is verified.

    Each step judges every record that the steps before it left, so the last verdicts name all that still stand.
    """
    batch = read_batch(shard.records, columns)
    if not shard.verdicts:
        return Left(batch, np.arange(batch.num_rows))
    alive = pc.is_in(batch.column("id"), value_set=survivors(shard.verdicts[-1]))
    rows = np.flatnonzero(alive.to_numpy(zero_copy_only=False))
    return Left(batch if len(rows) == batch.num_rows else batch.take(pa.array(rows)), rows)


def fates(shard: Shard, source: str) -> Iterator[Made]:
    """What became of each record that one strategy entry made."""
    columns = ["id", "row", "source", "parents", "tags"]
    table = read_parquet(shard.records, columns=columns)
    mine = table.filter(pc.equal(table["source"], source))
    gone = frozenset(chain.from_iterable(_dropped(path).to_pylist() for path in shard.verdicts))
    verified = frozenset(chain.from_iterable(_verified(path).to_pylist() for path in shard.verdicts))
    for row in mine.to_pylist():
        id_ = row["id"]
        yield Made(id_, row["row"], tuple(row["parents"]), tuple(row["tags"]), id_ not in gone, id_ in verified)


def scores(shard: Shard, check: str) -> Mapping[str, float]:
    """Record's id to the score that a check gave it, where it gave one."""
    found: dict[str, float] = {}
    for path in shard.verdicts:
        table = read_parquet(path, columns=["record", "check", "score"])
        mine = table.filter(pc.and_(pc.equal(table["check"], check), pc.is_valid(table["score"])))
        found |= zip(mine["record"].to_pylist(), mine["score"].to_pylist(), strict=True)
    return found


def read_batch(path: Path, columns: Sequence[str] | None = None) -> pa.RecordBatch:
    """One file of records as one batch: of `records.SCHEMA`, or of some of its columns."""
    schema = SCHEMA if columns is None else pa.schema([SCHEMA.field(name) for name in dict.fromkeys(columns)])
    table = open_parquet(path).read(schema.names, use_threads=False).select(schema.names)
    ours = table if table.schema.equals(schema) else table.cast(schema)
    batches = ours.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=schema)


def read_verdicts(path: Path) -> pa.Table:
    """One file of verdicts."""
    return open_parquet(path).read(use_threads=False)


def survivors(path: Path) -> pa.Array:
    """Ids of those whom one file of verdicts leaves."""
    table = open_parquet(path).read(["record", "outcome"], use_threads=False)
    return table["record"].filter(pc.not_equal(table["outcome"], "drop")).combine_chunks()


def tally(verdicts: pa.Table) -> dict[str, dict[str, int]]:
    """How many of each reason by outcome: `{"drop": {"survived": 3}}`."""
    said = pc.value_counts(pc.binary_join_element_wise(verdicts["outcome"], verdicts["reason"], "\t"))
    counts = ((*one["values"].split("\t", 1), one["counts"]) for one in said.to_pylist())
    return total({outcome: {reason: n}} for outcome, reason, n in counts)


def total(tallies: Iterable[dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    """The sum of tallies."""
    counts: dict[str, Counter[str]] = {}
    for one in tallies:
        for outcome, reasons in one.items():
            counts.setdefault(outcome, Counter()).update(reasons)
    return {outcome: dict(sorted(reasons.items())) for outcome, reasons in sorted(counts.items())}


def _dropped(path: Path) -> pa.Array:
    """Ids of those whom one file of verdicts drops."""
    table = open_parquet(path).read(["record", "outcome"], use_threads=False)
    return table["record"].filter(pc.equal(table["outcome"], "drop")).combine_chunks()


def _verified(path: Path) -> pa.Array:
    """Ids of those whom one file of verdicts verifies. A file of a check that never does is not read."""
    file = open_parquet(path)
    if not any(_may_verify(file.metadata.row_group(at)) for at in range(file.num_row_groups)):
        return pa.array([], pa.string())
    table = file.read(["record", "outcome", "family"], use_threads=False)
    trusted = pc.is_in(table["family"], value_set=pa.array(sorted(VERIFYING)))
    return table["record"].filter(pc.and_(pc.equal(table["outcome"], "keep"), trusted)).combine_chunks()


def _may_verify(group: pq.RowGroupMetaData) -> bool:
    """Whether the family of some verdict of a row group may be one that verifies, by its least and greatest."""
    said = group.column(VERDICT_SCHEMA.get_field_index("family")).statistics
    one = said is not None and said.has_min_max and said.min == said.max
    return not one or said.min in VERIFYING
