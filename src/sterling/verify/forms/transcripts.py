"""What an agent did in an environment, as its transcript says, and transcripts that say something else on purpose."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sterling.records import Record, canonical_json, content_text
from sterling.registry import NearMiss
from sterling.sandbox.simulation import Call
from sterling.verify.forms.tool_results import unpaired
from sterling.verify.forms.tools import BadCall, call_from


class BadTranscript(ValueError):
    """A transcript that cannot be replayed. `reason` is a code."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class Transcript(NamedTuple):
    """Calls, what is recorded of each, and how it ends."""

    calls: tuple[Call, ...]
    recorded: tuple[str, ...]
    """What the transcript says that each call gave."""
    answer: str
    """The final message."""


def turns_of(payload: Mapping[str, Any]) -> list[Any] | None:
    """All messages of a payload, prompt and completion one after the other; None where there are none."""
    if isinstance(payload.get("messages"), list):
        return list(payload["messages"])
    prompt, completion = payload.get("prompt"), payload.get("completion")
    if not isinstance(completion, list):
        return None
    return [*(prompt if isinstance(prompt, list) else []), *completion]


def transcript_of(turns: Sequence[Any]) -> Transcript:
    """What was called, given and said. BadTranscript `bad_call` or `unfinished` (no final message by the assistant)."""
    odd = unpaired(turns)
    if odd is not None:
        raise BadTranscript("bad_call", f"{odd.reason} at message {odd.evidence['turn']}")
    said = [turn for turn in turns if isinstance(turn, Mapping)]
    try:
        calls = [call_from(call) for turn in said if turn.get("role") == "assistant" for call in _listed(turn)]
    except BadCall as error:
        raise BadTranscript("bad_call", str(error)) from None
    last = said[-1] if said else {}
    if last.get("role") != "assistant" or last.get("tool_calls"):
        raise BadTranscript("unfinished", "it does not end with a message by the assistant")
    recorded = tuple(content_text(turn.get("content")) for turn in said if turn.get("role") == "tool")
    return Transcript(tuple(Call(*call) for call in calls), recorded, content_text(last.get("content")))


def same_result(recorded: str, given: str) -> bool:
    """Whether two results say the same: as texts, or as JSON, where spaces and the order of keys say nothing."""
    if recorded == given:
        return True
    try:
        return canonical_json(json.loads(recorded)) == canonical_json(json.loads(given))
    except (ValueError, RecursionError):
        return False


def misses(record: Record, key: str, at: int) -> Iterator[NearMiss]:
    """The record without its call number `at`, with another argument of it, and without any call at all.

    `key` is the payload column whose messages hold the calls. Whether these are wrong, the caller knows.
    """
    turns = record.payload[key]
    for kind, told in (("missing_call", _without(turns, at)), ("wrong_argument", _changed(turns, at))):
        if told is not None:
            yield NearMiss(replace(record, payload={**record.payload, key: told}), kind)
    only_said = [turn for turn in turns if turn.get("role") != "tool" and not turn.get("tool_calls")]
    yield NearMiss(replace(record, payload={**record.payload, key: only_said}), "claimed_only")


def _listed(turn: Mapping[str, Any]) -> list[Any]:
    calls = turn.get("tool_calls") or []
    if not isinstance(calls, list):
        raise BadCall("bad_call", "`tool_calls` is no list")
    return calls


def _without(turns: Sequence[Mapping[str, Any]], at: int) -> list[Mapping[str, Any]]:
    """The messages less one call and its result, and less the message that made it if it made no other."""
    told: list[Mapping[str, Any]] = []
    calls = results = -1
    for turn in turns:
        made = turn.get("tool_calls") or []
        kept = [call for number, call in enumerate(made, calls + 1) if number != at]
        calls += len(made)
        results += turn.get("role") == "tool"
        if turn.get("role") == "tool" and results == at:
            continue
        if not made or kept:
            told.append({**turn, "tool_calls": kept} if made else turn)
    return told


def _changed(turns: Sequence[Mapping[str, Any]], at: int) -> list[Mapping[str, Any]] | None:
    """The messages with the last argument of one call changed; None where it has none that can be."""
    number, told, done = -1, [], False
    for turn in turns:
        made = []
        for call in turn.get("tool_calls") or []:
            number += 1
            other = _other(call) if number == at else None
            done = done or other is not None
            made.append(other or call)
        told.append({**turn, "tool_calls": made} if made else turn)
    return told if done else None


def _other(call: Mapping[str, Any]) -> dict[str, Any] | None:
    arguments = dict(call_from(call).arguments)
    plain = [name for name, value in arguments.items() if isinstance(value, str | int | float)]
    if not plain:
        return None
    value = arguments[plain[-1]]
    if isinstance(value, bool):
        arguments[plain[-1]] = not value
    else:
        arguments[plain[-1]] = f"{value}x" if isinstance(value, str) else value + 1
    inner = call.get("function", call)
    changed = {**inner, "arguments": arguments}
    return {**call, "function": changed} if "function" in call else changed
