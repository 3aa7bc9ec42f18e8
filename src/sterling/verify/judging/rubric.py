"""A rubric: what an answer is judged by, and the sheets that put one before a judge."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sterling.errors import InputError
from sterling.verify.judging.hearing import Mark, Sheet, number, sheet
from sterling.verify.judging.subject import Subject

_FILES = (".md", ".txt")
_PLACES = {"first": 1.0, "tie": 0.5, "second": 0.0}


def is_file(rubric: str) -> bool:
    """Whether a rubric is the name of a file: one line that ends with `.md` or `.txt`."""
    return rubric.strip().endswith(_FILES) and "\n" not in rubric.strip()


def rubric_text(path: str) -> str:
    """The text of a rubric's file. InputError when it cannot be read or says nothing."""
    try:
        text = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        mend = "name a text file, or write the rubric itself"
        raise InputError(f"the rubric cannot be read: {error}", where=path, mend=mend) from None
    if not text:
        raise InputError("the rubric is empty", where=path, mend="say what makes an answer good")
    return text


class Scored(NamedTuple):
    """The form of a verdict on one answer: a mark on a scale, or one for each criterion, of which the lowest counts."""

    low: float
    high: float
    criteria: tuple[str, ...] = ()

    def fields(self) -> Mapping[str, Any]:
        """`score`, or `scores` by criterion."""
        mark = {"type": "number"}
        if not self.criteria:
            return {"score": mark}
        marks = dict.fromkeys(self.criteria, mark)
        scores = {"type": "object", "properties": marks, "required": [*marks], "additionalProperties": False}
        return {"scores": scores}

    def shape(self) -> str:
        """With the scale in place of the mark."""
        mark = f"<{self.low:g} to {self.high:g}>"
        if not self.criteria:
            return f'"score": {mark}'
        return '"scores": {' + ", ".join(f"{json.dumps(name)}: {mark}" for name in self.criteria) + "}"

    def read(self, verdict: Mapping[str, Any]) -> Mark | None:
        """None unless every mark is there and on the scale."""
        if not self.criteria:
            score = number(verdict.get("score"), self.low, self.high)
            return None if score is None else Mark(score)
        given = verdict.get("scores")
        if not isinstance(given, Mapping):
            return None
        marks = {name: number(given.get(name), self.low, self.high) for name in self.criteria}
        parts = {name: mark for name, mark in marks.items() if mark is not None}
        return Mark(min(parts.values()), parts) if len(parts) == len(self.criteria) else None


class Preferred(NamedTuple):
    """The form of a verdict on two answers; 1 when the first is better, one half for a tie."""

    def fields(self) -> Mapping[str, Any]:
        """`better`."""
        return {"better": {"type": "string", "enum": [*_PLACES]}}

    def shape(self) -> str:
        """With the words to choose from."""
        return '"better": <"first", "second" or "tie">'

    def read(self, verdict: Mapping[str, Any]) -> Mark | None:
        """None for another word."""
        better = verdict.get("better")
        return Mark(_PLACES[better]) if isinstance(better, str) and better in _PLACES else None


class Rubric(NamedTuple):
    """What an answer is judged by."""

    text: str
    criteria: Mapping[str, str]
    """What each of them asks for, by name."""
    low: float
    high: float

    def sheets(self, subject: Subject) -> list[Sheet]:
        """One for an answer; for a pair one in each order, chosen first and chosen second."""
        if not subject.is_pair:
            return [self._point(subject)]
        chosen, rejected = subject.answers
        return [self._pair(subject, chosen, rejected), self._pair(subject, rejected, chosen)]

    def _point(self, subject: Subject) -> Sheet:
        form = Scored(self.low, self.high, tuple(self.criteria))
        material = _material(subject) | {"answer to be judged": subject.answers[0]}
        return sheet("judge_point", form, material, rubric=self.text, marks=self._marks())

    def _pair(self, subject: Subject, first: str, second: str) -> Sheet:
        material = _material(subject) | {"first answer": first, "second answer": second}
        return sheet("judge_pair", Preferred(), material, rubric=self.text, marks=self._named())

    def _marks(self) -> str:
        scale = (
            f"Marks run from {self.low:g} (nothing of it is met) to {self.high:g} (all of it is met, nothing is wrong)."
        )
        return f"{self._named()}\n\n{scale} Mark each criterion by itself." if self.criteria else scale

    def _named(self) -> str:
        return "\n".join(f"- `{name}`: {what}" for name, what in self.criteria.items())


def _material(subject: Subject) -> dict[str, str]:
    shown = {"task": subject.task} if subject.task.strip() else {}
    return shown | ({"a right answer, for comparison": subject.reference} if subject.reference is not None else {})
