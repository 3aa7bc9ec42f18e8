"""The middle of the way: the anchor is checked, then rounds of generation and checks walk the same way."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import pyarrow.compute as pc

from sterling.engine.apply import Pool, apply
from sterling.engine.produce import Chunk, Propose, chunks
from sterling.engine.shards import Shard, standing
from sterling.engine.step import Step
from sterling.errors import SourceError
from sterling.pipeline.anchoring import gathered
from sterling.pipeline.calibrating import measured_in, seeds_of
from sterling.pipeline.job import Assignment, Job, asks, fit_context, perform
from sterling.recipes import Entry
from sterling.records import Record, records_of
from sterling.registry import Check, FitContext, Past, RecordCheck, Strategy, Task

TASKS_PER_SHARD = 200
"""A task may run code or ask a model, so a shard of them is smaller than one of plain records."""


class Walked(NamedTuple):
    """Every shard that has been through the checks."""

    anchors: tuple[Shard, ...]
    made: tuple[Shard, ...]

    @property
    def shards(self) -> tuple[Shard, ...]:
        """All of them, the anchor first."""
        return (*self.anchors, *self.made)


def walk(job: Job, anchors: tuple[Shard, ...]) -> Walked:
    """Check the anchor, then generate and check until every strategy has its count or its rounds are used up."""
    walked = Walked(check_round(job, anchors, Pool(anchors), 0), ())
    for number in range(1, 1 + max((e.part.rounds for e in job.recipe.generate), default=0)):
        made = _generate_round(job, walked, number)
        if not made:
            break
        judged = check_round(job, anchors, Pool(made, walked.shards), number)
        walked = Walked(walked.anchors, (*walked.made, *judged))
    return walked


def check_round(job: Job, anchors: Sequence[Shard], pool: Pool, number: int) -> tuple[Shard, ...]:
    """The recipe's checks in its order, over the records of one round."""
    context = fit_context(anchors)
    settled, new = list(pool.settled), tuple(pool.new)
    for position, entry in enumerate(job.recipe.checks):
        name = f"check-{entry.name}" if number == 0 else f"check-{entry.name}-round{number}"
        question = asks(entry.part, position=position, **_measure(job, entry.part, number))
        given = Assignment("check", entry.name, name, question, job.trail.addresses, number, len(new))
        work = partial(_check, job, entry, new, settled, context, number)
        step, _ = perform(job, given, work)
        new = tuple(shard.judged(step.part("verdicts", shard.number)) for shard in new)
    return new


def _check(
    job: Job, entry: Entry[Check], new: Sequence[Shard], settled: Sequence[Shard], context: FitContext, number: int,
    step: Step,
) -> dict[str, Any]:  # fmt: skip
    anchors = new if number == 0 else settled
    gold = seeds_of(job, entry, context, anchors, new) if number == measured_in(job) else ()
    return apply(entry.name, entry.part, step, Pool(new, settled, gold), context, job.use)


def _measure(job: Job, check: Check, number: int) -> dict[str, Any]:
    """What decides which gold is mixed in, as far as the check's own options do not say it."""
    makes = isinstance(check, RecordCheck) and check.near_misses and number == measured_in(job)
    return {"gold_seed": job.recipe.seed} if makes else {}


def _generate_round(job: Job, walked: Walked, number: int) -> tuple[Shard, ...]:
    verified = frozenset(_verified(walked.anchors))
    inputs = job.trail.addresses
    first = len(walked.shards)
    made: list[Shard] = []
    for entry in job.recipe.generate:
        if number <= entry.part.rounds:
            past = _past(job, entry, walked, number, verified)
            if entry.part.count is None or past.kept < entry.part.count or number == 1:
                made += _generate(job, entry, walked, past, inputs, first + len(made))
    return tuple(made)


def _generate(
    job: Job, entry: Entry[Strategy], walked: Walked, past: Past, inputs: list[str], first: int
) -> list[Shard]:
    question = asks(entry.part, seed=job.recipe.seed, round=past.round, limit=job.preview, entry=entry.name)
    folder = f"generate-{entry.name}-round{past.round}"
    most = _most(job, entry, past)
    units = None if most is None else -(-most // _tasks_per_shard(job))
    given = Assignment("generate", entry.name, folder, question, inputs, past.round, units)
    step, summary = perform(job, given, partial(_ask, job, entry, walked, past))
    return [Shard(first + n, step.part("records", n)) for n in range(summary["shards"])]


def _ask(job: Job, entry: Entry[Strategy], walked: Walked, past: Past, step: Step) -> dict[str, Any]:
    tasks = islice(entry.part.tasks(_seeds(entry, walked), past, job.recipe.seed), _most(job, entry, past))
    markers = list(_propose(job, Propose(step, entry.part, entry.name), tasks))
    _refuse_bad_rows(entry, markers)
    return gathered(markers)


def _most(job: Job, entry: Entry[Strategy], past: Past) -> int | None:
    """Tasks that are asked at most: a strategy need not count by itself."""
    wanted = None if entry.part.count is None else max(0, entry.part.count - past.kept)
    return min((n for n in (wanted, job.preview) if n is not None), default=None)


def _refuse_bad_rows(entry: Entry[Strategy], markers: Sequence[Mapping[str, Any]]) -> None:
    """The same rule as for a source: a mistake in the mapping must not pass for an empty file."""
    bad, every = sum(m["bad_rows"] for m in markers), sum(m["records"] + m["faults"] for m in markers)
    cut = entry.part.max_bad_share < 1 and any("truncated" in marker["reasons"] for marker in markers)
    if cut or bad > entry.part.max_bad_share * every:
        first = [said for marker in markers for said in marker["first_bad"]][:3]
        raise SourceError(
            f"{bad:,} of {every:,} rows of `{entry.name}` are bad{', and the file is cut off' if cut else ''}; "
            f"max_bad_share is {entry.part.max_bad_share:g}:\n    " + "\n    ".join(first),
            mend="correct the rows or `columns:`, or raise `max_bad_share`",
        )


def _propose(job: Job, propose: Propose, tasks: Iterator[Task]) -> Iterator[dict[str, Any]]:
    units = (Chunk(number, chunk) for number, chunk in chunks(tasks, _tasks_per_shard(job)))
    for marker in job.use.crew.map(propose, units):
        job.use.watch.advance(marker["records"])
        yield marker


def _tasks_per_shard(job: Job) -> int:
    return min(TASKS_PER_SHARD, job.recipe.engine.shard_rows)


def _seeds(entry: Entry[Strategy], walked: Walked) -> Iterator[Record]:
    """Train records of the anchor that the entry names, shard by shard."""
    for shard in walked.anchors:
        for record in records_of(standing(shard).batch):
            if entry.part.seeds is None or record.source == entry.part.seeds:
                yield record


def _verified(anchors: Sequence[Shard]) -> Iterator[str]:
    for shard in anchors:
        batch, verified = standing(shard)
        yield from (record for record, good in zip(batch.column("id").to_pylist(), verified, strict=True) if good)


def _past(job: Job, entry: Entry[Strategy], walked: Walked, number: int, verified: frozenset[str]) -> Past:
    kept = sum(_count(shard, entry.name) for shard in walked.made)
    return Past(number, verified, kept, frozenset(_tried(job, entry.name)))


def _count(shard: Shard, source: str) -> int:
    """Records of one strategy that still stand."""
    return int(pc.sum(pc.equal(standing(shard).batch.column("source"), source)).as_py() or 0)


def _tried(job: Job, name: str) -> Iterator[str]:
    """Every task of a strategy that has been done, the faulty ones too: asked again they would end the same."""
    for stage in job.trail.stages:
        if (stage.kind, stage.name) == ("generate", name):
            step = Step(job.trail.run / stage.folder, stage.number, stage.name, stage.address)
            for shard in range(stage.summary["shards"]):
                yield from (step.said(shard) or {})["tasks"]
