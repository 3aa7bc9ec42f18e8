"""`debate`: a question argued from two opposed positions, as reasoning that ends in an answer, or as a preference."""

from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.generate.talks.arguing import (
    Asked,
    Debated,
    Judged,
    Side,
    debate,
    judged,
    positions_on,
    refuse_leaks,
    transcript,
)
from sterling.generate.talks.chats import bare, opening_of, question_of
from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Endpoint, ModelRef, Models, Unanswered, lineage
from sterling.records import Fault, Record
from sterling.registry import Past, Task, register

LENSES: Mapping[str, str] = {
    "fact": "what is the case",
    "action": "what should be done",
    "weight": "which consideration counts for most",
}
"""Name of what positions may differ on, and how it is described."""
_LONGEST = 4_000
"""Characters of a question."""
_MARKS = frozenset("?\uff1f\u061f\u037e\u055e")
"""What ends a question in one script or another."""


class Conclusion(BaseModel):
    """A debate as one line of thought."""

    reasoning: str = Field(min_length=1)
    answer: str = Field(min_length=1)


class _Over(NamedTuple):
    """A debate with its verdict."""

    held: Debated
    said: Judged
    judge: Endpoint

    def writers(self, *first: Writer) -> list[Writer]:
        """Everybody who had a part in it."""
        sides = [Writer(side.endpoint, said) for side, said in zip(self.held.sides, self.held.closings, strict=True)]
        return [*first, *sides, Writer(self.judge, self.said.answer)]


@register("strategy", "debate")
class Debate(GridStrategy):
    """Questions of the anchor, argued from two opposed positions by models, and decided by a model of another family.

    Two positions that exclude each other are found on the cell's lens (`fact`, `action`, `weight`). Both sides speak in
    `exchanges` rounds, each without seeing what the other says in the same round, and then answer the question. The
    judge says who argued better, in both orders. Seeds whose opening holds no question mark are left out.

    `as: reasoning` gives prompt and completion, conversational: the debate as one line of thought in
    `reasoning_content`, and the answer that it comes to. `as: preference` gives the winner's answer as `chosen` and the
    other's as `rejected`. `as: both` gives one record of each, so that `count` records want half as many seeds.

    The judge decides what is written. It verifies nothing, and it counts as one of the writers: a `judge` among the
    checks must be of a third family. It may not share a family with the debaters, because a model prefers what its own
    kind says; the recipe is refused where that cannot be known.

    Ends in a fault: `not_debatable` (no two honest positions; how often, the seeds decide), `order_decides` (the judge
    prefers whichever stands first, or second), `refused`, `closings_alike`, `debate_leaked`, `copied_prompt`.

    Not guaranteed: that the better argued position is right. Debate helps judges most where one side can show evidence
    that the other must admit, and least on matters of taste.
    """

    model_config = ConfigDict(populate_by_name=True)
    prompts_used: ClassVar[tuple[str, ...]] = (
        "debate_positions", "debate_turn", "debate_closing", "debate_judge", "debate_answer",
    )  # fmt: skip

    judge: ModelRef
    """Who decides; of another family than `model` and `opponent`."""
    opponent: ModelRef | None = None
    """Who argues for the second position; unsaid, `model` argues for both."""
    exchanges: int = Field(default=2, ge=1, le=10)
    """Rounds of the debate."""
    writes: Literal["reasoning", "preference", "both"] = Field(default="reasoning", alias="as")
    """What is made of a debate."""
    lenses: Mapping[str, str] = Field(default=LENSES, min_length=1)
    """Name of what positions may differ on, and how it is described."""

    @model_validator(mode="after")
    def _judge_is_independent(self) -> Self:
        why = _dependence(self.judge, [self.model, *([self.opponent] if self.opponent else [])])
        if why:
            mend = "take a judge of another family, or say `family:` of each"
            raise PydanticCustomError("recipe", "{what}", {"what": why, "mend": mend})
        return self

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """As of every grid; half as many where each makes two records."""
        every = super().tasks(seeds, past, seed)
        if self.count is None or self.writes != "both":
            return every
        return islice(every, -(-max(0, self.count - past.kept) // 2))

    def cells(self) -> Sequence[Cell]:
        """One cell a lens."""
        return [Cell(name, {"lens": lens}) for name, lens in self.lenses.items()]

    def suits(self, record: Record) -> bool:
        """Whether somebody asks something in it."""
        opening = opening_of(record)
        asked = "" if opening is None else question_of(opening)
        return len(asked) <= _LONGEST and not _MARKS.isdisjoint(asked)

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The debate, the verdict, and what is made of them."""
        opening = opening_of(task.seeds[0]) or []
        question = question_of(opening)
        first, second = await positions_on(
            models, self.model, self.prompt("debate_positions"), question, task.spec["lens"]
        )
        sides = Side(self.model, first), Side(self.opponent or self.model, second)
        asked = Asked(question, *(self.prompt(f"debate_{name}") for name in ("turn", "closing", "judge")))
        held = await debate(models, asked, sides, self.exchanges)
        over = _Over(held, await judged(models, self.judge, asked, held), self.judge)
        if self.writes == "reasoning":
            return [(await self._reasoning(task, models, opening, over)).record("debate", task, source)]
        pair = self._preference(task, opening, over).record("debate", task, source)
        if self.writes == "preference":
            return [pair]
        return [pair, await self._beside(task, source, self._reasoning(task, models, opening, over))]

    @staticmethod
    async def _beside(task: Task, source: str, drafting: Awaitable[Draft]) -> Record | Fault:
        """A second record, whose failure costs the first one nothing."""
        try:
            return (await drafting).record("debate", task, source)
        except Unanswered as none:
            return none.fault(task.row)

    async def _reasoning(self, task: Task, models: Models, opening: Sequence[Mapping[str, Any]], over: _Over) -> Draft:
        question, winner = question_of(opening), over.held.sides[over.said.winner]
        told = self.prompt("debate_answer").fill(
            question=question,
            debate=transcript(over.held.rounds, 0, ("One view", "The opposite view")),
            position=winner.position,
            reason=over.said.reason,
        )
        filled = await models.fill(self.model, told, Conclusion)
        said: Conclusion = filled.value
        refuse_leaks(f"{said.reasoning}\n{said.answer}", question)
        message = {**bare(said.answer)[0], "reasoning_content": said.reasoning.strip()}
        payload = {"prompt": list(opening), "completion": [message]}
        return self._draft(task, payload, over.writers(Writer(self.model, filled.answer)), "reasoning")

    def _preference(self, task: Task, opening: Sequence[Mapping[str, Any]], over: _Over) -> Draft:
        chosen, rejected = over.held.closings[over.said.winner], over.held.closings[1 - over.said.winner]
        payload = {"prompt": list(opening), "chosen": bare(chosen.text), "rejected": bare(rejected.text)}
        winner = over.held.sides[over.said.winner].endpoint
        return self._draft(task, payload, over.writers(Writer(winner, chosen)), "preference")

    def _draft(self, task: Task, payload: Mapping[str, Any], writers: Sequence[Writer], kind: str) -> Draft:
        cell = task.spec["cell"]
        tags = ("task:debate", f"cell:{cell}", f"as:{kind}")
        decided = {**self.decided_of(task), "exchanges": self.exchanges, "as": kind}
        return Draft(payload, writers, [self.prompt(name) for name in self.prompts_used], tags=tags, decided=decided)


def _dependence(judge: Endpoint, debaters: Sequence[Endpoint]) -> str | None:
    """Why this judge is not independent of those who debate; None when it is."""
    for model in (judge, *debaters):
        if not lineage(model):
            return (
                f"the family of `{model.model}` is unknown, so nobody can say that judge and debaters are independent"
            )
    for debater in debaters:
        if shared := sorted(lineage(judge) & lineage(debater)):
            return f"`{judge.model}` and `{debater.model}` share the family {shared[0]}: a judge prefers its own kind"
    return None
