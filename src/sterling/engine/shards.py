"""`Shard`: some records and every verdict that was passed on them, side by side and in the same order."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sterling.records import SCHEMA, VERIFYING
from sterling.registry import Made


@dataclass(frozen=True, slots=True)
class Shard:
    """Records of one file, and the verdict files that judge them. Dropped ones stay in the file."""

    number: int
    records: Path
    verdicts: tuple[Path, ...] = ()

    def judged(self, verdicts: Path) -> "Shard":
        """The same records after one more check."""
        return replace(self, verdicts=(*self.verdicts, verdicts))


class Standing(NamedTuple):
    """What still stands of a shard."""

    batch: pa.RecordBatch
    """Of `records.SCHEMA`: the rows that no verdict dropped."""
    verified: npt.NDArray[np.bool_]
    """For each row whether some verdict verifies it."""


def standing(shard: Shard) -> Standing:
    """Read a shard and leave out what its verdicts dropped."""
    batch = read_batch(shard.records)
    ids = batch.column("id")
    gone, verified = _judgements(shard.verdicts)
    alive = pc.invert(pc.is_in(ids, value_set=gone)) if len(gone) else None
    kept = batch if alive is None else batch.filter(alive)
    mask = pc.is_in(kept.column("id"), value_set=verified)
    return Standing(kept, mask.to_numpy(zero_copy_only=False).astype(bool))


def fates(shard: Shard, source: str) -> Iterator[Made]:
    """What became of each record that one strategy entry made."""
    columns = ["id", "row", "source", "parents", "tags"]
    table = pq.read_table(shard.records, columns=columns, memory_map=False)
    mine = table.filter(pc.equal(table["source"], source))
    gone, verified = (frozenset(found.to_pylist()) for found in _judgements(shard.verdicts))
    for row in mine.to_pylist():
        id_ = row["id"]
        yield Made(id_, row["row"], tuple(row["parents"]), tuple(row["tags"]), id_ not in gone, id_ in verified)


def scores(shard: Shard, check: str) -> Mapping[str, float]:
    """Record's id to the score that a check gave it, where it gave one."""
    found: dict[str, float] = {}
    for path in shard.verdicts:
        table = pq.read_table(path, columns=["record", "check", "score"], memory_map=False)
        mine = table.filter(pc.and_(pc.equal(table["check"], check), pc.is_valid(table["score"])))
        found |= zip(mine["record"].to_pylist(), mine["score"].to_pylist(), strict=True)
    return found


def read_batch(path: Path) -> pa.RecordBatch:
    """One file of records as one batch."""
    table = pq.read_table(path, schema=SCHEMA, memory_map=False).combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=SCHEMA)


def read_verdicts(path: Path) -> pa.Table:
    """One file of verdicts."""
    return pq.read_table(path, memory_map=False)


def tally(verdicts: pa.Table) -> dict[str, dict[str, int]]:
    """How many of each reason by outcome: `{"drop": {"survived": 3}}`."""
    counts: dict[str, Counter[str]] = {}
    for outcome, reason in zip(verdicts["outcome"].to_pylist(), verdicts["reason"].to_pylist(), strict=True):
        counts.setdefault(outcome, Counter())[reason] += 1
    return {outcome: dict(sorted(reasons.items())) for outcome, reasons in sorted(counts.items())}


def total(tallies: Iterable[dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    """The sum of tallies."""
    counts: dict[str, Counter[str]] = {}
    for one in tallies:
        for outcome, reasons in one.items():
            counts.setdefault(outcome, Counter()).update(reasons)
    return {outcome: dict(sorted(reasons.items())) for outcome, reasons in sorted(counts.items())}


def _judgements(paths: Iterable[Path]) -> tuple[pa.Array, pa.Array]:
    gone, verified = [_NONE], [_NONE]
    for path in paths:
        table = pq.read_table(path, columns=["record", "outcome", "family"])
        record, outcome = table["record"], table["outcome"]
        gone.append(record.filter(pc.equal(outcome, "drop")).combine_chunks())
        trusted = pc.is_in(table["family"], value_set=pa.array(sorted(VERIFYING)))
        verified.append(record.filter(pc.and_(pc.equal(outcome, "keep"), trusted)).combine_chunks())
    return pa.concat_arrays(gone), pa.concat_arrays(verified)


_NONE = pa.array([], pa.string())
