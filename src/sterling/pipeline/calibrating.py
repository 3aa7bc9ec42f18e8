"""Gold on its way: where seeds come from, when they are mixed in, and what they say of each check afterwards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.judge import NOT_CONCERNED, ask
from sterling.engine.shards import Shard, read_batch, standing
from sterling.engine.step import Step
from sterling.errors import RecipeError, SourceError, SterlingError
from sterling.ledger import Stage
from sterling.ledger.yardstick import Reading, Yardstick
from sterling.models import lineage
from sterling.pipeline.evidence.accounts import Counts
from sterling.pipeline.job import Job
from sterling.recipes import Entry, Loaded
from sterling.records import Record, batch_of, digest, families_of, records_of
from sterling.records.places import read_parquet
from sterling.registry import Check, FitContext, ModelCheck, NearMiss, RecordCheck, Ruling, Seed
from sterling.sources import gold_seeds
from sterling.stats import Evidence
from sterling.verify.blind_spots import Judged, drift, shared_errors
from sterling.verify.calibration import error_rates, precision, seeds_needed


def require_seeds(loaded: Loaded) -> None:
    """Gold can be had, and enough of it to reach the bound that the recipe wants. InputError with the recipe's line."""
    for index, entry in enumerate(loaded.recipe.checks):
        if isinstance(entry.part, RecordCheck):
            lack = _lacking(loaded, index, entry.part)
            if lack is not None:
                raise RecipeError(lack.what, where=loaded.where(("checks", index, lack.option)), mend=lack.mend)


def _lacking(loaded: Loaded, index: int, check: RecordCheck) -> "Lack | None":
    try:
        return lacking(check)
    except SourceError as error:
        what = error.what if error.where is None else f"{error.where}: {error.what}"
        raise SourceError(what, where=loaded.where(("checks", index, "gold")), mend=error.mend) from None


class Lack(NamedTuple):
    """Why a check cannot be measured as it is asked to."""

    option: str
    what: str
    mend: str


def lacking(check: RecordCheck) -> Lack | None:
    """What is missing to measure it, before anything is judged. SourceError when its gold cannot be read."""
    if check.near_misses and type(check).spoil is RecordCheck.spoil:
        what = f"no near misses can be made for `{check.name_in_recipe}`"
        return Lack("near_misses", what, "name a file of labelled rows with `gold:`")
    given = _given(check)
    for good, option in ((False, "max_false_accept_rate"), (True, "max_false_reject_rate")):
        limit: float | None = getattr(check, option)
        held = sum(seed.good is good for seed in given) + check.near_misses
        if limit is not None and held < seeds_needed(limit):
            kind = "good" if good else "bad"
            what = f"{held:,} {kind} seeds cannot show a rate below {limit:g}: even without one error "
            mend = "add rows to the `gold:` file, or raise `near_misses` or the limit"
            return Lack(option, f"{what}{seeds_needed(limit):,} are needed", mend)
    return None


def _given(check: RecordCheck) -> list[Seed]:
    return gold_seeds(check.locate(check.gold), check.needs) if check.gold else []


def measured_in(job: Job) -> int:
    """The round into which gold is mixed: that of the first generated records, or the anchor's where there are none."""
    return 1 if job.recipe.generate else 0


def seeds_of(
    job: Job, entry: Entry[Check], context: FitContext, anchors: Sequence[Shard], new: Sequence[Shard]
) -> tuple[Seed, ...]:
    """The gold that a recipe gives a check, and the near misses that it can make.

    Human records of the anchor's holdout role join as good seeds, whatever the check thinks of them, each with a near
    miss if one can be made of it. Where those are too few (a trace has no human original at all), the rest is made of
    records that the check is about to judge and would keep; of these only the near misses join. That second way is
    not open to a check that asks models: it would have to be paid for.
    """
    check = entry.part
    if not isinstance(check, RecordCheck):
        return ()
    held = islice(_held_out(check, anchors), check.near_misses)
    made = [seed for record in held for seed in (Seed(record, True), *_miss(check, record, job.recipe.seed))]
    short = check.near_misses - sum(not seed.good for seed in made)
    more = islice(_of_the_judged(check, context, new, job.recipe.seed), max(0, short))
    return (*_given(check), *made, *more)


def _of_the_judged(check: RecordCheck, context: FitContext, new: Sequence[Shard], seed: int) -> Iterator[Seed]:
    if isinstance(check, ModelCheck):
        return
    state = check.fit(context)
    for record in _concerned(check, new):
        misses = _miss(check, record, seed)
        if misses and _would_keep(check, record, state):
            yield from misses


def _would_keep(check: RecordCheck, record: Record, state: object) -> bool:
    """A near miss of what is wrong may be right."""
    [said] = ask(check, state, batch_of([record]))
    return isinstance(said, Ruling) and said.outcome == "keep"


def calibration(job: Job, makers: Counts) -> Iterator[Evidence]:
    """What gold says of every check that was measured in this run."""
    yardstick = Yardstick(job.store)
    for stage in job.trail.stages:
        counts = stage.summary.get("gold")
        if counts:
            yield from error_rates(stage.name, counts)
            yield from precision(stage.name, counts, *ruled_on(_walks(job, stage.name)))
            yield from _against_others(job, stage, makers, yardstick)


def _miss(check: RecordCheck, record: Record, seed: int) -> list[Seed]:
    """One near miss of a record, chosen by its id; none where none can be made."""
    misses = _spoilt(check, record, seed)
    if not misses:
        return []
    miss = misses[int(digest(str(seed), record.id)[:8], 16) % len(misses)]
    return [Seed(_of_its_own(miss), False, miss.kind)]


def _spoilt(check: RecordCheck, record: Record, seed: int) -> Sequence[NearMiss]:
    """A check may be anybody's: one that fails to spoil a record costs that near miss."""
    try:
        return check.spoil(record, seed)
    except SterlingError:
        raise
    except Exception:  # noqa: BLE001 - how many could be made is said at the end of the run
        return ()


def _of_its_own(miss: NearMiss) -> Record:
    """A near miss under an id that is not its original's."""
    spoilt = miss.record
    return Record.real(
        spoilt.payload, source="gold", row=f"{spoilt.id}: {miss.kind}", origin="unknown", reference=spoilt.reference
    )


def _held_out(check: RecordCheck, anchors: Sequence[Shard]) -> Iterator[Record]:
    """Roles other than train have been set aside, so the files are read and not what stands of them."""
    for shard in anchors:
        for record in records_of(read_batch(shard.records)):
            if record.role == "holdout" and record.origin == "human" and _concerns(check, record):
                yield record


def _concerned(check: RecordCheck, shards: Sequence[Shard]) -> Iterator[Record]:
    for shard in shards:
        yield from (record for record in records_of(standing(shard).batch) if _concerns(check, record))


def _concerns(check: RecordCheck, record: Record) -> bool:
    return not check.needs or not check.needs.isdisjoint(record.reference or {})


def ruled_on(summaries: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """(kept, judged) of the records that a check ruled on: without those that did not concern it, those that it may
    not judge, and those whose judgement failed."""
    kept = judged = 0
    for summary in summaries:
        tally: Mapping[str, Mapping[str, int]] = summary["tally"]
        passed_by = tally.get("keep", {}).get(NOT_CONCERNED, 0)
        kept += sum(tally.get("keep", {}).values()) - passed_by
        judged += summary["judged"] - passed_by - tally.get("flag", {}).get("same_family", 0) - summary["faults"]
    return kept, judged


def _walks(job: Job, name: str) -> Iterator[Mapping[str, Any]]:
    """Summaries of one check over the generated records; over the anchor where nothing is generated."""
    for stage in job.trail.stages:
        if stage.kind == "check" and stage.name == name and stage.walk >= measured_in(job):
            yield stage.summary


def _against_others(job: Job, stage: Stage, makers: Counts, yardstick: Yardstick) -> Iterator[Evidence]:
    judged = list(_judged(job, stage, _generators(makers)))
    if any(one.writer_is_generator for one in judged):
        yield from shared_errors(stage.name, judged)
    wrong = {one.record: one.wrong for one in judged}
    earlier = yardstick.first(stage.name, stage.address, wrong.keys())
    if earlier is not None:
        yield drift(stage.name, wrong, earlier.wrong)
    if not stage.summary["owed"]:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        yardstick.add(Reading(stage.name, stage.address, job.recipe.name, now, wrong))


def _generators(makers: Counts) -> frozenset[str]:
    """Families of every model that generated records of this run."""
    known = {(maker.model, maker.family) for maker, _, _ in makers if maker.model is not None}
    return frozenset(
        one for model, family in known for one in (lineage(model) if family is None else families_of(family))
    )


def _judged(job: Job, stage: Stage, generators: frozenset[str]) -> Iterator[Judged]:
    step = Step(job.trail.run / stage.folder, stage.number, stage.name, stage.address)
    for path in sorted(step.part("gold", 0).parent.glob("*.parquet")):
        table: pa.Table = read_parquet(path)
        rows: list[dict[str, Any]] = table.filter(pc.not_equal(table["outcome"], "fault")).to_pylist()
        for row in rows:
            own = row["writer"] is not None and bool(lineage(row["writer"]) & generators)
            yield Judged(row["record"], row["task"], row["good"], row["outcome"] == "keep", own)
