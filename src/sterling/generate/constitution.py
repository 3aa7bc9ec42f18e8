"""`constitution`: preferences from a file of principles, by critique and revision or by ranking drafts."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, Field

from sterling.generate.talks.chats import bare, opening_of, question_of, sent, shown
from sterling.generate.talks.principles import read_principles
from sterling.generate.writing.elimination import refuse_copied_prompt
from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Answer, Endpoint, ModelRef, Models, Unanswered
from sterling.records import Fault, Record
from sterling.registry import Task, register
from sterling.text.templates import Template

_NAMES = {"system": "System", "developer": "System", "user": "User", "assistant": "Assistant"}
_LONGEST = 6_000
"""Characters of what is asked."""


class Critique(BaseModel):
    """What a principle has against a draft."""

    faulty: bool
    critique: str = ""


class Ranking(BaseModel):
    """Drafts by their numbers, the best first."""

    reason: str
    best_to_worst: list[int]


class _Pair(NamedTuple):
    """Two answers of which one is preferred."""

    chosen: Answer
    rejected: Answer
    others: Sequence[Writer]
    """Who else had a part in it."""
    prompts: Sequence[Template]
    more: Mapping[str, Any]
    """Whatever else decided it."""


@register("strategy", "constitution")
class Constitution(GridStrategy):
    """Preference pairs from principles that a person has written and stands for, one principle a cell.

    `mode: revise` (Constitutional AI, Bai et al., arXiv 2212.08073): `model` drafts an answer to the seed's prompt, it
    is criticised by the principle, and revised. The revision is `chosen`, the draft `rejected`. `mode: rank` (RLAIF,
    Lee et al., arXiv 2309.00267): `drafts` answers are put in order by the principle, shown in one order and in the
    reverse; the best is `chosen` and the worst `rejected`, where both rankings agree on both.

    `principles` is a YAML file with `reviewer`, `date` and `principles` (name and wording); the run ends where one of
    them is missing, or the reviewer is a placeholder. Its digest, reviewer and date are in `maker.sampling` of every
    record. Critique and ranking are part of writing: they verify nothing.

    Prompt, chosen and rejected are conversational. Reasoning is left out, for it would speak of drafts and principles.
    A revision that declines what it should decline is an answer like any other. Ends in a fault: `no_fault_found`,
    `unchanged`, `copied_prompt`; `drafts_alike`, `no_ranking`, `order_decides`.

    Not guaranteed: that a revision is better in what the principle does not name; a model that criticises itself often
    finds what is not there, and misses its own kind of mistake. Ties of several principles are not weighed.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("constitution_critique", "constitution_revise", "constitution_rank")

    principles: str = Field(min_length=1)
    """YAML file of principles."""
    mode: Literal["revise", "rank"] = "revise"
    """How a pair comes about."""
    critic: ModelRef | None = None
    """Who criticises, or ranks; unsaid, `model`."""
    drafts: int = Field(default=4, ge=2, le=16)
    """Answers that are ranked. They differ only with a temperature in the model's `sampling`."""

    def reads(self) -> Sequence[str]:
        """The prompts and the principles."""
        return [*super().reads(), self.locate(self.principles)]

    def require(self) -> None:
        """The prompts, and principles that somebody stands for."""
        super().require()
        self.cells()

    def cells(self) -> Sequence[Cell]:
        """One cell a principle. InputError where the file does not say what it must."""
        reviewed = read_principles(self.locate(self.principles))
        said = reviewed.said.principles.items()
        return [Cell(name, {"principle": text, "constitution": reviewed.provenance}) for name, text in said]

    def suits(self, record: Record) -> bool:
        """Whether somebody asks something in it."""
        opening = opening_of(record)
        return opening is not None and len(question_of(opening)) <= _LONGEST

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The pair for the seed's prompt, by the task's principle."""
        opening = opening_of(task.seeds[0]) or []
        making = self._revised if self.mode == "revise" else self._ranked
        pair = await making(models, opening, task.spec["principle"])
        cell = task.spec["cell"]
        draft = Draft(
            {"prompt": opening, "chosen": bare(pair.chosen.text), "rejected": bare(pair.rejected.text)},
            [Writer(self.model, pair.chosen), *pair.others],
            pair.prompts,
            tags=("task:constitution", f"cell:{cell}", f"principle:{cell}"),
            decided={
                **self.decided_of(task),
                "mode": self.mode,
                "constitution": task.spec["constitution"],
                **pair.more,
            },
        )
        return [draft.record("constitution", task, source)]

    async def _revised(self, models: Models, opening: Sequence[Mapping[str, Any]], principle: str) -> _Pair:
        critique, revise = self.prompt("constitution_critique"), self.prompt("constitution_revise")
        draft = await models.say(self.model, sent(opening))
        conversation = shown(opening, _NAMES)
        told = {"conversation": conversation, "draft": draft.text.strip(), "principle": principle}
        filled = await models.fill(self._critic, critique.fill(**told), Critique)
        found: Critique = filled.value
        if not found.faulty or not found.critique.strip():
            raise Unanswered.because("no_fault_found", "the draft holds to the principle already")
        revision = await models.say(self.model, revise.fill(**told, critique=found.critique.strip()))
        if revision.text.split() == draft.text.split():
            raise Unanswered.because("unchanged", "the revision is the draft")
        refuse_copied_prompt(revision.text, f"{conversation}\n{draft.text}", revise, Template.of(principle))
        return _Pair(revision, draft, [Writer(self._critic, filled.answer)], [critique, revise], {})

    async def _ranked(self, models: Models, opening: Sequence[Mapping[str, Any]], principle: str) -> _Pair:
        prompt, chat = self.prompt("constitution_rank"), sent(opening)
        answers = await models.together(*(models.say(self.model, chat, sample=n) for n in range(self.drafts)))
        distinct = list({" ".join(answer.text.split()): answer for answer in answers}.values())
        if len(distinct) < 2:
            raise Unanswered.because(
                "drafts_alike", f"{self.drafts} drafts, all of them the same; raise the temperature"
            )
        told = {"conversation": shown(opening, _NAMES), "principle": principle}
        orders = distinct, distinct[::-1]
        first, second = await models.together(*(_order(models, self._critic, prompt, told, one) for one in orders))
        if (first.answers[0], first.answers[-1]) != (second.answers[0], second.answers[-1]):
            raise Unanswered.because("order_decides", "the ranking changes with the order in which drafts are shown")
        more = {"drafts": len(distinct)}
        return _Pair(first.answers[0], first.answers[-1], [Writer(self._critic, first.by)], [prompt], more)

    @property
    def _critic(self) -> Endpoint:
        return self.critic or self.model


class _Order(NamedTuple):
    """Drafts from best to worst, and whose word that is."""

    answers: list[Answer]
    by: Answer


async def _order(
    models: Models, critic: Endpoint, prompt: Template, told: Mapping[str, str], drafts: Sequence[Answer]
) -> _Order:
    listed = "\n\n".join(f"Answer {number}:\n{draft.text.strip()}" for number, draft in enumerate(drafts, 1))
    filled = await models.fill(critic, prompt.fill(**told, drafts=listed), Ranking)
    ranking: Ranking = filled.value
    if sorted(ranking.best_to_worst) != list(range(1, len(drafts) + 1)):
        raise Unanswered.because(
            "no_ranking", f"{ranking.best_to_worst} does not name each of {len(drafts)} drafts once"
        )
    return _Order([drafts[number - 1] for number in ranking.best_to_worst], filled.answer)
