"""The check `solved`: how often do models solve a task, by the word of a check that verifies?"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, NamedTuple, Self

import pyarrow as pa
from pydantic import Field, PlainSerializer, PlainValidator, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from sterling.engine.judge import ask as put
from sterling.models import Answer, Endpoint, Failure, ModelRef, Question, ask, insist
from sterling.recipes.entries import part_class, read_part
from sterling.records import VERIFYING, Family, Fault, Maker, Record, batch_of, records_of
from sterling.registry import FitContext, ModelCheck, Part, RecordCheck, Ruling, available, register
from sterling.stats import Evidence
from sterling.verify.judging.difficulty import Item, difficulty
from sterling.verify.judging.hearing import Unheard
from sterling.verify.programs.continuing import continuing

_ENDS = frozenset({"stop", "tool_calls"})
_UNUSABLE = frozenset({"truncated", "unfinished", "empty", "content_filter"})
"""Failures that are the model's own doing: it was asked, and gave no answer that could be judged."""
_OWN = 1
"""What the version of `solved` itself is; its judge's is added."""


def _verifier(value: Any, info: ValidationInfo) -> RecordCheck:
    kind = type(value) if isinstance(value, Part) else part_class("check", value if isinstance(value, Mapping) else {})
    if kind is not None and not _verifies(kind):
        what = f"`{kind.name_in_recipe}` does not verify an answer without a model; these do: {', '.join(_verifying())}"
        raise _wrong(what, "name one of them")
    part: RecordCheck = read_part("check", value, info)
    return part


def _verifies(kind: type[Part]) -> bool:
    return issubclass(kind, RecordCheck) and not issubclass(kind, ModelCheck) and kind.family in VERIFYING


def _verifying() -> list[str]:
    return sorted(name for name, kind in available("check").items() if _verifies(kind))


def _entry(part: RecordCheck) -> dict[str, Any]:
    return {"check": part.name_in_recipe, **part.model_dump(mode="json", by_alias=True)}


@register("check", "solved")
class Solved(ModelCheck):
    """Asks models each prompt several times, has another check judge their answers, and reports how many pass.

    The record's own completion is not looked at, so a keep says nothing of it and never verifies (family statistics).
    For evaluation sets it tells how hard an item is and which items tell models apart; for training data, what the
    student can do already and where it is weak. A strategy that `hears` this check goes by its score.

    `by` is a check that verifies without a model: `by: {check: math}`. It gets records with the same prompt, tools and
    reference and a model's answer as the completion; where `reference.program` is `continue`, an answer that defines
    the function anew takes its place. A record without the keys that `by` needs does not concern this check.

    An answer passes when `by` keeps it. A refused, empty or cut-off answer, and one that `by` flags, does not pass.
    The score is the share of all answers of all models that pass. Keeps `unsolved` (none) and `partly_solved`; flags
    `already_solved` (every answer of every model: it adds nothing), `not_judged` (`by` flags all that it is shown; no
    score), and `no_prompt`. Drops `too_hard` below `min_rate` and `too_easy` above `max_rate`, where they are set.
    A question without any answer, and a fault of `by`, is a fault of the record; while an answer is owed, so is that.

    `conclude`: quantiles of the pass rates, each model's accuracy, the shares that all or none solve, and with three
    models or more the discrimination of the items (`verify.judging.difficulty`).

    Human records are asked about with `human_too: true` only. Independence does not apply: the models judge nothing, so
    the model that wrote a record may be asked, and `same_family` changes nothing. `gold` and near misses are refused,
    since nothing of this check's own could be wrong: measure the check that it judges `by` in an entry of its own.

    Traps: at temperature 0 several samples are one answer; with k samples, a rate of 1 leaves a share of failures below
    1 - 0.025^(1/k) possible (60 % for 4); a model that was trained on an item solves it for another reason; what `by`
    cannot read counts as wrong, so the prompt has to ask for the form that it reads (`answer after ####`).
    """

    family: ClassVar[Family] = "statistics"

    model: ModelRef | None = None
    """Who is asked."""
    models: tuple[ModelRef, ...] = ()
    """Instead of `model`: several, each asked by itself."""
    samples: int = Field(default=4, ge=1, le=1000)
    """Answers asked of each model for each record."""
    by: Annotated[
        RecordCheck,
        PlainValidator(_verifier, json_schema_input_type=dict[str, Any]),
        PlainSerializer(_entry, return_type=dict[str, Any]),
    ]
    """The check that judges the answers, with its options: `{check: math}`."""
    sampling: Mapping[str, Any] = {}
    """Over the models' own: `temperature`, `max_tokens`, `response_format`."""
    min_rate: float | None = Field(default=None, ge=0, le=1)
    """Records with a lower pass rate are dropped."""
    max_rate: float | None = Field(default=None, ge=0, le=1)
    """Records with a higher pass rate are dropped."""

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if (self.model is None) == (not self.models):
            raise _wrong("`solved` takes one `model`, or several `models`", "name one or the other")
        if self.min_rate is not None and self.max_rate is not None and self.min_rate > self.max_rate:
            raise _wrong(f"no rate is from {self.min_rate:g} to {self.max_rate:g}", "`min_rate` is the lower one")
        if self.gold or self.near_misses or self.max_false_accept_rate or self.max_false_reject_rate:
            mend = f"measure `{self.by.name_in_recipe}` in an entry of its own"
            raise _wrong("`solved` judges no answer itself, so it has no error rate", mend)
        return self

    @property
    def version(self) -> int:  # type: ignore[override]
        """Of this check and the one it judges by: versions only rise, so their sum changes when either does."""
        return _OWN + self.by.version

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]
        """What the check that it judges by needs."""
        return self.by.needs

    def families(self) -> frozenset[str]:
        """None: the models are asked and judge nothing, so whose they are decides nothing."""
        return frozenset()

    def reads(self) -> Sequence[str]:
        """What the check that it judges by reads."""
        return self.by.reads()

    def fit(self, context: FitContext) -> Any:
        """The state of the check that it judges by."""
        return self.by.fit(context)

    def measure(self, state: Any) -> Sequence[Evidence]:
        """What the check that it judges by says of itself."""
        return self.by.measure(state)

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling or fault a row. All questions to a model are in flight at once."""
        tasks = [_task(record) for record in records_of(batch)]
        marks = self._marks([task for task in tasks if task is not None], state)
        return [
            Ruling("flag", "no_prompt") if task is None else self._ruling(task.source.id, next(marks)) for task in tasks
        ]

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """Difficulty of the set, accuracy of the models, discrimination of the items."""
        items = [item for _, verdicts in judged for item in _items(verdicts)]
        return list(difficulty("solved", [model.model for model in self._members()], items))

    def _members(self) -> tuple[Endpoint, ...]:
        return self.models or ((self.model,) if self.model else ())

    def _marks(self, tasks: Sequence["_Task"], state: Any) -> Iterator[list[list["_Mark"]]]:
        """For each task what became of each model's answers."""
        numbers, members = range(self.samples), self._members()
        questions = [task.question(self.sampling, number) for task in tasks for number in numbers]
        said = [iter(insist(member, ask(member, questions, finish_ok=_ENDS))) for member in members if questions]
        trials = [
            _Trial(task, member.model, f"{at}.{number}", next(said[at]))
            for task in tasks for at, member in enumerate(members) for number in numbers
        ]  # fmt: skip
        answered = batch_of(trial.record(trial.said) for trial in trials if isinstance(trial.said, Answer))
        rulings = iter(put(self.by, state, answered))
        marks = iter([next(rulings) if isinstance(trial.said, Answer) else trial.said for trial in trials])
        return iter([[[next(marks) for _ in numbers] for _ in members] for _ in tasks])

    def _ruling(self, record: str, marks: Sequence[Sequence["_Mark"]]) -> Ruling | Fault:
        faults = [fault for some in marks for mark in some if (fault := _fault(record, mark)) is not None]
        if faults:
            return max(faults, key=lambda fault: fault.owed)
        names = [member.model for member in self._members()]
        told = [_told(name, some) for name, some in zip(names, marks, strict=True)]
        evidence = {"by": self.by.name_in_recipe, "models": told}
        outcomes = {mark.outcome for some in marks for mark in some if isinstance(mark, Ruling)}
        if outcomes == {"flag"}:
            return Ruling("flag", "not_judged", None, evidence)
        rate = sum(one["passed"] for one in told) / sum(one["n"] for one in told)
        return self._placed(rate)._replace(score=rate, evidence=evidence)

    def _placed(self, rate: float) -> Ruling:
        if self.min_rate is not None and rate < self.min_rate:
            return Ruling("drop", "too_hard")
        if self.max_rate is not None and rate > self.max_rate:
            return Ruling("drop", "too_easy")
        if rate == 1:
            return Ruling("flag", "already_solved")
        return Ruling("keep", "partly_solved" if rate else "unsolved")


_Mark = Ruling | Fault | Failure
"""What became of one question: ruled on, not ruled on, or never answered."""


class _Task(NamedTuple):
    """One record as models are asked about it."""

    source: Record
    turns: tuple[Mapping[str, Any], ...]

    def question(self, sampling: Mapping[str, Any], number: int) -> Question:
        """The prompt, with the tools that the record declares."""
        tools = self.source.payload.get("tools")
        return Question(self.turns, {**sampling, **({"tools": tools} if tools else {})}, number)


class _Trial(NamedTuple):
    """One question to one model, and what it said."""

    task: _Task
    model: str
    place: str
    """Which of the record's questions it is."""
    said: Answer | Failure

    def record(self, answer: Answer) -> Record:
        """The record with this answer in the place of its own."""
        source = self.task.source
        payload = _answered(self.task, answer)
        maker = Maker("solved", model=self.model)
        row = f"{source.id}/{self.place}"
        return Record.synthetic(payload, source=source.source, row=row, maker=maker, reference=source.reference)


def _task(record: Record) -> _Task | None:
    """What is asked of a record; None where it has no prompt."""
    asked = record.payload.get("prompt")
    if isinstance(asked, str):
        return _Task(record, ({"role": "user", "content": asked},)) if asked.strip() else None
    turns = asked if isinstance(asked, list) else _before_the_answer(record.payload.get("messages"))
    return _Task(record, tuple(turns)) if turns and all(isinstance(turn, Mapping) for turn in turns) else None


def _before_the_answer(messages: Any) -> list[Any]:
    turns = messages if isinstance(messages, list) else []
    places = [at for at, turn in enumerate(turns) if isinstance(turn, Mapping) and turn.get("role") == "assistant"]
    return turns[: places[-1]] if places else turns


def _answered(task: _Task, answer: Answer) -> dict[str, Any]:
    """The payload that the judging check reads: text for text, messages where the prompt or the answer needs them."""
    payload = task.source.payload
    text = continuing(task.source, answer.text)
    tools = {"tools": payload["tools"]} if "tools" in payload else {}
    if isinstance(payload.get("prompt"), str) and not answer.tool_calls:
        return {"prompt": payload["prompt"], "completion": text, **tools}
    calls = {"tool_calls": [dict(call) for call in answer.tool_calls]} if answer.tool_calls else {}
    message = {"role": "assistant", "content": text, **calls}
    if "messages" in payload:
        return {"messages": [*task.turns, message], **tools}
    return {"prompt": list(task.turns), "completion": [message], **tools}


def _fault(record: str, mark: _Mark) -> Fault | None:
    """What of a mark is a fault of its record: no answer at all, or one that could not be judged."""
    if isinstance(mark, Fault):
        return replace(mark, where=record, record=record)
    if isinstance(mark, Failure) and mark.reason not in _UNUSABLE:
        return Unheard(mark.reason, mark.message, mark.attempts, mark.owed).fault(record)
    return None


def _told(model: str, marks: Sequence[_Mark]) -> dict[str, Any]:
    """One model's answers in numbers, for the evidence."""
    passed = sum(isinstance(mark, Ruling) and mark.outcome == "keep" for mark in marks)
    reasons = Counter(mark.reason for mark in marks)
    return {"model": model, "n": len(marks), "passed": passed, "rate": passed / len(marks), "reasons": dict(reasons)}


def _items(verdicts: pa.Table) -> Iterator[Item]:
    """The records that have a pass rate."""
    for row in verdicts.select(["record", "score", "evidence"]).to_pylist():
        told = json.loads(row["evidence"]).get("models")
        if told and row["score"] is not None:
            yield Item(row["record"], tuple(one["rate"] for one in told))


def _wrong(what: str, mend: str) -> PydanticCustomError:
    return PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
