"""One record's whole life: where it came from, what was said of it, where it ended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
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
    kept: Mapping[str, Record]
    """Records of this run that stay in its place, as verdicts on it say (`kept`), by id."""

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
            "kept": [{"id": k.id, "source": k.source, "row": k.row, "payload": dict(k.payload)}
                     for k in self.kept.values()],
            "verdicts": [
                {"step": j.step, "round": j.round, "outcome": j.verdict.outcome, "reason": j.verdict.reason,
                 "family": j.verdict.family, "score": j.verdict.score, "evidence": dict(j.verdict.evidence)}
                for j in self.judgements
            ],
        }  # fmt: skip


def trace(run: Path, record: str) -> Life:
    """The life of one record: its id or the beginning of that, or its row, or `source:row`, as they were read.

    What is equal to a row goes before what is only the beginning of an id. InputError when there is none, or more than
    one.
    """
    _, stages = read_trail(run)
    found = _find(run, stages, record)
    judgements = tuple(_judgements(run, stages, found.record.id))
    stand_in = [str(j.verdict.evidence["kept"]) for j in judgements if "kept" in j.verdict.evidence]
    near = _with_ids(run, stages, {*found.record.parents, *stand_in})
    parents = tuple(near[parent] for parent in found.record.parents)
    kept = {one: near[one] for one in stand_in if one in near}
    return Life(found.record, found.folder, judgements, parents, tuple(_children(run, stages, found.record.id)), kept)


class _Found(NamedTuple):
    record: Record
    folder: str


def _find(run: Path, stages: Sequence[Stage], name: str) -> _Found:
    found: dict[str, _Found] = {}
    for one in _called(run, stages, name):  # what is inherited may be written once more, and dropped as a duplicate
        found.setdefault(one.record.id, one)
    rows = {id_: f for id_, f in found.items() if name in {id_, *_names(f.record)}}
    found = rows or found
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        what = f"no record of this run has an id that starts with {name!r}, and none has it as row, or as source:row"
        mend = "ids are in the release's data/ and rejected/, rows in your own file; --run names another run"
        raise InputError(what, where=run, mend=mend)
    if rows:
        said = ", ".join(f"{id_[:12]} ({f.record.source}, {f.folder})" for id_, f in [*rows.items()][:5])
        what = f"{len(rows)} records have the row {name!r}: {said}"
        raise InputError(what, mend="give source:row, or one of the ids")
    raise InputError(f"{len(found)} records have ids that start with {name!r}", mend="give more of the id")


def _names(record: Record) -> tuple[str, str, str]:
    """What its owner may call a record; the last is how `where` in rejected/ says it."""
    return record.row, f"{record.source}:{record.row}", f"{record.source}: {record.row}"


def _called(run: Path, stages: Sequence[Stage], name: str) -> Iterator[_Found]:
    """Records whose id begins so, or whose row, with or without its source, is this."""
    for stage, path in _files(run, stages, "records"):
        table = read_parquet(path, columns=["id", "source", "row"])
        mask = pc.or_(pc.starts_with(table["id"], pattern=name), pc.equal(table["row"], name))
        for colon in (":", ": "):
            joined = pc.binary_join_element_wise(table["source"], table["row"], colon)
            mask = pc.or_(mask, pc.equal(joined, name))
        if pc.any(mask).as_py():
            whole = read_parquet(path, schema=SCHEMA)
            for batch in whole.filter(mask).to_batches():
                yield from (_Found(record, stage.folder) for record in records_of(batch))


def _with_ids(run: Path, stages: Sequence[Stage], ids: Iterable[str]) -> dict[str, Record]:
    """The records of the run that have these ids."""
    wanted = pa.array(sorted(ids), pa.string())
    found: dict[str, Record] = {}
    for _, path in _files(run, stages, "records") if len(wanted) else ():
        if pc.any(pc.is_in(read_parquet(path, columns=["id"])["id"], wanted)).as_py():
            whole = read_parquet(path, schema=SCHEMA)
            for batch in whole.filter(pc.is_in(whole["id"], wanted)).to_batches():
                found.update((record.id, record) for record in records_of(batch))
    return found


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
