"""The first steps: read the anchor, give each record its role, set aside what is not for training."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sterling.engine.apply import summed
from sterling.engine.judge import write_verdicts
from sterling.engine.produce import LEAST, Gather, chunks, growing
from sterling.engine.shards import Shard, left
from sterling.engine.step import Step
from sterling.pipeline.job import Assignment, Job, asks, perform
from sterling.recipes import Recipe
from sterling.records import Fault, Record, Verdict, canonical_json, text_of
from sterling.registry import Source
from sterling.sources.anchor import anchor_records

PREVIEW_ROWS = 2_000
"""A preview reads no more of an anchor than this, and takes from it the records with the fullest reference."""


def read_anchors(job: Job) -> tuple[Shard, ...]:
    """Every anchor as shards, numbered through."""
    shards: list[Shard] = []
    for source in job.recipe.anchor:
        shards += _read(job, source, first=len(shards))
    return tuple(shards)


def cut_roles(job: Job, anchors: tuple[Shard, ...]) -> tuple[Shard, ...]:
    """A verdict for each record: `train` goes on, the other roles are set aside."""
    given = Assignment("roles", "roles", "roles", {}, job.trail.addresses, units=len(anchors))
    step, _ = perform(job, given, lambda step: summed(job.use.crew.map(SetAside(step), anchors, len(anchors))))
    return tuple(shard.judged(step.part("verdicts", shard.number)) for shard in anchors)


@dataclass(frozen=True, slots=True)
class SetAside:
    """Only role `train` seeds generation and enters the mix."""

    step: Step

    def __call__(self, shard: Shard) -> dict[str, Any]:
        """Commit one shard unless it is finished. Returns its marker."""
        return self.step.once(shard.number, lambda: self._set_aside(shard))

    def _set_aside(self, shard: Shard) -> dict[str, Any]:
        batch = left(shard, ("id", "role")).batch
        rows = zip(batch.column("id").to_pylist(), batch.column("role").to_pylist(), strict=True)
        return write_verdicts(self.step, shard.number, [_role_verdict(record, role) for record, role in rows], [])


def _role_verdict(record: str, role: str) -> Verdict:
    return Verdict(record, "keep" if role == "train" else "drop", "roles", f"role_{role}", "policy")


def _read(job: Job, source: Source, first: int) -> list[Shard]:
    shares = job.recipe.roles.shares
    facts = dict(source.facts())
    rows = "growing" if grows(job.recipe) else rows_per_shard(job.recipe)
    question = asks(source, roles=dict(shares), rows=rows, limit=job.preview, facts=facts)
    given = Assignment("anchor", source.name, f"anchor-{source.name}", question, [])
    found = anchor_records(source, shares)
    chosen = found if job.preview is None else _telling(found, job.preview)
    step, summary = perform(job, given, lambda step: _gather(job, step, chosen) | {"facts": facts})
    return made_by(step, summary, first)


def grows(recipe: Recipe) -> bool:
    """Whether shards of an anchor grow: where nothing but statistics judges. A killed run repeats its last shards, and
    what was asked or run is too dear for that."""
    return recipe.engine.shard_rows is None and all(check.part.family == "statistics" for check in recipe.checks)


def rows_per_shard(recipe: Recipe) -> int:
    """Records of a shard that does not grow."""
    return recipe.engine.shard_rows or LEAST


def made_by(step: Step, summary: Mapping[str, Any], first: int) -> list[Shard]:
    """The shards of records that a step made, the first of them with this number."""
    return [Shard(first + n, step.part("records", n), told=size) for n, size in enumerate(summary["sizes"])]


def _telling(found: Iterator[Record | Fault], count: int) -> Iterator[Record]:
    """A few train records for a preview, in the order of the source."""
    records = [r for r in islice(found, PREVIEW_ROWS) if isinstance(r, Record) and r.role == "train"]
    fullest = sorted(records, key=lambda record: -len(canonical_json(record.reference)))[:count]
    return iter(sorted(fullest, key=records.index))


def _gather(job: Job, step: Step, found: Iterator[Record | Fault]) -> dict[str, Any]:
    gather = Gather(step)
    markers = []
    cut = growing(found, _length) if grows(job.recipe) else chunks(found, rows_per_shard(job.recipe))
    for number, chunk in cut:
        markers.append(gather(number, chunk))
        job.use.watch.advance(len(chunk))
    return gathered(markers)


def _length(found: Record | Fault) -> int:
    return len(text_of(found)) if isinstance(found, Record) else 0


def gathered(markers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The markers of shards of records as one."""
    roles: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for marker in markers:
        roles.update(marker["roles"])
        reasons.update(marker["reasons"])
    return {
        "shards": len(markers),
        "records": sum(m["records"] for m in markers),
        "sizes": [m["records"] for m in markers],
        "faults": sum(m["faults"] for m in markers),
        "roles": dict(sorted(roles.items())),
        "reasons": dict(sorted(reasons.items())),
        "unseen": _unseen(markers),
        "owed": sorted(owed for marker in markers for owed in marker["owed"]),
    }


def _unseen(markers: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the shards' records say of characters that nobody sees: by tag, how many records, and where first."""
    found: dict[str, dict[str, Any]] = {}
    for marker in markers:
        for tag, told in marker.get("unseen", {}).items():
            before = found.get(tag, {"records": 0, "first": []})
            found[tag] = {
                "records": before["records"] + told["records"], "first": [*before["first"], *told["first"]][:3],
            }  # fmt: skip
    return dict(sorted(found.items()))
