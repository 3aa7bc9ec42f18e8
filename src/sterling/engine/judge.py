"""Record checks over shards: one verdict for each record that still stands."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from sterling.engine.shards import Shard, standing, tally
from sterling.engine.step import Step
from sterling.errors import SterlingError
from sterling.records import Fault, Verdict, fault_table, verdict_table
from sterling.registry import Check, RecordCheck


@dataclass(frozen=True, slots=True)
class Judge:
    """Puts every standing record of a shard before a record check."""

    step: Step
    check: RecordCheck
    state: Any

    def __call__(self, shard: Shard) -> dict[str, Any]:
        """Commit one shard unless it is finished. Returns its marker."""
        done = self.step.finished(shard.number)
        if done is not None:
            return done
        batch = standing(shard).batch
        answers = judge(self.check, self.state, batch)
        faults = [a for a in answers if isinstance(a, Fault)]
        return write_verdicts(self.step, shard.number, rulings(self.check, batch, answers), faults)


NOT_CONCERNED = "not_concerned"
"""Reason of the keep for a record that holds nothing for this check to judge. It is nobody's judgement, so it verifies
nothing."""


def judge(check: RecordCheck, state: Any, batch: pa.RecordBatch) -> list[Verdict | Fault]:
    """One answer for each row: the check's where the record concerns it, else a keep that verifies nothing.

    SterlingError when the check returns another number of verdicts than it was given records.
    """
    concerned = _concerned(check, batch)
    mine = batch.filter(pa.array(concerned, pa.bool_()))
    answers = iter(_asked(check, state, mine))
    ids = batch.column("id").to_pylist()
    name = check.name_in_recipe
    return [
        next(answers) if is_mine else Verdict(record, "keep", name, NOT_CONCERNED, "policy")
        for record, is_mine in zip(ids, concerned, strict=True)
    ]


def _asked(check: RecordCheck, state: Any, batch: pa.RecordBatch) -> list[Verdict | Fault]:
    answers = check.judge(batch, state) if batch.num_rows else []
    if len(answers) != batch.num_rows:
        asked = f"{len(answers)} verdicts for {batch.num_rows} records"
        raise SterlingError(f"check `{check.name_in_recipe}` returned {asked}")
    return answers


def _concerned(check: RecordCheck, batch: pa.RecordBatch) -> list[bool]:
    if not check.needs:
        return [True] * batch.num_rows
    references = batch.column("reference").to_pylist()
    return [cell is not None and not check.needs.isdisjoint(json.loads(cell)) for cell in references]


def rulings(check: Check, batch: pa.RecordBatch, answers: Iterable[Verdict | Fault]) -> list[Verdict]:
    """Verdicts as they count: a fault is a drop, and a drop of a human record is a flag unless the recipe says so."""
    rows = zip(batch.column("id").to_pylist(), batch.column("origin").to_pylist(), answers, strict=True)
    return [soften(check, origin, _verdict(check, record, answer)) for record, origin, answer in rows]


def soften(check: Check, origin: str, verdict: Verdict) -> Verdict:
    """The anchor stays whole: what would drop a human record flags it, unless the recipe says `human: drop`."""
    spared = origin == "human" and check.human == "flag" and verdict.outcome == "drop"
    return replace(verdict, outcome="flag") if spared else verdict


def write_verdicts(step: Step, shard: int, verdicts: Sequence[Verdict], faults: Sequence[Fault]) -> dict[str, Any]:
    """Commit one shard of verdicts with their tally."""
    table = verdict_table(verdicts)
    counts = {"judged": table.num_rows, "tally": tally(table)}
    return step.commit(shard, verdicts=table, faults=fault_table(faults), counts=counts)


def _verdict(check: Check, record: str, answer: Verdict | Fault) -> Verdict:
    if isinstance(answer, Verdict):
        return answer
    evidence = {"fault": answer.message, "boundary": answer.boundary}
    return Verdict(record, "drop", check.name_in_recipe, answer.reason, check.family, evidence=evidence)
