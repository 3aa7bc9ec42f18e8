"""The middle of the way: the anchor is checked, what is inherited beside it, then rounds of generation and checks."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sterling.engine.apply import Pool, apply, summed
from sterling.engine.judge import NOT_CONCERNED, write_verdicts
from sterling.engine.shards import Shard, left
from sterling.engine.step import Step
from sterling.pipeline.calibrating import measured_in, seeds_of
from sterling.pipeline.compared_with import compared_with
from sterling.pipeline.generating import Walked, generate_round, last_walk
from sterling.pipeline.generations.inheriting import CONTINUES
from sterling.pipeline.job import Assignment, Job, asks, fit_context, perform
from sterling.recipes import Entry
from sterling.records import Verdict
from sterling.registry import Check, FitContext, ModelCheck, RecordCheck


def walk(job: Job, anchors: tuple[Shard, ...], inherited: tuple[Shard, ...] = ()) -> Walked:
    """Check the anchor, then generate and check until every strategy has its count or its rounds are used up.

    What is inherited is checked between the two, and settled for what is generated.
    """
    checked = check_round(job, anchors, Pool(anchors), 0)
    walked = Walked(checked, (), recheck(job, anchors, Pool(inherited, checked)) if inherited else ())
    for number in range(1, 1 + last_walk(job.recipe)):
        made = generate_round(job, walked, number)
        if not made:
            break
        judged = check_round(job, anchors, Pool(made, walked.shards), number)
        walked = walked._replace(made=(*walked.made, *judged))
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


def recheck(job: Job, anchors: Sequence[Shard], pool: Pool) -> tuple[Shard, ...]:
    """The recipe's checks over what is inherited, so that what a release says of its checks holds for all of it.

    The anchor is settled: its new records may show that an earlier synthetic one copies them. Checks that ask models
    are left out: their answers were paid for in the release that the record is from, and count on.
    """
    context, new = fit_context(anchors), tuple(pool.new)
    for position, entry in enumerate(job.recipe.checks):
        asked = not isinstance(entry.part, ModelCheck)
        question = asks(entry.part, position=position, inherited=True) if asked else {"spared": entry.name}
        given = Assignment(
            "recheck", entry.name, f"recheck-{entry.name}", question, job.trail.addresses, units=len(new)
        )
        work = partial(_recheck, entry, new, pool.settled, context, job) if asked else partial(_spare, new)
        step, _ = perform(job, given, work)
        new = tuple(shard.judged(step.part("verdicts", shard.number)) for shard in new)
    return new


def _recheck(
    entry: Entry[Check], new: Sequence[Shard], settled: Sequence[Shard], context: FitContext, job: Job, step: Step
) -> dict[str, Any]:
    """Without its evidence: what a check says of itself it says of this run's records."""
    return apply(entry.name, entry.part, step, Pool(new, settled), context, job.use) | {"evidence": []}


def _spare(new: Sequence[Shard], step: Step) -> dict[str, Any]:
    """A keep that is nobody's judgement for each record that stands."""
    return summed(step.once(shard.number, partial(_spare_shard, step, shard)) for shard in new)


def _spare_shard(step: Step, shard: Shard) -> dict[str, Any]:
    ids = left(shard, ("id",)).batch.column("id").to_pylist()
    said = {"why": "an earlier generation's record"}
    return write_verdicts(step, shard.number, [
        Verdict(record, "keep", CONTINUES, NOT_CONCERNED, "policy", evidence=said) for record in ids
    ], [])  # fmt: skip


def _check(
    job: Job, entry: Entry[Check], new: Sequence[Shard], settled: Sequence[Shard], context: FitContext, number: int,
    step: Step,
) -> dict[str, Any]:  # fmt: skip
    anchors = new if number == 0 else settled
    gold = seeds_of(job, entry, context, anchors, new) if number == measured_in(job) else ()
    pool = Pool(new, settled, gold, compared_with(entry.part, step.folder.parent.parent))
    return apply(entry.name, entry.part, step, pool, context, job.use)


def _measure(job: Job, check: Check, number: int) -> dict[str, Any]:
    """What decides which gold is mixed in, as far as the check's own options do not say it."""
    makes = isinstance(check, RecordCheck) and check.near_misses and number == measured_in(job)
    return {"gold_seed": job.recipe.seed} if makes else {}
