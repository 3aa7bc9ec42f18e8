"""Which result answers which call: the bookkeeping of a conversation with tools."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sterling.verify.forms.tools import Misfit


class _Made(NamedTuple):
    """A call that waits for its result."""

    id: str | None
    name: str | None


def unpaired(turns: Sequence[Any]) -> Misfit | None:
    """The first place where calls and results do not fit together; None when they do.

    Results follow the message that made the calls, in the order of the calls, one each: by `tool_call_id` where calls
    have ids, else by place (and `name`, where there is one). Calls may stay unanswered at the end only.

    Reasons: `duplicate_id`, `unanswered_call`, `orphan_result`, `unordered_result`.
    """
    waiting: list[_Made] = []
    seen: set[str] = set()
    for at, turn in enumerate(turns):
        role = turn.get("role") if isinstance(turn, Mapping) else None
        if role == "tool":
            reason = _answer(waiting, turn)
        elif waiting:
            reason = "unanswered_call"
        else:
            waiting = _made(turn) if role == "assistant" else []
            reason = _enter(seen, waiting)
        if reason is not None:
            return Misfit(reason, {"turn": at})
    return None


def _answer(waiting: list[_Made], turn: Mapping[str, Any]) -> str | None:
    """Take the call that a result answers off the list."""
    if not waiting:
        return "orphan_result"
    result, first = turn.get("tool_call_id"), waiting[0]
    by_place = result is None and first.id is None
    if by_place and turn.get("name") not in (None, first.name):
        return "orphan_result"
    if not by_place and result != first.id:
        later = [made.id for made in waiting[1:] if made.id is not None]
        return "unordered_result" if result in later else "orphan_result"
    del waiting[0]
    return None


def _enter(seen: set[str], made: Sequence[_Made]) -> str | None:
    for one in made:
        if one.id in seen:
            return "duplicate_id"
        if one.id is not None:
            seen.add(one.id)
    return None


def _made(turn: Mapping[str, Any]) -> list[_Made]:
    calls = turn.get("tool_calls")
    return [_label(call) for call in calls] if isinstance(calls, list) else []


def _label(call: Any) -> _Made:
    outer = call if isinstance(call, Mapping) else {}
    inner = outer.get("function", outer)
    name = inner.get("name") if isinstance(inner, Mapping) else None
    return _Made(*(one if isinstance(one, str) else None for one in (outer.get("id"), name)))
