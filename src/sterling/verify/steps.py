"""The check `steps`: each step of a solution judged by itself, so that luck is told from reasoning."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa
from pydantic import Field

from sterling.models import ModelRef, lineage
from sterling.records import Fault, Record, records_of
from sterling.registry import ModelCheck, NearMiss, Ruling, register
from sterling.verify.judging.hearing import Mark, Opinion, Sheet, Unheard, consult, sheet, template
from sterling.verify.judging.splitting import Steps, steps_of
from sterling.verify.judging.subject import Subject, subject_of
from sterling.verify.numbers.arithmetic import Equation, equations

_SHOWN = 300
"""Characters of a step that go into evidence."""
_AT_ONCE = 100
"""Solutions whose questions are held in memory: together they are as long as a solution times its steps."""


@register("check", "steps")
class StepsHold(ModelCheck):
    """Judges each step of a solution: its arithmetic by program, everything else by a model.

    The steps are those of the answer's `reasoning_content`, else of the answer itself (of a preference the chosen
    one), cut as `verify.judging.splitting` says. A step with an equation that does not hold is wrong, and nobody
    is asked. With `model` every other step that holds a word is put before it, with the task and the steps before: a
    true equation can still be the wrong one. Without `model` a step is judged by its equations alone.

    Drops `wrong_step`: evidence has its index from 0, its text, and who says so and why. Keeps `steps_hold` when every
    step was judged and a model was there to do it. Flags `arithmetic_holds` (every step has equations and all of them
    hold, but no model was asked), `unjudged_steps` (some have none), `no_steps` (the answer says nothing), and
    `too_many_steps`. A judgement that fails is a fault as in the check `judge`. The score is the share of steps that
    were found to hold.

    Not guaranteed: that steps which hold one by one lead to the answer that is given at the end (that is for `math`);
    that the model sees every wrong step, for which there is `gold`. The label of an unpaired preference is not looked
    at. Traps: the cost grows with the square of the number of steps, since each is shown those before it; a model that
    sees the whole solution forgives a step because the end is right, so it is not shown what comes after.
    """

    version: ClassVar[int] = 1

    model: ModelRef | None = None
    """The judge of what is not arithmetic."""
    max_steps: int = Field(default=64, ge=1, le=1000)
    """A solution with more is flagged and not judged."""

    def families(self) -> frozenset[str]:
        """Of the model; none where only arithmetic is judged, so that its keep verifies nothing."""
        return lineage(self.model) if self.model else frozenset()

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling or fault a row; a failure costs its own row only."""
        trials = [_trial(record, self.max_steps) for record in records_of(batch)]
        parts = [trials[at : at + _AT_ONCE] for at in range(0, len(trials), _AT_ONCE)]
        return [
            self._ruling(trial, heard)
            for part in parts
            for trial, heard in zip(part, self._opinions(part), strict=True)
        ]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """The first true equation of a plain completion, made wrong by one."""
        completion = record.payload.get("completion")
        if not isinstance(completion, str):
            return ()
        spoiled = next(_off_by_one(completion), None)
        if spoiled is None:
            return ()
        return [NearMiss(replace(record, payload={**record.payload, "completion": spoiled}), "wrong_step")]

    def _opinions(self, trials: Sequence["_Trial"]) -> list[Mapping[int, Opinion | Unheard]]:
        """For each trial what the model says of the steps that were put before it, by their index."""
        if self.model is None:
            return [{} for _ in trials]
        asked = [trial.for_a_model() for trial in trials]
        sheets = [trial.sheet(at) for trial, steps in zip(trials, asked, strict=True) for at in steps]
        heard = iter(consult(self.model, sheets))
        return [{at: next(heard)[0] for at in steps} for steps in asked]

    def _ruling(self, trial: "_Trial", heard: Mapping[int, Opinion | Unheard]) -> Ruling | Fault:
        if trial.refused is not None:
            return trial.refused
        findings = trial.findings(heard)
        wrong = next((one for one in findings if one.holds is False), None)
        failed = [one for one in heard.values() if isinstance(one, Unheard)]
        if wrong is None and failed:
            return max(failed, key=lambda one: one.owed).fault(trial.record)
        score = sum(one.holds is True for one in findings) / len(findings)
        return self._said(findings, wrong)._replace(score=score, evidence=trial.evidence(findings, wrong, bool(heard)))

    def _said(self, findings: Sequence["_Finding"], wrong: "_Finding | None") -> Ruling:
        if wrong is not None:
            return Ruling("drop", "wrong_step")
        if any(one.holds is None for one in findings):
            return Ruling("flag", "unjudged_steps")
        return Ruling("keep", "steps_hold") if self.model else Ruling("flag", "arithmetic_holds")


class _Holds(NamedTuple):
    """The form of a verdict on one step."""

    def fields(self) -> Mapping[str, Any]:
        return {"holds": {"type": "boolean"}}

    def shape(self) -> str:
        return '"holds": <true or false>'

    def read(self, verdict: Mapping[str, Any]) -> Mark | None:
        holds = verdict.get("holds")
        return Mark(float(holds)) if isinstance(holds, bool) else None


class _Finding(NamedTuple):
    """What was found out about one step."""

    step: int
    holds: bool | None
    by: str | None = None
    """`program` or `model`."""
    why: str = ""


class _Trial(NamedTuple):
    """One solution before the check."""

    record: str
    subject: Subject
    steps: Steps
    equations: Sequence[Sequence[Equation]]
    """Of each step."""
    refused: Ruling | None = None
    """Why it is not judged at all."""

    def for_a_model(self) -> list[int]:
        """Steps that a program can't judge to the end. None when it has found a wrong one: that settles it."""
        found = [] if self.refused else [_by_program(at, self.equations[at]) for at in range(len(self.steps.texts))]
        if any(one.holds is False for one in found):
            return []
        return [one.step for one in found if one.holds is None or _WORD.search(self.steps.texts[one.step])]

    def sheet(self, at: int) -> Sheet:
        """One step as a model sees it."""
        before = "\n".join(self.steps.texts[:at])
        shown = {"task": self.subject.task, "steps before": before, "step to be judged": self.steps.texts[at]}
        return sheet("judge_step", _Holds(), {title: text for title, text in shown.items() if text.strip()})

    def findings(self, heard: Mapping[int, Opinion | Unheard]) -> list[_Finding]:
        """One a step: the model's where it was asked, else the program's."""
        return [self._finding(at, heard.get(at)) for at in range(len(self.steps.texts))]

    def _finding(self, at: int, said: Opinion | Unheard | None) -> _Finding:
        if isinstance(said, Opinion):
            return _Finding(at, said.score > 0, "model", said.reason)
        return _Finding(at, None) if said is not None else _by_program(at, self.equations[at])

    def evidence(self, findings: Sequence[_Finding], wrong: _Finding | None, asked: bool) -> dict[str, Any]:
        """What a doubter needs: the wrong step, how the text was cut, and who judged how many."""
        by = [one.by for one in findings]
        counts = {"steps": len(by), "by_program": by.count("program"), "by_model": by.count("model")}
        shown: dict[str, Any] = {"cut": self.steps.cut, **counts}
        if asked:
            shown["template"] = template("judge_step").digest
        if wrong is not None:
            text = self.steps.texts[wrong.step][:_SHOWN]
            shown |= {"index": wrong.step, "text": text, "by": wrong.by, "why": wrong.why}
        return shown


_WORD = re.compile(r"(?<![\\A-Za-z])[^\W\d_]{2,}")
"""Two letters that are no command of LaTeX: a step that has them claims more than its arithmetic."""


def _trial(record: Record, most: int) -> _Trial:
    subject = subject_of(record)
    steps = steps_of(subject.reasoning or subject.answers[0])
    if not steps.texts:
        return _Trial(record.id, subject, steps, (), Ruling("flag", "no_steps"))
    if len(steps.texts) > most:
        evidence = {"steps": len(steps.texts), "max_steps": most, "cut": steps.cut}
        return _Trial(record.id, subject, steps, (), Ruling("flag", "too_many_steps", None, evidence))
    return _Trial(record.id, subject, steps, [equations(text) for text in steps.texts])


def _by_program(step: int, found: Sequence[Equation]) -> _Finding:
    wrong = [one.text for one in found if one.holds is False]
    if wrong:
        return _Finding(step, False, "program", f"{wrong[0]} does not hold")
    settled = bool(found) and all(one.holds for one in found)
    return _Finding(step, True, "program") if settled else _Finding(step, None)


def _off_by_one(text: str) -> Iterator[str]:
    for one in equations(text):
        if one.holds and one.right.isdecimal() and text.count(one.text) == 1:
            spoiled = text.replace(one.text, one.text[: len(one.text) - len(one.right)] + str(int(one.right) + 1))
            if any(other.holds is False for other in equations(spoiled)):
                yield spoiled
