"""The texts of a payload, in their order, and the same payload with other texts in their place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sterling.records import Record, content_text

_COLUMNS = ("text", "prompt", "completion", "chosen", "rejected", "messages")
Say = Callable[[str], str]


def texts_in(payload: Mapping[str, Any]) -> list[str]:
    """Every text that somebody says in it: strings, contents of messages and their reasoning. None from `tools`."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    _retold(payload, note)
    return found


def with_texts(payload: Mapping[str, Any], texts: Sequence[str]) -> dict[str, Any]:
    """The payload with these texts in place of those that `texts_in` finds, one for one."""
    told = iter(texts)
    return _retold(payload, lambda _: next(told))


def with_request(record: Record, request: str) -> dict[str, Any]:
    """The payload with another wording of what `prompt_of` finds, or of a text as a whole; all else stays."""
    payload = dict(record.payload)
    if "text" in payload:
        return {"text": request}
    place = "prompt" if "prompt" in payload else "messages"
    asked = payload[place]
    return payload | {place: request if isinstance(asked, str) else _asked_anew(asked, request)}


def has_tools(record: Record) -> bool:
    """Whether tools are offered or called in it: their arguments are no prose, and their results must match them."""
    turns = [turn for value in record.payload.values() if isinstance(value, list) for turn in value]
    return "tools" in record.payload or any(turn.get("tool_calls") or turn.get("role") == "tool" for turn in turns)


def _retold(payload: Mapping[str, Any], say: Say) -> dict[str, Any]:
    return {
        name: _value(value, say) if name in _COLUMNS and value is not None else value for name, value in payload.items()
    }


def _value(value: str | Sequence[Mapping[str, Any]], say: Say) -> Any:
    return say(value) if isinstance(value, str) else [_turn(turn, say) for turn in value]


def _turn(turn: Mapping[str, Any], say: Say) -> dict[str, Any]:
    told: dict[str, Any] = {n: say(turn[n]) for n in ("reasoning_content", "content") if isinstance(turn.get(n), str)}
    if isinstance(turn.get("content"), list):
        told["content"] = [_part(part, say) for part in turn["content"]]
    return {**turn, **told}


def _part(part: Any, say: Say) -> Any:
    return {**part, "text": say(part["text"])} if isinstance(part, Mapping) and "text" in part else part


def _asked_anew(turns: Sequence[Mapping[str, Any]], request: str) -> list[Any]:
    first = next(
        at for at, turn in enumerate(turns) if turn.get("role") == "user" and content_text(turn.get("content")).strip()
    )
    return [*turns[:first], {**turns[first], "content": request}, *turns[first + 1 :]]
