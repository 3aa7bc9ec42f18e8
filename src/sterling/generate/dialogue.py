"""`dialogue`: conversations of several turns, from real openings, between a model of a user and an assistant."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from sterling.generate.talks.chats import (
    opening_of,
    question_of,
    refuse_both_parts,
    refuse_declined,
    refuse_out_of_part,
    reply,
    sent,
    shown,
)
from sterling.generate.writing.elimination import refuse_copied_prompt
from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.models import ModelRef, Models, Unanswered
from sterling.records import Fault, Record
from sterling.registry import Task, register
from sterling.text.templates import Template

TEMPERS: Mapping[str, str] = {
    "patient": "friendly and patient; asks back when something is unclear",
    "hurried": "in a hurry; writes in fragments, skips courtesies, wants the short version",
    "doubtful": "doubtful; questions claims, asks how the assistant knows and what could go wrong",
    "lost": "unsure of the subject and its words; misunderstands a point and needs it put another way",
    "exacting": "knows the subject well; is precise and notices every mistake and omission",
}
"""Name of a temper, and how it is described to the model of the user."""
GOALS: Mapping[str, str] = {
    "solve": "to get the matter of the first message solved, in their own case and to the last step",
    "understand": "to understand why it is so, well enough to explain it to somebody else",
    "decide": "to come to a decision between the options there are, knowing what speaks against the one they take",
    "adapt": "an answer that fits a circumstance which they mention only after the first answer",
}
"""Name of a kind of goal, and how it is described. What it means for this person, the opening tells."""
_NAMES = {"user": "Person", "assistant": "Assistant"}
_LONGEST = 4_000
"""Characters of an opening; longer ones are documents rather than messages."""


class UsersTurn(BaseModel):
    """What the model of the user gives."""

    goal_met: bool
    message: str = ""


@register("strategy", "dialogue")
class Dialogue(GridStrategy):
    """Simulated conversations that begin with what a person really wrote, and go on until that person's goal is met.

    The opening is the seed's first message by a user, with the system message before it if there is one; a text is
    such a message itself. The assistant sees the conversation and nothing else. The user is another model, or the same
    one, that is told a goal and a temper; both are the cell. The conversation ends with an answer: when the user's
    model says that the goal is met (tag `ended:goal_met`), or after `turns` answers (`ended:turns`).

    The record has `messages`, with reasoning in `reasoning_content`. Nothing that the user's model was told is in it.
    Ends in a fault: `refused` (the assistant declines), `out_of_part` (the user names its part or speaks of the play,
    or a side writes for both), `copied_prompt` (the user repeats its instructions), `user_empty`, `user_repeats`.

    Not guaranteed: that a model behaves like people do. Simulated users are more polite, more coherent and easier to
    satisfy than real ones, and `goal_met` is their word, which nobody has checked. Refusals and slips are told by
    English phrases.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("dialogue",)

    user_model: ModelRef | None = None
    """Who plays the user; unsaid, `model`."""
    turns: int = Field(default=3, ge=1, le=20)
    """Answers of the assistant at most."""
    tempers: Mapping[str, str] = Field(default=TEMPERS, min_length=1)
    """Name of a temper, and how it is described to the user's model."""
    goals: Mapping[str, str] = Field(default=GOALS, min_length=1)
    """Name of a kind of goal, and how it is described."""

    def cells(self) -> Sequence[Cell]:
        """Tempers by goals."""
        return [
            Cell(f"{temper}/{goal}", {"temper": how, "goal": what, "tags": [f"temper:{temper}", f"goal:{goal}"]})
            for goal, what in self.goals.items()
            for temper, how in self.tempers.items()
        ]

    def suits(self, record: Record) -> bool:
        """Whether somebody says something in it, of a message's length."""
        opening = opening_of(record)
        return opening is not None and len(question_of(opening)) <= _LONGEST

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The conversation, turn by turn."""
        opening = opening_of(task.seeds[0]) or []
        prompt, chat, ended = self.prompt("dialogue"), list(opening), "turns"
        writers: list[Writer] = []
        for turn in range(self.turns):
            if turn:
                user, message = await self._user(models, prompt, chat, task)
                writers.append(user)
                if message is None:
                    ended = "goal_met"
                    break
                chat.append({"role": "user", "content": message})
            answer = await models.say(self.model, sent(chat))
            refuse_declined(answer.text)
            refuse_both_parts(answer.text)
            writers.insert(0, Writer(self.model, answer))
            chat.append(reply(answer))
        return [self._draft(task, chat, writers, prompt, ended).record("dialogue", task, source)]

    async def _user(
        self, models: Models, prompt: Template, chat: Sequence[Mapping[str, Any]], task: Task
    ) -> tuple[Writer, str | None]:
        """What the user says next; None when the goal is met."""
        endpoint, spec = self.user_model or self.model, task.spec
        asked = prompt.fill(goal=spec["goal"], temper=spec["temper"], conversation=shown(chat, _NAMES))
        filled = await models.fill(endpoint, asked, UsersTurn)
        turn: UsersTurn = filled.value
        message = None if turn.goal_met else turn.message.strip()
        if message is not None:
            _refuse_as_user(message, chat, prompt, f"{spec['goal']} {spec['temper']}")
        return Writer(endpoint, filled.answer), message

    def _draft(
        self, task: Task, chat: Sequence[Mapping[str, Any]], writers: Sequence[Writer], prompt: Template, ended: str
    ) -> Draft:
        tags = ("task:dialogue", f"cell:{task.spec['cell']}", *task.spec["tags"], f"ended:{ended}")
        decided = {**self.decided_of(task), "turns": self.turns}
        return Draft({"messages": list(chat)}, _each_once(writers), [prompt], tags=tags, decided=decided)


def _refuse_as_user(message: str, chat: Sequence[Mapping[str, Any]], prompt: Template, told: str) -> None:
    said = [question_of([turn]) for turn in chat if turn["role"] == "user"]
    if not message:
        raise Unanswered.because("user_empty", "the user's model has no goal met and nothing to say")
    if message in said:
        raise Unanswered.because("user_repeats", "the user's model says again what was said before")
    refuse_out_of_part(message, said[0])
    refuse_copied_prompt(message, shown(chat, _NAMES), prompt, Template.of(told))


def _each_once(writers: Sequence[Writer]) -> list[Writer]:
    """Each model once, the assistant's last answer first."""
    seen: dict[int, Writer] = {}
    for writer in writers:
        seen.setdefault(id(writer.endpoint), writer)
    return list(seen.values())
