"""Gold on its way: where seeds come from, when they are mixed in, and what they say of each check afterwards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sterling.engine.shards import Shard, read_batch
from sterling.engine.step import Step
from sterling.errors import RecipeError
from sterling.ledger import Stage
from sterling.ledger.yardstick import Reading, Yardstick
from sterling.models import lineage
from sterling.pipeline.accounts import Counts
from sterling.pipeline.job import Job
from sterling.recipes import Entry, Loaded
from sterling.records import Record, digest, records_of
from sterling.registry import Check, NearMiss, RecordCheck, Seed
from sterling.sources import gold_seeds
from sterling.stats import Evidence
from sterling.verify.blind_spots import Judged, drift, shared_errors
from sterling.verify.calibration import error_rates, precision, seeds_needed


def require_seeds(loaded: Loaded) -> None:
    """Gold files can be read, and hold enough to reach the bound that the recipe wants. RecipeError with its line."""
    for index, entry in enumerate(loaded.recipe.checks):
        check = entry.part
        if isinstance(check, RecordCheck) and _is_measured(check):
            given = gold_seeds(check.locate(check.gold)) if check.gold else []
            for good, option in ((False, "max_false_accept_rate"), (True, "max_false_reject_rate")):
                held = sum(seed.good is good for seed in given) + check.near_misses
                _require(loaded, index, option, getattr(check, option), held)


def measured_in(job: Job) -> int:
    """The round into which gold is mixed: that of the first generated records, or the anchor's where there are none."""
    return 1 if job.recipe.generate else 0


def seeds_of(job: Job, entry: Entry[Check], anchors: Sequence[Shard], new: Sequence[Shard]) -> tuple[Seed, ...]:
    """The gold that a recipe gives a check, and the near misses that it can make.

    They are made of human records of the anchor's holdout role, which join as good seeds. Where those are too few (a
    trace has no human original at all), the rest is made of the records that the check is about to judge, and only the
    near misses join: nobody knows yet whether the others are good.
    """
    check = entry.part
    if not isinstance(check, RecordCheck):
        return ()
    given = gold_seeds(check.locate(check.gold)) if check.gold else []
    made = list(_made(check, _held_out(check, anchors), check.near_misses, job.recipe.seed))
    short = check.near_misses - len(made) // 2
    more = _made(check, _concerned(check, new), short, job.recipe.seed)
    return (*given, *made, *(seed for seed in more if not seed.good))


def calibration(job: Job, makers: Counts) -> Iterator[Evidence]:
    """What gold says of every check that was measured in this run."""
    yardstick = Yardstick(job.store)
    for stage in job.trail.stages:
        counts = stage.summary.get("gold")
        if counts:
            yield from error_rates(stage.name, counts)
            yield from precision(stage.name, counts, *_accepted(stage, makers))
            yield from _against_others(job, stage, makers, yardstick)


def _require(loaded: Loaded, index: int, option: str, limit: float | None, held: int) -> None:
    if limit is not None and held < seeds_needed(limit):
        kind = "bad" if option == "max_false_accept_rate" else "good"
        raise RecipeError(
            f"{held:,} {kind} seeds cannot show a rate below {limit:g}: even without one error "
            f"{seeds_needed(limit):,} are needed",
            where=loaded.where(("checks", index, option)),
            mend="add rows to the `gold:` file, or raise `near_misses` or the limit",
        )


def _is_measured(check: RecordCheck) -> bool:
    limits = (check.max_false_accept_rate, check.max_false_reject_rate)
    return bool(check.gold or check.near_misses) or any(limit is not None for limit in limits)


def _made(check: RecordCheck, records: Iterable[Record], wanted: int, seed: int) -> Iterator[Seed]:
    """At most so many records as good seeds, each with one near miss made of it."""
    for record in records if wanted else ():
        misses = check.spoil(record, seed)
        if misses:
            miss = misses[int(digest(str(seed), record.id)[:8], 16) % len(misses)]
            yield Seed(record, True)
            yield Seed(_of_its_own(miss), False, miss.kind)
            wanted -= 1
        if not wanted:
            return


def _of_its_own(miss: NearMiss) -> Record:
    """A near miss under an id that is not its original's."""
    spoilt = miss.record
    return Record.real(
        spoilt.payload, source="gold", row=f"{spoilt.id}: {miss.kind}", origin="unknown", reference=spoilt.reference
    )


def _held_out(check: RecordCheck, anchors: Sequence[Shard]) -> Iterator[Record]:
    for record in _concerned(check, anchors):
        if record.role == "holdout" and record.origin == "human":
            yield record


def _concerned(check: RecordCheck, shards: Sequence[Shard]) -> Iterator[Record]:
    for shard in shards:
        for record in records_of(read_batch(shard.records)):
            if not check.needs or not check.needs.isdisjoint(record.reference or {}):
                yield record


def _accepted(stage: Stage, makers: Counts) -> tuple[int, int]:
    """(kept, judged) of the generated records; of all records where nothing was generated."""
    outcomes = [(outcome, n) for (_, check, outcome), n in makers.items() if check == stage.name]
    if not outcomes:
        tally: Mapping[str, Mapping[str, int]] = stage.summary["tally"]
        outcomes = [(outcome, n) for outcome, reasons in tally.items() for n in reasons.values()]
    return sum(n for outcome, n in outcomes if outcome == "keep"), sum(n for _, n in outcomes)


def _against_others(job: Job, stage: Stage, makers: Counts, yardstick: Yardstick) -> Iterator[Evidence]:
    judged = list(_judged(job, stage, _generators(makers)))
    if any(one.writer_is_generator for one in judged):
        yield from shared_errors(stage.name, judged)
    wrong = {one.record: one.wrong for one in judged}
    earlier = yardstick.first(stage.name, stage.address)
    if earlier is not None and wrong.keys() & earlier.wrong.keys():
        yield drift(stage.name, wrong, earlier.wrong)
    if not stage.summary["owed"]:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        yardstick.add(Reading(stage.name, stage.address, job.recipe.name, now, wrong))


def _generators(makers: Counts) -> frozenset[str]:
    """Families of every model that generated records of this run."""
    models = {maker.model for maker, _, _ in makers if maker.model is not None}
    return frozenset(family for model in models for family in lineage(model))


def _judged(job: Job, stage: Stage, generators: frozenset[str]) -> Iterator[Judged]:
    step = Step(job.trail.run / stage.folder, stage.number, stage.name, stage.address)
    for path in sorted(step.part("gold", 0).parent.glob("*.parquet")):
        table: pa.Table = pq.read_table(path, memory_map=False)
        rows: list[dict[str, Any]] = table.filter(pc.not_equal(table["outcome"], "fault")).to_pylist()
        for row in rows:
            own = row["writer"] is not None and bool(lineage(row["writer"]) & generators)
            yield Judged(row["record"], row["task"], row["good"], row["outcome"] == "keep", own)
