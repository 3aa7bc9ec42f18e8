"""Real tasks: a student answers held-out prompts of people, and somebody else says whether the answer is right.

Likelihood rewards text that is like the generator's; a task does not care how an answer is put. What answers are right
is never decided here: a `Judge` is passed in, which in a run is the recipe's own check (math, schema, tests, …).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from sterling.records import Record, payload_text
from sterling.records.views import content_text

Floats = npt.NDArray[np.float64]


class Example(NamedTuple):
    """A record as an experiment sees it: plain text, and what an answer is held against."""

    id: str
    text: str
    """All of it, as a trainer reads it."""
    prompt: str | None = None
    """None for text without a question."""
    completion: str | None = None
    """The true answer; None where the record has none."""
    reference: Mapping[str, Any] | None = None
    """What a check needs to verify another answer."""

    @property
    def is_task(self) -> bool:
        """Whether there is something to ask and something to hold the answer against."""
        return self.prompt is not None and self.completion is not None


Judge = Callable[[Sequence[Example], Sequence[str]], Sequence[bool | None]]
"""Of each example and the answer beside it: is the answer right? None where that could not be judged."""


class Solver(Protocol):
    """A student that answers prompts."""

    @property
    def name(self) -> str:
        """Which it is and how it answers, for evidence."""

    @property
    def items(self) -> Sequence[Example]:
        """What it is asked, in the order of `failures`; slices are masks over these."""

    def failures(self, training: Sequence[Example], seed: int) -> Floats:
        """Train anew, and say of each item whether the answer was wrong: 0 or 1, NaN where nobody could judge it."""


class Unsuited(NamedTuple):
    """Why a student or task cannot be had on these data."""

    name: str
    why: str


def example_of(record: Record) -> Example:
    """A record's text, and its last question and answer as far as it has them.

    A chat is asked up to its last assistant's message, tools and reasoning left out; of a preference the chosen answer
    counts. Tables and plain text have no question.
    """
    asked, answered = _dialogue(record.payload)
    return Example(record.id, payload_text(record.payload), asked, answered, record.reference)


def equality(examples: Sequence[Example], answers: Sequence[str]) -> list[bool | None]:
    """The judge where no check applies: an answer is right if it is the completion, blanks apart.

    It measures agreement with one known answer. A right answer in other words counts as wrong.
    """
    return [
        None if one.completion is None else one.completion.split() == answer.split()
        for one, answer in zip(examples, answers, strict=True)
    ]


def judged(judge: Judge | None, examples: Sequence[Example], answers: Sequence[str]) -> Floats:
    """Failures of answers: 0 right, 1 wrong, NaN where neither the judge nor equality can tell."""
    said = equality(examples, answers)
    if judge is not None:
        said = [own if own is not None else plain for own, plain in zip(judge(examples, answers), said, strict=True)]
    return np.array([np.nan if one is None else float(not one) for one in said], np.float64)


def _dialogue(payload: Mapping[str, Any]) -> tuple[str | None, str | None]:
    if payload.get("messages"):
        return _of_chat(payload["messages"])
    answer = payload.get("completion", payload.get("chosen"))
    if "label" in payload and not payload["label"]:
        answer = None  # An answer that its raters did not want is no truth.
    return _plain(payload.get("prompt")), _plain(answer)


def _of_chat(messages: Sequence[Mapping[str, Any]]) -> tuple[str | None, str | None]:
    places = [at for at, one in enumerate(messages) if one.get("role") == "assistant" and one.get("content")]
    if not places or not places[-1]:
        return None, None
    return _plain(messages[: places[-1]]), content_text(messages[places[-1]]["content"])


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return "\n".join(content_text(message.get("content")) for message in value)
