"""Record checks over shards: one verdict for each record that still stands."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.gold import blend, gold_counts, gold_table
from sterling.engine.kinship import kinship, may_judge, recused, signs_as, unproven
from sterling.engine.shards import Shard, left, tally
from sterling.engine.step import Step
from sterling.errors import SterlingError
from sterling.records import VERDICT_SCHEMA, Family, Fault, Verdict, evidence_json, fault_table, verdict_table
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
        batch = left(docket.shard).batch
        places = _places(self.check, batch)
        asking = [place.asked for place in places]
        asked = batch if all(asking) else batch.filter(pa.array(asking, pa.bool_()))
        blended = blend(asked, docket.seeds)
        answers = ask(self.check, self.state, blended.batch)
        ordered = [answers[row] for row in blended.back]
        of_records, of_seeds = ordered[: asked.num_rows], ordered[asked.num_rows :]
        rulings = list(self._rulings(places, of_records))
        families = [place.family if place.concerned else "policy" for place in places]
        bench = Bench(self.name, self.check)
        verdicts = signed(bench, batch.column("id"), batch.column("origin"), _columns(rulings), families)
        faults = [answer for answer in of_records if isinstance(answer, Fault)]
        gold = gold_table(docket.seeds, of_seeds) if docket.seeds else None
        return commit_verdicts(self.step, docket.shard.number, verdicts, faults, gold, _owed(of_seeds))

    def _rulings(self, places: Sequence["_Place"], said: Sequence[Ruling | Fault]) -> Iterator[Ruling]:
        answers = iter(said)
        for place in places:
            if not place.concerned:
                yield _UNCONCERNED
            else:
                answer = next(answers) if place.asked else recused(self.check)
                yield _after_fault(answer) if isinstance(answer, Fault) else answer


_UNCONCERNED = Ruling("keep", NOT_CONCERNED)
"""Of a record that holds nothing for a check."""


def signed(
    bench: Bench, records: pa.Array, origins: pa.Array, said: pa.Table, families: Sequence[Family] | None = None
) -> pa.Table:
    """What is said of each record (`outcome`, `reason`, `score`, `evidence` as JSON), as it counts: `VERDICT_SCHEMA`.

    A drop of a human record is a flag unless the recipe says otherwise. `families` are the check's own where unsaid.
    """
    outcome = said["outcome"].combine_chunks()
    if bench.check.human == "flag":
        spared = pc.and_(pc.equal(origins, "human"), pc.equal(outcome, "drop"))
        outcome = pc.if_else(spared, "flag", outcome)
    columns = {
        "record": records,
        "outcome": outcome,
        "check": pa.repeat(bench.name, len(records)),
        "reason": said["reason"],
        "family": pa.repeat(bench.check.family, len(records)) if families is None else pa.array(families, pa.string()),
        "score": said["score"],
        "evidence": said["evidence"],
    }
    return pa.table(columns, schema=VERDICT_SCHEMA)


def _columns(rulings: Sequence[Ruling]) -> pa.Table:
    return pa.table(
        {
            "outcome": pa.array([one.outcome for one in rulings], pa.string()),
            "reason": pa.array([one.reason for one in rulings], pa.string()),
            "score": pa.array([one.score for one in rulings], pa.float64()),
            "evidence": pa.array([evidence_json(one.evidence) for one in rulings], pa.string()),
        }
    )


def write_verdicts(
    step: Step,
    shard: int,
    verdicts: Sequence[Verdict],
    faults: Sequence[Fault],
    gold: pa.Table | None = None,
    owed: Sequence[str] = (),
) -> dict[str, Any]:
    """`commit_verdicts` for verdicts one by one."""
    return commit_verdicts(step, shard, verdict_table(verdicts), faults, gold, owed)


def commit_verdicts(
    step: Step,
    shard: int,
    table: pa.Table,
    faults: Sequence[Fault],
    gold: pa.Table | None = None,
    owed: Sequence[str] = (),
) -> dict[str, Any]:
    """Commit one shard of verdicts with their tally, what was said of the gold in it, and gold that is owed."""
    counts = {"judged": table.num_rows, "tally": tally(table), "gold": [] if gold is None else gold_counts(gold)}
    return step.commit(shard, verdicts=table, faults=fault_table(faults), gold=gold, owed=owed, counts=counts)


class _Place(NamedTuple):
    """What one record is to the check."""

    concerned: bool
    asked: bool
    family: Family


def _places(check: RecordCheck, batch: pa.RecordBatch) -> list[_Place]:
    if not isinstance(check, ModelCheck) and batch.column("reference").null_count == batch.num_rows:
        mine = not check.needs
        return [_Place(mine, mine, check.family)] * batch.num_rows
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
