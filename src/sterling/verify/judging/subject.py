"""What of a record is put before a judge: the task, the answer or the two answers, the reasoning."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sterling.records import Record, canonical_json, content_text
from sterling.registry import NearMiss, Ruling


class Subject(NamedTuple):
    """One record as a judge sees it."""

    turns: tuple[Mapping[str, str], ...]
    """Messages before the answer, `role` and `content`; a prompt that is a string is one by the user."""
    answers: tuple[str, ...]
    """One, or chosen and rejected."""
    reasoning: str = ""
    """Of the answer, or of the chosen one, where its messages have it apart; not shown to a judge of answers."""
    label: bool | None = None
    """Of an unpaired preference: what the record says of its answer."""
    reference: str | None = None
    """`reference.answer`, where it is text or a number."""

    @property
    def task(self) -> str:
        """What was said before the answer, as one text: a single question bare, more under their roles."""
        if len(self.turns) == 1:
            return self.turns[0]["content"]
        return "\n\n".join(f"[{turn['role']}]\n{turn['content']}" for turn in self.turns)

    @property
    def is_pair(self) -> bool:
        """Whether it is a preference between two answers."""
        return len(self.answers) == 2


def subject_of(record: Record) -> Subject:
    """The task and the answers of a record of any format. What is neither is judged as an answer without a task."""
    payload = record.payload
    if record.format == "preference":
        return _pair(payload)._replace(reference=_reference(record))
    task, answer = _parts(payload)
    label = payload.get("label")
    return Subject(
        _turns(task), (_said(answer),), _reasoning(answer),
        label if isinstance(label, bool) else None, _reference(record),
    )  # fmt: skip


def unasked(subject: Subject) -> Ruling | None:
    """What can be said of a subject without asking anybody; None when a judge must say it."""
    if says_nothing(subject.answers[0]):
        return Ruling("drop", "empty_answer", None, {"answer": subject.answers[0][:80]})
    if subject.is_pair and subject.answers[0] == subject.answers[1]:
        return Ruling("drop", "equal_answers", None, {"answer": subject.answers[0][:80]})
    return None


def says_nothing(answer: str) -> bool:
    """Whether an answer is blank, punctuation, or one of the openings that win judges over by themselves.

    Zhao et al., "One Token to Fool LLM-as-a-Judge", arXiv 2507.08794: a colon or `Thought process:` alone is accepted
    by many judges in a large share of cases. Symbols that may be an answer (`<`, `=`, an emoji) are not counted as
    nothing.
    """
    words = "".join(" " if _is_noise(c) else c for c in answer).casefold().split()
    return not words or " ".join(words) in _OPENINGS


_OPENINGS = frozenset({
    "solution", "the solution", "answer", "the answer", "the answer is", "final answer", "the final answer is",
    "thought process", "thinking process", "thought", "thoughts", "reasoning", "explanation", "step 1", "step one",
    "let s solve this step by step", "let us solve this step by step", "let s solve this problem step by step",
    "let us solve this problem step by step", "let s think step by step", "let us think step by step",
    "let s solve the problem step by step", "let s work through this step by step", "let s break this down",
    "let s break it down step by step", "step by step", "here is the solution", "here s the solution",
    "to solve this problem", "to solve this", "解", "解答", "答案", "かいせつ", "解説", "respuesta", "solución",
    "réponse", "antwort", "lösung", "risposta", "ответ", "решение",
})  # fmt: skip
"""Casefolded, without punctuation."""
_MARKS = frozenset("`^~|")


def _is_noise(char: str) -> bool:
    return char in _MARKS or unicodedata.category(char)[0] in "PZC"


def _parts(payload: Mapping[str, Any]) -> tuple[Any, Any]:
    if "completion" in payload:
        return payload.get("prompt") or (), payload["completion"]
    if "messages" in payload:
        return _before_the_answer(_listed(payload["messages"]))
    if "fields" in payload:
        return (), canonical_json(payload["fields"])
    return (), payload.get("text") or payload.get("prompt") or ""


def _listed(value: Any) -> list[Mapping[str, Any]]:
    """Messages, whatever a row calls so: what is none is a message with that text."""
    listed = value if isinstance(value, list | tuple) else [value]
    return [one if isinstance(one, Mapping) else {"content": str(one)} for one in listed]


def _before_the_answer(messages: Sequence[Mapping[str, Any]]) -> tuple[Any, Any]:
    """The last message by the assistant is the answer; nothing is, where there is none."""
    places = [at for at, message in enumerate(messages) if message.get("role") == "assistant"]
    if not places:
        return messages, ""
    return messages[: places[-1]], messages[places[-1] : places[-1] + 1]


def _pair(payload: Mapping[str, Any]) -> Subject:
    task, chosen, rejected = payload.get("prompt") or (), payload["chosen"], payload["rejected"]
    if not task and not isinstance(chosen, str) and not isinstance(rejected, str):
        chosen, rejected = _listed(chosen), _listed(rejected)
        shared = _shared(chosen, rejected)
        task, chosen, rejected = chosen[:shared], chosen[shared:], rejected[shared:]
    return Subject(_turns(task), (_said(chosen), _said(rejected)), _reasoning(chosen))


def _shared(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How many messages two conversations begin with in common; the last of either is never one of them."""
    most = max(0, min(len(one), len(other)) - 1)
    return next((at for at in range(most) if one[at] != other[at]), most)


def _turns(prompt: Any) -> tuple[Mapping[str, str], ...]:
    if isinstance(prompt, str):
        return ({"role": "user", "content": prompt},)
    return tuple({"role": str(message.get("role")), "content": _message(message)} for message in _listed(prompt))


def _said(answer: Any) -> str:
    """A string as it is; messages joined."""
    return answer if isinstance(answer, str) else "\n\n".join(map(_message, _listed(answer)))


def _message(message: Mapping[str, Any]) -> str:
    calls = canonical_json(message["tool_calls"]) if message.get("tool_calls") else ""
    return "\n".join(part for part in (content_text(message.get("content")), calls) if part)


def _reasoning(answer: Any) -> str:
    if isinstance(answer, str):
        return ""
    return "\n\n".join(text for message in _listed(answer) if (text := content_text(message.get("reasoning_content"))))


def _reference(record: Record) -> str | None:
    answer = record.reference.get("answer") if isinstance(record.reference, Mapping) else None
    if isinstance(answer, bool) or not isinstance(answer, str | int | float):
        return None
    return str(answer).strip() or None


def turned(record: Record) -> Sequence[NearMiss]:
    """A preference the wrong way round: as near a miss as there is. Nothing for other records."""
    if record.format != "preference":
        return ()
    payload = {**record.payload, "chosen": record.payload["rejected"], "rejected": record.payload["chosen"]}
    return [NearMiss(replace(record, payload=payload), "swapped_preference")]
