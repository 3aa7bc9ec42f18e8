"""Record checks over shards: one verdict for each record that still stands."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sterling.engine.shards import Shard, standing, tally
from sterling.engine.step import Step
from sterling.errors import SterlingError
from sterling.records import Fault, Verdict, fault_table, verdict_table
from sterling.registry import Check, RecordCheck, Ruling

NOT_CONCERNED = "not_concerned"
"""Reason of the keep for a record that holds nothing for this check to judge. It is nobody's judgement, so it verifies
nothing."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Whose word a verdict is: the engine signs it, so no check can speak in another's name or family."""

    name: str
    """Of the check's entry in the recipe."""
    check: Check

    def verdict(self, record: str, origin: str, said: Ruling | Fault) -> Verdict:
        """A ruling as it counts: a fault is a drop, and a drop of a human record a flag unless the recipe says so."""
        ruling = _after_fault(said) if isinstance(said, Fault) else said
        spared = origin == "human" and self.check.human == "flag" and ruling.outcome == "drop"
        outcome = "flag" if spared else ruling.outcome
        return Verdict(record, outcome, self.name, ruling.reason, self.check.family, ruling.score, ruling.evidence)

    def unconcerned(self, record: str) -> Verdict:
        """The keep of a record that holds nothing for this check."""
        return Verdict(record, "keep", self.name, NOT_CONCERNED, "policy")


@dataclass(frozen=True, slots=True)
class Judge:
    """Puts every standing record of a shard before a record check."""

    step: Step
    name: str
    check: RecordCheck
    state: Any

    def __call__(self, shard: Shard) -> dict[str, Any]:
        """Commit one shard unless it is finished. Returns its marker."""
        return self.step.once(shard.number, lambda: self._judge(shard))

    def _judge(self, shard: Shard) -> dict[str, Any]:
        batch = standing(shard).batch
        concerned = _concerned(self.check, batch)
        said = _ask(self.check, self.state, batch.filter(pa.array(concerned, pa.bool_())))
        verdicts = _signed(Bench(self.name, self.check), batch, concerned, said)
        faults = [answer for answer in said if isinstance(answer, Fault)]
        return write_verdicts(self.step, shard.number, verdicts, faults)


def write_verdicts(step: Step, shard: int, verdicts: Sequence[Verdict], faults: Sequence[Fault]) -> dict[str, Any]:
    """Commit one shard of verdicts with their tally."""
    table = verdict_table(verdicts)
    counts = {"judged": table.num_rows, "tally": tally(table)}
    return step.commit(shard, verdicts=table, faults=fault_table(faults), counts=counts)


def _concerned(check: RecordCheck, batch: pa.RecordBatch) -> list[bool]:
    if not check.needs:
        return [True] * batch.num_rows
    references = batch.column("reference").to_pylist()
    return [cell is not None and not check.needs.isdisjoint(json.loads(cell)) for cell in references]


def _ask(check: RecordCheck, state: Any, batch: pa.RecordBatch) -> Sequence[Ruling | Fault]:
    """The check's answers. One that raises is asked again row by row, so that a bad record costs that record."""
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
        return [answer for n in range(batch.num_rows) for answer in _ask(check, state, batch.slice(n, 1))]
    if len(answers) != batch.num_rows:
        asked = f"{len(answers)} rulings for {batch.num_rows} records"
        raise SterlingError(f"check `{check.name_in_recipe}` returned {asked}")
    return answers


def _signed(
    bench: Bench, batch: pa.RecordBatch, concerned: Iterable[bool], said: Iterable[Ruling | Fault]
) -> list[Verdict]:
    answers = iter(said)
    rows = zip(batch.column("id").to_pylist(), batch.column("origin").to_pylist(), concerned, strict=True)
    return [
        bench.verdict(record, origin, next(answers)) if mine else bench.unconcerned(record)
        for record, origin, mine in rows
    ]


def _after_fault(fault: Fault) -> Ruling:
    return Ruling("drop", fault.reason, None, {"fault": fault.message, "boundary": fault.boundary})
