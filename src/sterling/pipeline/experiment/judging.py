"""The recipe's own checks as judges of answers that a student of an experiment gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sterling.engine.judge import ask
from sterling.experiment import Example
from sterling.recipes import Recipe
from sterling.records import Fault, Record, batch_of
from sterling.registry import FitContext, ModelCheck, RecordCheck


@dataclass(frozen=True, slots=True)
class RecipeJudge:
    """Keeps, drops or cannot tell, as the recipe's checks of execution and of mathematics would.

    Models are not asked: their answers cost money. An answer is wrong if one of the checks drops it, right if one keeps
    it and none drops it, and untold where none is concerned by the example's reference.
    """

    checks: Sequence[tuple[RecordCheck, Any]]
    """Each with its state."""

    def __call__(self, examples: Sequence[Example], answers: Sequence[str]) -> Sequence[bool | None]:
        """Of each example and the answer beside it, in order. What runs code runs it in the sandbox."""
        batch = batch_of(_record(one, text) for one, text in zip(examples, answers, strict=True))
        said = [_said(check, state, examples, batch) for check, state in self.checks]
        return [_together([one[at] for one in said]) for at in range(len(examples))]


def judge_of(recipe: Recipe) -> RecipeJudge | None:
    """The judge that a recipe's checks make; None where none of them verifies without asking a model."""
    mine = [
        entry.part
        for entry in recipe.checks
        if isinstance(entry.part, RecordCheck)
        and not isinstance(entry.part, ModelCheck)
        and entry.part.family in {"execution", "symbolic"}
        and entry.part.needs
    ]
    return RecipeJudge([(check, check.fit(FitContext())) for check in mine]) if mine else None


def _said(check: RecordCheck, state: Any, examples: Sequence[Example], batch: pa.RecordBatch) -> list[bool | None]:
    """Of those whom the check concerns; a doubt (a flag) is no judgement."""
    mine = [not check.needs.isdisjoint(one.reference or {}) for one in examples]
    told = iter(ask(check, state, batch.filter(pa.array(mine, pa.bool_()))))
    outcomes = [next(told) if concerned else None for concerned in mine]
    return [
        None if one is None or isinstance(one, Fault) or one.outcome == "flag" else one.outcome == "keep"
        for one in outcomes
    ]


def _record(one: Example, answer: str) -> Record:
    payload = {"prompt": one.prompt or "", "completion": answer}
    return Record.real(payload, source="experiment", row=one.id, origin="unknown", reference=one.reference)


def _together(said: Sequence[bool | None]) -> bool | None:
    told = [one for one in said if one is not None]
    return all(told) if told else None
