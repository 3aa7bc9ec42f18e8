"""A few records to look at: what was kept of each strategy, and what each check dropped for each reason."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, read_batch
from sterling.records import Record, Verdict, canonical_json, message_text, records_of, verdicts_of
from sterling.records.places import read_parquet
from sterling.records.record import PAYLOAD_KEYS
from sterling.release import redact
from sterling.report.model import Sample

KEPT_EACH, DROPPED_EACH, MOST_SHARDS, LONGEST = 2, 1, 40, 4_000


class _Candidate(NamedTuple):
    record: Record
    verdicts: tuple[Verdict, ...]

    @property
    def dropped(self) -> Verdict | None:
        last = self.verdicts[-1] if self.verdicts else None
        return last if last is not None and last.outcome == "drop" else None

    @property
    def cell(self) -> tuple[str, ...]:
        """What it is an example of."""
        entry = "anchor" if self.record.maker is None else self.record.source
        return (entry, self.dropped.check, self.dropped.reason) if self.dropped else (entry,)


def samples(shards: Sequence[Shard], most: int | None = None) -> tuple[Sample, ...]:
    """The records with the smallest ids of each kind: the same ones on every run, and no one's choice.

    Looks at no more than 40 shards, spread over the run. Records set aside by role are not shown. `most` of each kind
    are shown, with every column where a row was made of columns; 2 of what was kept and 1 of what was dropped if it is
    not said.
    """
    cells: dict[tuple[str, ...], list[_Candidate]] = {}
    step = max(1, -(-len(shards) // MOST_SHARDS))
    for shard in shards[::step]:
        for candidate in _candidates(shard, most):
            if candidate.dropped is None or candidate.dropped.check != "roles":
                _offer(cells.setdefault(candidate.cell, []), candidate, most)
    return tuple(_sample(one, whole=most is not None) for _, found in sorted(cells.items()) for one in found)


def without_rejected_text(shown: Sequence[Sample]) -> tuple[Sample, ...]:
    """The same samples as they may leave the house: of a dropped record its reasons stay, its text does not."""
    return tuple(_without_text(sample) if sample.fate == "dropped" else sample for sample in shown)


def _without_text(sample: Sample) -> Sample:
    text = "\n".join(sample.parts.values())
    verdicts = (dict(verdict) | {"evidence": redact(verdict["evidence"], text)} for verdict in sample.verdicts)
    return replace(sample, parts={}, verdicts=tuple(verdicts))


def _offer(best: list[_Candidate], candidate: _Candidate, most: int | None) -> None:
    best.append(candidate)
    best.sort(key=lambda c: c.record.id)
    del best[most or (DROPPED_EACH if candidate.dropped else KEPT_EACH) :]


def _candidates(shard: Shard, most: int | None) -> Iterator[_Candidate]:
    """Records of a shard among which are the ones with the smallest ids of each kind."""
    batch, verdicts = read_batch(shard.records), [read_parquet(path) for path in shard.verdicts]
    mine = batch.take(pa.array(_least(batch, verdicts, most or max(KEPT_EACH, DROPPED_EACH)), pa.int64()))
    said: dict[str, list[Verdict]] = {}
    for table in verdicts:
        for verdict in verdicts_of(table.filter(pc.is_in(table["record"], value_set=mine.column("id")))):
            said.setdefault(verdict.record, []).append(verdict)
    for record in records_of(mine):
        yield _Candidate(record, tuple(said.get(record.id, ())))


def _least(batch: pa.RecordBatch, verdicts: Sequence[pa.Table], most: int) -> list[int]:
    """Rows of the smallest ids of each source and fate, so many of each."""
    gone: dict[str, tuple[str, ...]] = {}
    for table in verdicts:
        told = table.filter(pc.equal(table["outcome"], "drop"))
        columns = (told[name].to_pylist() for name in ("record", "check", "reason"))
        gone |= {record: tuple(why) for record, *why in zip(*columns, strict=True)}
    found: dict[tuple[str, ...], list[int]] = {}
    ids, sources = batch.column("id").to_pylist(), batch.column("source").to_pylist()
    for row in sorted(range(len(ids)), key=ids.__getitem__):
        mine = found.setdefault((sources[row], *gone.get(ids[row], ())), [])
        if len(mine) < most:
            mine.append(row)
    return [row for rows in found.values() for row in rows]


def _sample(candidate: _Candidate, *, whole: bool) -> Sample:
    record = candidate.record
    return Sample(
        record.id, "dropped" if candidate.dropped else "kept", record.origin,
        None if record.maker is None else record.maker.strategy, _parts(record, whole=whole), record.parents,
        tuple(_plain(verdict) for verdict in candidate.verdicts),
    )  # fmt: skip


def _parts(record: Record, *, whole: bool) -> dict[str, str]:
    """What a trainer would read, and the columns that it was made of."""
    columns = {"columns": (record.reference or {}).get("columns")} if whole else {}
    shown = {key: record.payload.get(key) for key in PAYLOAD_KEYS} | columns
    return {key: _text(value)[:LONGEST] for key, value in shown.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(f"{m.get('role', '?')}: {message_text(m)}" for m in value if isinstance(m, dict))
    if isinstance(value, dict):
        return "\n".join(
            f"{name}: {one if isinstance(one, str) else canonical_json(one)}" for name, one in value.items()
        )
    return str(value)


def _plain(verdict: Verdict) -> dict[str, Any]:
    return {
        "check": verdict.check, "outcome": verdict.outcome, "reason": verdict.reason, "score": verdict.score,
        "evidence": dict(verdict.evidence),
    }  # fmt: skip
