"""Record checks over shards: one verdict for each record that still stands."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from sterling.engine.gold import blend, gold_counts, gold_table
from sterling.engine.kinship import kinship, may_judge, recused, signs_as, unproven
from sterling.engine.shards import Shard, standing, tally
from sterling.engine.step import Step
from sterling.errors import SterlingError
from sterling.records import Family, Fault, Verdict, fault_table, verdict_table
from sterling.registry import Check, ModelCheck, RecordCheck, Ruling, Seed

NOT_CONCERNED = "not_concerned"
"""Reason of the keep for a record that holds nothing for this check to judge. It is nobody's judgement, so it verifies
nothing."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Whose word a verdict is: the engine signs it, so no check can speak in another's name or family."""

    name: str
    """Of the check's entry in the recipe."""
    check: Check

    def verdict(self, record: str, origin: str, said: Ruling | Fault, family: Family | None = None) -> Verdict:
        """A ruling as it counts: a fault is a drop, and a drop of a human record a flag unless the recipe says so."""
        ruling = _after_fault(said) if isinstance(said, Fault) else said
        spared = origin == "human" and self.check.human == "flag" and ruling.outcome == "drop"
        outcome = "flag" if spared else ruling.outcome
        signed = family or self.check.family
        return Verdict(record, outcome, self.name, ruling.reason, signed, ruling.score, ruling.evidence)

    def unconcerned(self, record: str) -> Verdict:
        """The keep of a record that holds nothing for this check."""
        return Verdict(record, "keep", self.name, NOT_CONCERNED, "policy")


class Docket(NamedTuple):
    """The records of one shard, and the seeds that are mixed into them."""

    shard: Shard
    seeds: Sequence[Seed] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Puts every standing record of a shard before a record check."""

    step: Step
    name: str
    check: RecordCheck
    state: Any

    def __call__(self, docket: Docket) -> dict[str, Any]:
        """Commit one shard unless it is finished. Returns its marker."""
        return self.step.once(docket.shard.number, lambda: self._judge(docket))

    def _judge(self, docket: Docket) -> dict[str, Any]:
        batch = standing(docket.shard).batch
        places = _places(self.check, batch)
        asked = batch.filter(pa.array([place.asked for place in places], pa.bool_()))
        blended = blend(asked, docket.seeds)
        answers = ask(self.check, self.state, blended.batch)
        ordered = [answers[row] for row in blended.back]
        of_records, of_seeds = ordered[: asked.num_rows], ordered[asked.num_rows :]
        verdicts = list(self._signed(batch, places, of_records))
        faults = [answer for answer in of_records if isinstance(answer, Fault)]
        gold = gold_table(docket.seeds, of_seeds) if docket.seeds else None
        return write_verdicts(self.step, docket.shard.number, verdicts, faults, gold, _owed(of_seeds))

    def _signed(
        self, batch: pa.RecordBatch, places: Sequence["_Place"], said: Sequence[Ruling | Fault]
    ) -> Iterator[Verdict]:
        bench, answers = Bench(self.name, self.check), iter(said)
        rows = zip(batch.column("id").to_pylist(), batch.column("origin").to_pylist(), places, strict=True)
        for record, origin, place in rows:
            if not place.concerned:
                yield bench.unconcerned(record)
            else:
                answer = next(answers) if place.asked else recused(self.check)
                yield bench.verdict(record, origin, answer, place.family)


def write_verdicts(
    step: Step,
    shard: int,
    verdicts: Sequence[Verdict],
    faults: Sequence[Fault],
    gold: pa.Table | None = None,
    owed: Sequence[str] = (),
) -> dict[str, Any]:
    """Commit one shard of verdicts with their tally, what was said of the gold in it, and gold that is owed."""
    table = verdict_table(verdicts)
    counts = {"judged": table.num_rows, "tally": tally(table), "gold": [] if gold is None else gold_counts(gold)}
    return step.commit(shard, verdicts=table, faults=fault_table(faults), gold=gold, owed=owed, counts=counts)


class _Place(NamedTuple):
    """What one record is to the check."""

    concerned: bool
    asked: bool
    family: Family


def _places(check: RecordCheck, batch: pa.RecordBatch) -> list[_Place]:
    rows = zip(_concerned(check, batch), kinship(check, batch), batch.column("reference").to_pylist(), strict=True)
    return [
        _Place(mine, mine and may_judge(check, kin), signs_as(check, kin, proves=not unproven(reference)))
        for mine, kin, reference in rows
    ]


def _concerned(check: RecordCheck, batch: pa.RecordBatch) -> list[bool]:
    spares = isinstance(check, ModelCheck) and not check.human_too
    rows = zip(batch.column("reference").to_pylist(), batch.column("origin").to_pylist(), strict=True)
    return [not (spares and origin == "human") and _holds(check.needs, reference) for reference, origin in rows]


def _holds(needs: Collection[str], reference: str | None) -> bool:
    return not needs or (reference is not None and not set(needs).isdisjoint(json.loads(reference)))


def ask(check: RecordCheck, state: Any, batch: pa.RecordBatch) -> Sequence[Ruling | Fault]:
    """A check's answers. One that raises is asked again row by row, so that a bad record costs that record."""
    if not batch.num_rows:
        return []
    try:
        answers = check.judge(batch, state)
    except SterlingError:
        raise
    except Exception as error:  # noqa: BLE001 - a check may be anybody's
        if batch.num_rows == 1:
            record = batch.column("id")[0].as_py()
            message = f"{type(error).__name__}: {error}"[:500]
            return [Fault(record, "user_code", "check_failed", message, record=record)]
        return [answer for n in range(batch.num_rows) for answer in ask(check, state, batch.slice(n, 1))]
    if len(answers) != batch.num_rows:
        asked = f"{len(answers)} rulings for {batch.num_rows} records"
        raise SterlingError(f"check `{check.name_in_recipe}` returned {asked}")
    return answers


def _owed(of_seeds: Sequence[Ruling | Fault]) -> list[str]:
    """Gold is no record, so its faults are not counted; but an answer that is owed is owed."""
    return [answer.record or answer.where for answer in of_seeds if isinstance(answer, Fault) and answer.owed]


def _after_fault(fault: Fault) -> Ruling:
    return Ruling("drop", fault.reason, None, {"fault": fault.message, "boundary": fault.boundary})
