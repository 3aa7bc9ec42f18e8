"""From a user's columns to payload values: found by dotted path, checked by type, nothing guessed."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from sterling.records import format_of

MISSING: Final = object()
"""What `dig` finds where there is nothing; a null that is written there is found as None."""

_SHAREGPT_ROLES = {
    "human": "user", "user": "user", "gpt": "assistant", "chatgpt": "assistant", "bing": "assistant",
    "assistant": "assistant", "model": "assistant", "system": "system", "tool": "tool", "observation": "tool",
    "function_response": "tool",
}  # fmt: skip
_ABOUT_TURN = ("name", "tool_calls", "tool_call_id", "thinking", "reasoning", "reasoning_content")
"""What a message may have beside role and content; the rest (times, authors, ratings) is nothing to train on."""
_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}


class BadRow(Exception):
    """A row that cannot become an item; whoever reads the source makes a fault of it."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason, self.message = reason, message
        super().__init__(message)


def dig(values: Any, path: str) -> Any:
    """The value of a column, or at a dotted path into nested ones (a number picks from a list); else `MISSING`."""
    if isinstance(values, Mapping) and path in values:
        return values[path]
    head, dot, rest = path.partition(".")
    while dot:
        inner = _step(values, head)
        if inner is not MISSING and (found := dig(inner, rest)) is not MISSING:
            return found
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return _step(values, path) if isinstance(values, list) else MISSING


def _step(values: Any, key: str) -> Any:
    if isinstance(values, Mapping):
        return values.get(key, MISSING)
    if isinstance(values, list) and key.isdecimal() and int(key) < len(values):
        return values[int(key)]
    return MISSING


def text(value: Any, name: str) -> str:
    """A string that says something."""
    if not isinstance(value, str):
        raise wrong_type(name, value, "a string")
    if not value.strip():
        raise BadRow("empty_text", f"`{name}` is empty")
    return value


def turns(value: Any, name: str) -> list[dict[str, Any]]:
    """A list of messages with `role` and `content`; ShareGPT's `from` and `value` are translated."""
    listed = parsed(value, "[")
    if not isinstance(listed, list):
        raise wrong_type(name, value, "a list of messages")
    if not listed:
        raise BadRow("empty_text", f"`{name}` has no messages")
    return [_turn(turn, f"{name}[{i}]") for i, turn in enumerate(listed)]


def text_or_turns(value: Any, name: str) -> str | list[dict[str, Any]]:
    """What TRL allows for prompts and answers: a string, or a list of messages."""
    return turns(value, name) if isinstance(value, list) else text(value, name)


def boolean(value: Any, name: str) -> bool:
    """True or false; also 1 and 0, and either as a string, as CSV has them."""
    known = {"true": True, "1": True, "false": False, "0": False}
    spelled = str(value).strip().lower().removesuffix(".0") if isinstance(value, bool | int | float | str) else ""
    if spelled not in known:
        raise wrong_type(name, value, "true or false")
    return known[spelled]


def mapping(value: Any, name: str) -> dict[str, Any]:
    """A JSON object with at least one entry."""
    found = parsed(value, "{")
    if not isinstance(found, Mapping):
        raise wrong_type(name, value, "an object")
    if not found:
        raise BadRow("empty_text", f"`{name}` has no entries")
    return {str(key): plain(inner, name) for key, inner in found.items()}


def said(value: Any) -> Any:
    """A JSON value without the null entries of its objects: Parquet gives every row the keys of all rows."""
    if isinstance(value, Mapping):
        return {key: said(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [said(inner) for inner in value]
    return value


def listing(value: Any, name: str) -> list[Any]:
    """A JSON list."""
    found = parsed(value, "[")
    if not isinstance(found, list):
        raise wrong_type(name, value, "a list")
    return [plain(inner, name) for inner in found]


def scalar(value: Any, name: str) -> str:
    """A string, number, truth value or date as text: equal values are spelled alike wherever they come from.

    Whole floating-point numbers lose their `.0`, because a column of integers with gaps is read as one of floats.
    """
    found = plain(value, name)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if isinstance(found, str):
        return found
    if isinstance(found, bool | int | float):
        return json.dumps(found)
    raise wrong_type(name, value, "a string or a number")


def plain(value: Any, name: str) -> Any:
    """The value as JSON has it: dates in ISO 8601, decimals as numbers, durations in seconds."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | Decimal):
        return _finite(float(value), name)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): plain(inner, name) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(inner, name) for inner in value]
    raise wrong_type(name, value, "something that JSON can say")


PAYLOAD: Mapping[str, Callable[[Any, str], Any]] = {
    "text": text, "messages": turns, "prompt": text_or_turns, "completion": text_or_turns, "chosen": text_or_turns,
    "rejected": text_or_turns, "label": boolean, "fields": mapping, "tools": listing,
}  # fmt: skip
"""How each payload key is taken from a value of the user's."""


def payload_from(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A payload of some dataset type out of raw values by payload key; `names` are the user's columns, for messages."""
    payload = {key: PAYLOAD[key](value, names.get(key, key)) for key, value in values.items()}
    talking = [key for key in ("prompt", "completion", "chosen", "rejected") if isinstance(payload.get(key), list)]
    for key in ("prompt", "completion", "chosen", "rejected") if talking else ():
        if isinstance(payload.get(key), str):
            payload[key] = [{"role": "user" if key == "prompt" else "assistant", "content": payload[key]}]
    try:
        format_of(payload)
    except ValueError as error:
        raise BadRow("no_dataset_type", str(error)) from error
    return payload


def wrong_type(name: str, value: Any, wanted: str) -> BadRow:
    """The fault of a value that is something else; the value itself is not shown."""
    return BadRow("wrong_type", f"`{name}` is {_kind(value)}, not {wanted}")


def _turn(turn: Any, name: str) -> dict[str, Any]:
    if not isinstance(turn, Mapping):
        raise wrong_type(name, turn, "a message")
    if "from" in turn and "role" not in turn:
        role, content = _SHAREGPT_ROLES.get(str(turn["from"]).lower()), turn.get("value")
        rest = {}
    else:
        role, content = turn.get("role"), turn.get("content")
        rest = {key: said(plain(turn[key], name)) for key in _ABOUT_TURN if turn.get(key) is not None}
    if role not in _ROLES:
        raise BadRow("wrong_type", f"`{name}` has no role out of {', '.join(sorted(_ROLES))}")
    if (content is None or content == "") and rest:  # a call of a tool says nothing beside it
        return {"role": role, "content": "", **rest}
    return {"role": role, "content": text(content, f"{name}.content"), **rest}


def parsed(value: Any, opening: str) -> Any:
    """Structures that a CSV or Parquet file holds as JSON text."""
    if not isinstance(value, str) or not value.lstrip().startswith(opening):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _finite(value: float, name: str) -> float:
    if not math.isfinite(value):
        raise BadRow("not_finite", f"`{name}` is {value}, which JSON cannot say")
    return value


def _kind(value: Any) -> str:
    kinds = {
        type(None): "null", bool: "true or false", int: "a number", float: "a number", str: "a string",
        list: "a list", dict: "an object", bytes: "bytes",
    }  # fmt: skip
    return kinds.get(type(value), type(value).__name__)
