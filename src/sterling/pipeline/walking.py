"""The middle of the way: the anchor is checked, then rounds of generation and checks walk the same way."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sterling.engine.apply import Pool, apply
from sterling.engine.shards import Shard
from sterling.engine.step import Step
from sterling.pipeline.calibrating import measured_in, seeds_of
from sterling.pipeline.earlier import earlier
from sterling.pipeline.generating import Walked, generate_round, last_walk
from sterling.pipeline.job import Assignment, Job, asks, fit_context, perform
from sterling.recipes import Entry
from sterling.registry import Check, FitContext, RecordCheck


def walk(job: Job, anchors: tuple[Shard, ...]) -> Walked:
    """Check the anchor, then generate and check until every strategy has its count or its rounds are used up."""
    walked = Walked(check_round(job, anchors, Pool(anchors), 0), ())
    for number in range(1, 1 + last_walk(job.recipe)):
        made = generate_round(job, walked, number)
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
    pool = Pool(new, settled, gold, earlier(entry.part, step.folder.parent.parent))
    return apply(entry.name, entry.part, step, pool, context, job.use)


def _measure(job: Job, check: Check, number: int) -> dict[str, Any]:
    """What decides which gold is mixed in, as far as the check's own options do not say it."""
    makes = isinstance(check, RecordCheck) and check.near_misses and number == measured_in(job)
    return {"gold_seed": job.recipe.seed} if makes else {}
