"""A run's shards as the streams that a release is written from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, read_batch, standing
from sterling.ledger import Stage
from sterling.mix import END, MAIN
from sterling.pipeline.mixing import mix_verdicts
from sterling.records import canonical_json, records_of, texts
from sterling.records.places import read_parquet
from sterling.release import REJECTED_INPUT, Configuration

SHOWN = 80
"""Characters of a fault's message that leave the house: it is our own, but may quote a column or a value."""


def corpora(anchors: Sequence[Shard], chosen: Sequence[Shard]) -> Mapping[str, Iterator[str]]:
    """Texts of what diversity is measured on: the human part of the anchor, the synthetic part of the mix, the mix."""
    return {
        "anchor": _texts(anchors, lambda batch: pc.equal(batch.column("origin"), "human")),
        "synthetic": _texts(chosen, lambda batch: pc.not_equal(batch.column("origin"), "human")),
        "mixture": _texts(chosen, None),
    }


def configurations(
    shards: Sequence[Shard], formats: Sequence[Mapping[str, Any]], *, ends: bool = False
) -> list[Configuration]:
    """One configuration a format; plain and conversational records of one format stay apart.

    `ends`: the mix has an end that is real alone. Its records come last, and a column `phase` says which they are.
    """
    names = [entry["format"] for entry in formats]
    return [
        Configuration(
            entry["format"] if names.count(entry["format"]) == 1 else _told_apart(entry),
            partial(_released, shards, entry["format"], entry["conversational"], ends),
        )
        for entry in formats
    ]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Every dropped record and every fault, as `release.REJECTED_INPUT` wants it."""

    stages: tuple[Stage, ...]
    run: Path
    shards: Sequence[Shard]

    def __call__(self) -> Iterator[pa.Table]:
        """One table a shard, then one for each step's faults."""
        labels = {self.run / stage.folder: _label(stage) for stage in self.stages}
        for shard in self.shards:
            rows = list(_dropped(shard, labels))
            if rows:
                yield pa.Table.from_pylist(rows, schema=REJECTED_INPUT)
        for stage in (s for s in self.stages if s.kind in {"anchor", "generate"}):
            for path in sorted((self.run / stage.folder / "faults").glob("shard-*.parquet")):
                yield pa.Table.from_pylist(list(_faulty(path, _label(stage))), schema=REJECTED_INPUT)


def _label(stage: Stage) -> str:
    kind = "check" if stage.kind == "recheck" else stage.kind
    return kind if kind in {"roles", "mix", "release"} else f"{kind}:{stage.name}"


def _told_apart(entry: Mapping[str, Any]) -> str:
    return f"{entry['format']}_{'conversational' if entry['conversational'] else 'plain'}"


def _texts(shards: Sequence[Shard], which: Callable[[pa.RecordBatch], pa.Array] | None) -> Iterator[str]:
    for shard in shards:
        batch = standing(shard).batch
        yield from texts(batch if which is None else batch.filter(which(batch)))


def _released(shards: Sequence[Shard], form: str, conversational: bool, ends: bool) -> Iterator[pa.RecordBatch]:
    for phase in (MAIN, END) if ends else (None,):
        for shard in shards:
            chosen = _chosen(shard, form, conversational)
            if phase is not None:
                chosen = chosen.filter(pc.equal(chosen.column("phase"), phase))
            else:
                chosen = chosen.drop_columns(["phase"])
            if chosen.num_rows:
                yield chosen


def _chosen(shard: Shard, form: str, conversational: bool) -> pa.RecordBatch:
    """What the mix chose of a shard, with `weight` (the score of its verdict) and `phase`."""
    batch = standing(shard).batch
    mine = pc.and_(pc.equal(batch.column("format"), form), pc.equal(batch.column("conversational"), conversational))
    chosen = batch.filter(mine)
    mix = mix_verdicts(shard, ("record", "score", "evidence"))
    said = mix.take(pc.index_in(chosen.column("id"), value_set=mix["record"].combine_chunks())).combine_chunks()
    evidence = said["evidence"].combine_chunks()
    phase = pc.if_else(pc.equal(evidence, "{}"), MAIN, END).cast(pa.int32())
    return chosen.append_column("weight", said["score"].combine_chunks()).append_column("phase", phase)


def _dropped(shard: Shard, labels: Mapping[Path, str]) -> Iterator[dict[str, Any]]:
    known = None
    for path in shard.verdicts:
        drops = read_parquet(path, filters=[("outcome", "=", "drop")]).to_pylist()
        if drops and known is None:
            known = {record.id: record for record in records_of(read_batch(shard.records))}
        for drop in drops:
            record = (known or {})[drop["record"]]
            # A record set aside by role must not leave the house by this door.
            payload = None if drop["check"] == "roles" else canonical_json(record.payload)
            yield {
                "id": record.id, "where": f"{record.source}: {record.row}", "step": labels[path.parent.parent],
                "check": drop["check"], "reason": drop["reason"], "score": drop["score"],
                "evidence": drop["evidence"], "payload": payload,
            }  # fmt: skip


def _faulty(path: Path, step: str) -> Iterator[dict[str, Any]]:
    """Rows and tasks that yielded no record. Faults of checks are drops already, and told as such."""
    for fault in read_parquet(path).to_pylist():
        message = fault["message"] if len(fault["message"]) <= SHOWN else f"{fault['message'][: SHOWN - 1]}…"
        evidence = {"boundary": fault["boundary"], "message": message, "attempts": fault["attempts"]}
        yield {
            "id": None, "where": fault["where"], "step": step, "check": None, "reason": fault["reason"],
            "score": None, "evidence": canonical_json(evidence), "payload": None,
        }  # fmt: skip
