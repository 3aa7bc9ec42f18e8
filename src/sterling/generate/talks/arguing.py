"""A debate between two positions, and a judge's word on it in both orders. Nothing here is a record yet.

Both sides speak at the same time in each round and read each other between rounds, so neither has the last word and
the sides can be exchanged before a judge (as in Khan et al., arXiv 2402.06782).
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel

from sterling.generate.talks.chats import refuse_declined
from sterling.generate.writing.elimination import refuse_copied_prompt
from sterling.models import Answer, Endpoint, Models, Unanswered
from sterling.text.templates import Template

_NOTHING = "(Nothing yet: you open.)"
_LEAKS = re.compile(
    r"\b(?:the other side|my opponent|(?:in|of|from) (?:the|this|our) debate|the debaters?|the judges?|"
    r"(?:side|position|debater) [ab])\b",
    re.IGNORECASE,
)


class Positions(BaseModel):
    """Two positions on a question."""

    debatable: bool
    first: str = ""
    second: str = ""


class Better(BaseModel):
    """What the judge says of one order."""

    reason: str
    better: Literal["A", "B"]


class Side(NamedTuple):
    """Who argues for what."""

    endpoint: Endpoint
    position: str


class Asked(NamedTuple):
    """What a debate is about, and the prompts that it is held with."""

    question: str
    turn: Template
    closing: Template
    judge: Template


class Debated(NamedTuple):
    """A debate that is over."""

    sides: tuple[Side, Side]
    rounds: tuple[tuple[str, str], ...]
    closings: tuple[Answer, Answer]
    """Of each side: the answer that it would give to whoever asked."""


class Judged(NamedTuple):
    """What the judge says, the same in both orders."""

    winner: Literal[0, 1]
    reason: str
    answer: Answer
    """The judge's, as it came, for provenance."""


async def positions_on(
    models: Models, endpoint: Endpoint, prompt: Template, question: str, lens: str
) -> tuple[str, str]:
    """Two positions that exclude each other. Unanswered with `not_debatable` where the model finds none."""
    filled = await models.fill(endpoint, prompt.fill(question=question, lens=lens), Positions)
    said: Positions = filled.value
    first, second = said.first.strip(), said.second.strip()
    if not said.debatable or not first or not second or first == second:
        raise Unanswered.because("not_debatable", "the model sees no two positions on it that can be held honestly")
    return first, second


async def debate(models: Models, asked: Asked, sides: tuple[Side, Side], rounds: int) -> Debated:
    """So many rounds, and the closing answers."""
    held: tuple[tuple[str, str], ...] = ()
    for _ in range(rounds):
        one, other = await models.together(*(_turn(models, asked, sides, held, at) for at in (0, 1)))
        held = (*held, (one, other))
    first, second = await models.together(*(_closing(models, asked, sides, held, at) for at in (0, 1)))
    if first.text.split() == second.text.split():
        raise Unanswered.because("closings_alike", "both sides end in the same answer")
    return Debated(sides, held, (first, second))


async def judged(models: Models, judge: Endpoint, asked: Asked, held: Debated) -> Judged:
    """Who argued better, asked in both orders. Unanswered: `order_decides`, when the place wins."""
    forward, backward = await models.together(*(_verdict(models, judge, asked, held, first) for first in (0, 1)))
    winners = (0 if forward[0].better == "A" else 1), (1 if backward[0].better == "A" else 0)
    if winners[0] != winners[1]:
        stands = "first" if forward[0].better == "A" else "second"
        raise Unanswered.because("order_decides", f"the judge prefers whichever side stands {stands}")
    return Judged(0 if winners[0] == 0 else 1, forward[0].reason, forward[1])


def transcript(rounds: Sequence[tuple[str, str]], first: int, names: tuple[str, str]) -> str:
    """The rounds one below the other, the side `first` first in each; `names` in the order in which they stand."""
    lines = [(name, said[first if at == 0 else 1 - first]) for said in rounds for at, name in enumerate(names)]
    return "\n\n".join(f"{name}: {text}" for name, text in lines)


def refuse_leaks(text: str, question: str) -> None:
    """Raise `debate_leaked` for a text that speaks of the debate, its sides or its judge, unless the question does."""
    found = _LEAKS.search(text)
    if found and found[0].lower() not in question.lower():
        raise Unanswered.because("debate_leaked", f"it speaks of `{found[0]}`")


async def _turn(
    models: Models, asked: Asked, sides: tuple[Side, Side], held: Sequence[tuple[str, str]], at: int
) -> str:
    mine, theirs = sides[at], sides[1 - at]
    so_far = transcript(held, at, ("You", "The other side")) or _NOTHING
    told = asked.turn.fill(question=asked.question, position=mine.position, opposed=theirs.position, debate=so_far)
    answer = await models.say(mine.endpoint, told)
    refuse_declined(answer.text)
    return answer.text.strip()


async def _closing(
    models: Models, asked: Asked, sides: tuple[Side, Side], held: Sequence[tuple[str, str]], at: int
) -> Answer:
    so_far = transcript(held, at, ("You", "The other side"))
    told = asked.closing.fill(question=asked.question, position=sides[at].position, debate=so_far)
    answer = await models.say(sides[at].endpoint, told)
    refuse_declined(answer.text)
    refuse_leaks(answer.text, asked.question)
    refuse_copied_prompt(answer.text, f"{asked.question}\n{so_far}", asked.closing)
    return answer


async def _verdict(models: Models, judge: Endpoint, asked: Asked, held: Debated, first: int) -> tuple[Better, Answer]:
    told = asked.judge.fill(
        question=asked.question,
        debate=transcript(held.rounds, first, ("A", "B")),
        first=held.closings[first].text.strip(),
        second=held.closings[1 - first].text.strip(),
    )
    filled = await models.fill(judge, told, Better)
    return filled.value, filled.answer
