"""One record's whole life: where it came from, what was said of it, where it ended."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.compute as pc

from sterling.errors import InputError
from sterling.ledger.trail import Stage, read_trail
from sterling.records import Record, Verdict, records_of, verdicts_of
from sterling.records.arrow import SCHEMA
from sterling.records.places import read_parquet


class Judgement(NamedTuple):
    """A verdict and the step that passed it."""

    step: str
    round: int
    verdict: Verdict


class Life(NamedTuple):
    """Everything the ledger holds of one record."""

    record: Record
    made_by: str
    """Folder of the step that it came in by."""
    judgements: tuple[Judgement, ...]
    parents: tuple[Record, ...]
    children: tuple[str, ...]
    """Ids of the records made from it."""

    @property
    def end(self) -> str:
        """Where it ended, in a few words."""
        last = self.judgements[-1] if self.judgements else None
        if last is None:
            return "not judged yet"
        if last.verdict.outcome == "drop":
            return f"dropped by {last.step}: {last.verdict.reason}"
        return "in the mix" if last.step == "mix" else f"kept so far (last step: {last.step})"

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        maker = None if self.record.maker is None else self.record.maker.to_json()
        return {
            "id": self.record.id, "origin": self.record.origin, "role": self.record.role, "depth": self.record.depth,
            "source": self.record.source, "row": self.record.row, "maker": maker, "tags": list(self.record.tags),
            "payload": dict(self.record.payload), "parents": [{"id": p.id, "row": p.row} for p in self.parents],
            "children": list(self.children), "end": self.end,
            "verdicts": [
                {"step": j.step, "round": j.round, "outcome": j.verdict.outcome, "reason": j.verdict.reason,
                 "family": j.verdict.family, "score": j.verdict.score, "evidence": dict(j.verdict.evidence)}
                for j in self.judgements
            ],
        }  # fmt: skip


def trace(run: Path, record: str) -> Life:
    """The life of the record whose id starts with `record`. InputError when there is none, or more than one."""
    _, stages = read_trail(run)
    found = _find(run, stages, record)
    judgements = tuple(_judgements(run, stages, found.record.id))
    parents = tuple(_find(run, stages, parent).record for parent in found.record.parents)
    return Life(found.record, found.folder, judgements, parents, tuple(_children(run, stages, found.record.id)))


class _Found(NamedTuple):
    record: Record
    folder: str


def _find(run: Path, stages: Sequence[Stage], prefix: str) -> _Found:
    found = {f.record.id: f for f in _starting(run, stages, prefix)}
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        mend = "ids are in the release's data/ and rejected/; --run names another run"
        raise InputError(f"no record of this run has an id that starts with {prefix!r}", where=run, mend=mend)
    raise InputError(f"{len(found)} records have ids that start with {prefix!r}", mend="give more of the id")


def _starting(run: Path, stages: Sequence[Stage], prefix: str) -> Iterator[_Found]:
    for stage, path in _files(run, stages, "records"):
        ids = read_parquet(path, columns=["id"])["id"]
        if pc.any(pc.starts_with(ids, pattern=prefix)).as_py():
            table = read_parquet(path, schema=SCHEMA)
            for batch in table.filter(pc.starts_with(table["id"], pattern=prefix)).to_batches():
                yield from (_Found(record, stage.folder) for record in records_of(batch))


def _judgements(run: Path, stages: Sequence[Stage], record: str) -> Iterator[Judgement]:
    for stage, path in _files(run, stages, "verdicts"):
        table = read_parquet(path, filters=[("record", "=", record)])
        yield from (Judgement(stage.name, stage.walk, verdict) for verdict in verdicts_of(table))


def _children(run: Path, stages: Sequence[Stage], record: str) -> Iterator[str]:
    for stage, path in _files(run, stages, "records"):
        if stage.kind == "generate":
            table = read_parquet(path, columns=["id", "parents"])
            rows = zip(table["id"].to_pylist(), table["parents"].to_pylist(), strict=True)
            yield from (child for child, parents in rows if record in parents)


def _files(run: Path, stages: Sequence[Stage], kind: str) -> Iterator[tuple[Stage, Path]]:
    for stage in stages:
        for path in sorted((run / stage.folder / kind).glob("shard-*.parquet")):
            yield stage, path
