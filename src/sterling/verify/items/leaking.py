"""The same item with its answer in the question."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sterling.records import Record


def leaking(record: Record, answer: str) -> Record | None:
    """The record with a hint at the end of its prompt; None where the prompt is no text and has no turn of a user."""
    hint = f"\n(Hint: {answer})"
    asked = record.payload.get("prompt")
    if isinstance(asked, str):
        return replace(record, payload={**record.payload, "prompt": asked + hint})
    turns = asked if isinstance(asked, list) else record.payload.get("messages")
    hinted = _hinted(turns, hint) if isinstance(turns, list) else None
    name = "prompt" if isinstance(asked, list) else "messages"
    return None if hinted is None else replace(record, payload={**record.payload, name: hinted})


def _hinted(turns: list[Any], hint: str) -> list[Any] | None:
    """With the hint in the last question; a plain text, as most are."""
    places = [at for at, turn in enumerate(turns) if isinstance(turn, Mapping) and turn.get("role") == "user"]
    if not places or not isinstance(turns[places[-1]].get("content"), str):
        return None
    at = places[-1]
    return [*turns[:at], {**turns[at], "content": turns[at]["content"] + hint}, *turns[at + 1 :]]
