"""Conversations that are simulated: how they open, how a model is shown them, and when a speaker falls out of its part.

The rules for that need no model and read English phrases; what they miss is for the checks.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sterling.generate.seeds.seeding import chat_of
from sterling.models import Answer, Unanswered
from sterling.records import Record, content_text
from sterling.text.refusals import declining_opening, plain

Message = Mapping[str, Any]

_OUT_OF_PART = re.compile(
    r"\bas the (?:user|person|human|customer|simulated user)\b|\bi (?:am|'m|was) (?:playing|simulating|pretending)\b|"
    r"\brole[- ]?play|\bin character\b|\b(?:user|person) simulat|\bas an ai\b|\bas a (?:large )?language model\b"
)
_LABEL = re.compile(r"^\W*(?:person|assistant)\W*:", re.MULTILINE | re.IGNORECASE)
"""How `shown` marks who speaks."""


def opening_of(record: Record) -> list[dict[str, Any]] | None:
    """The real beginning of a record: its messages up to the first that a user says, or a text as that message.

    None where nobody says anything, or where tools are offered, for nobody could answer them.
    """
    if "tools" in record.payload:
        return None
    text = record.payload.get("text")
    chat = [{"role": "user", "content": text}] if isinstance(text, str) else chat_of(record)
    asked = next((at for at, turn in enumerate(chat or ()) if turn.get("role") == "user"), None)
    if chat is None or asked is None or not content_text(chat[asked].get("content")).strip():
        return None
    return chat[: asked + 1]


def question_of(opening: Sequence[Message]) -> str:
    """What was asked, as text."""
    return content_text(opening[-1].get("content")).strip()


def reply(answer: Answer) -> dict[str, Any]:
    """An answer as the assistant's message, its reasoning apart."""
    reasoning = {"reasoning_content": answer.reasoning} if answer.reasoning else {}
    return {"role": "assistant", "content": answer.text.strip(), **reasoning}


def bare(text: str) -> list[dict[str, Any]]:
    """A completion of one message."""
    return [{"role": "assistant", "content": text.strip()}]


def sent(chat: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as a model wants them back: without the reasoning of earlier turns."""
    return [{key: value for key, value in turn.items() if key != "reasoning_content"} for turn in chat]


def shown(chat: Sequence[Message], names: Mapping[str, str]) -> str:
    """A conversation as a text that another model reads. Roles without a name are left out."""
    turns = [(names[turn["role"]], content_text(turn.get("content")).strip()) for turn in chat if turn["role"] in names]
    return "\n\n".join(f"{name}: {text}" for name, text in turns)


def refuse_declined(text: str) -> None:
    """Raise `refused` for an answer that begins by declining. `Sorry to hear that` is no refusal."""
    if found := declining_opening(text):
        raise Unanswered.because("refused", f"an answer that begins with `{found}`")


def refuse_both_parts(text: str) -> None:
    """Raise `out_of_part` for a speaker who writes the other's lines as well."""
    if found := _LABEL.search(text):
        raise Unanswered.because("out_of_part", f"it writes the line of a speaker: `{found[0].strip()}`")


def refuse_out_of_part(text: str, given: str) -> None:
    """Raise `out_of_part` for a speaker who names its part, speaks of the play, or writes for both sides.

    Words that stand in `given`, the real opening, are its subject and give nobody away.
    """
    refuse_both_parts(text)
    found = _OUT_OF_PART.search(plain(text))
    if found and found[0].lower() not in plain(given):
        raise Unanswered.because("out_of_part", f"it speaks out of its part: `{found[0].strip()}`")
