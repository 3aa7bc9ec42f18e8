"""The check `math`: does the final answer of a solution equal the reference answer?"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa

from sterling.records import Family, Fault, content_text
from sterling.registry import RecordCheck, Ruling, register
from sterling.verify.answers import Found, find_answer
from sterling.verify.equality import same, value_of

_SHOWN = 80
"""Characters of an answer that go into evidence."""


class Expected(NamedTuple):
    """What a record's reference says the answer is."""

    answer: str | None
    problem: str | None = None
    """`no_reference` or `bad_reference` when there is no answer to compare with."""


@register("check", "math")
class Math(RecordCheck):
    """Compares the final answer of a completion with `reference.answer`, as text or as an exact rational.

    Where the answer stands is in `sterling.verify.answers`, what counts as equal in `sterling.verify.equality`. The
    completion is read, else the last assistant message, else the text. `reference.answer` may be a number, the answer
    as text, or a whole solution that states it by the same markers (GSM8K's `... #### 18`).

    Keeps `equal`. Drops `different`, `no_answer` and `ambiguous_answer` (one marker, several answers that differ).
    Flags `no_reference`, `bad_reference` (empty, no text or number, or a solution that states no answer or several)
    and `no_completion`: nothing was checked there, so nothing is verified.

    Traps it is built against: `5 or 7` for 5; `5%` for 5 or for 0.05; `5 oranges` for 5 apples; `{1,2}` for (1,2);
    `1 2 ... 10` for 10; towers of powers and numbers of a million digits, which stay text; a hedge over several lines.

    Not guaranteed: that the steps are right (an answer can be right by luck), or that an equal answer in another form
    is recognised (`2*sqrt(2)` for `sqrt(8)`, `five` for 5, `0.33` for 1/3, a bare `5` for `5 km`): those are dropped.
    The label of an unpaired preference is not looked at.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "symbolic"
    needs: ClassVar[frozenset[str]] = frozenset({"answer"})

    last_number: bool = False
    """Take the last number of a completion that marks no final answer. Accepts by luck more often."""

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row. Never a fault: whatever is in a row is compared as text."""
        rows = zip(batch.column("reference").to_pylist(), _solutions(batch), strict=True)
        return [self._ruling(_expected(reference), solution) for reference, solution in rows]

    def _ruling(self, expected: Expected, solution: str | None) -> Ruling:
        if expected.answer is None:
            return Ruling("flag", expected.problem or "no_reference")
        if solution is None:
            return Ruling("flag", "no_completion")
        found = find_answer(solution, last_number=self.last_number)
        if found is None:
            return Ruling("drop", "no_answer", 0.0, {"expected": expected.answer[:_SHOWN]})
        return _compared(found, expected.answer)


def _compared(found: Found, expected: str) -> Ruling:
    evidence = {"answer": found.answer[:_SHOWN], "expected": expected[:_SHOWN], "marker": found.marker}
    if found.ambiguous:
        return Ruling("drop", "ambiguous_answer", 0.0, evidence)
    tier = same(found.answer, expected)
    if tier is None:
        return Ruling("drop", "different", 0.0, evidence | _why(found.answer, expected))
    return Ruling("keep", "equal", 1.0, evidence | {"tier": tier})


def _why(answer: str, expected: str) -> dict[str, str]:
    """Tells a wrong number from a unit that only a person can judge."""
    mine, theirs = value_of(answer), value_of(expected)
    if mine is None or theirs is None or mine.number != theirs.number:
        return {}
    return {"differs": "unit"}


@lru_cache(maxsize=4096)
def _expected(reference: str | None) -> Expected:
    """Cached because several completions of one problem share its reference."""
    answer = json.loads(reference).get("answer", _MISSING) if reference is not None else _MISSING
    if answer is _MISSING:
        return Expected(None, "no_reference")
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return Expected(str(answer))
    if not isinstance(answer, str) or not answer.strip():
        return Expected(None, "bad_reference")
    return _stated_in(answer.strip())


_MISSING = object()


def _stated_in(reference: str) -> Expected:
    """The answer itself, or the final answer of a whole solution."""
    if value_of(reference) is not None:
        return Expected(reference)
    found = find_answer(reference)
    if found is None:
        return Expected(None, "bad_reference") if "\n" in reference else Expected(reference)
    return Expected(None, "bad_reference") if found.ambiguous else Expected(found.answer)


def _solutions(batch: pa.RecordBatch) -> Iterator[str | None]:
    """What the model said in each row; None where the row holds no completion."""
    names = ("completion", "messages", "text", "conversational")
    for completion, messages, text, talks in zip(*(batch.column(n).to_pylist() for n in names), strict=True):
        if completion is not None:
            yield _last_assistant(completion) if talks else completion
        else:
            yield text if messages is None else _last_assistant(messages)


def _last_assistant(messages: str) -> str | None:
    for message in reversed(json.loads(messages)):
        if message.get("role") == "assistant":
            return content_text(message.get("content")) or None
    return None
