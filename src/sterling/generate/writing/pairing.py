"""A question and its answer in the shape of the seed: strings stay strings, and a chat stays a chat."""

from collections.abc import Mapping
from typing import Any

from sterling.models import Answer
from sterling.records import Record

_STANDING = ("system", "developer")
"""Roles whose messages tell an assistant what it is; they stand before a new question as they stood before the old."""


def chat_for(seed: Record, prompt: str) -> list[dict[str, Any]]:
    """What a model is asked so that it answers `prompt` as it would have answered the seed's."""
    return [*_standing(seed), {"role": "user", "content": prompt}]


def paired(seed: Record, prompt: str, answer: Answer) -> dict[str, Any]:
    """The payload of the pair. Reasoning is kept where the seed is a chat; TRL has no place for it beside a string."""
    chat, reply = chat_for(seed, prompt), _message(answer)
    if "messages" in seed.payload:
        return {"messages": [*chat, reply]}
    if isinstance(seed.payload.get("prompt"), list):
        return {"prompt": chat, "completion": [reply]}
    return {"prompt": prompt, "completion": answer.text.strip()}


def _message(answer: Answer) -> dict[str, Any]:
    reasoning = {"reasoning_content": answer.reasoning} if answer.reasoning else {}
    return {"role": "assistant", "content": answer.text.strip(), **reasoning}


def _standing(seed: Record) -> list[dict[str, Any]]:
    turns = seed.payload.get("messages", seed.payload.get("prompt"))
    return [] if not isinstance(turns, list) else [dict(turn) for turn in turns if _stands(turn)]


def _stands(turn: Mapping[str, Any]) -> bool:
    return turn.get("role") in _STANDING
