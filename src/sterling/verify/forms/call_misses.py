"""Calls that are certainly not those of a reference, made of the reference's own by one change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sterling.records import Record
from sterling.registry import NearMiss
from sterling.verify.forms.tools import BadCall, Call, call_from


def calls_near(record: Record) -> list[NearMiss]:
    """Records whose one message with calls makes other calls than the reference: one of each kind that can be made.

    Kinds: `other_tool`, `wrong_value`, `wrong_type`, `missing_argument`, `extra_argument`, `missing_call`,
    `extra_call`. None where calls are made in several messages, because results would have to follow.
    """
    key = "completion" if "completion" in record.payload else "messages"
    turns, named = record.payload.get(key), (record.reference or {}).get("tool_calls")
    if not isinstance(turns, list) or not isinstance(named, list) or not named:
        return []
    calling = [at for at, turn in enumerate(turns) if turn.get("tool_calls")]
    if len(calling) != 1:
        return []
    try:
        wanted = [call_from(call) for call in named]
    except BadCall:
        return []
    misses = []
    for kind, calls in _wrong(wanted, _others(record.payload.get("tools"), wanted)):
        turn = turns[calling[0]] | {"tool_calls": _written(calls, turns[calling[0]]["tool_calls"])}
        said = [*turns[: calling[0]], turn, *turns[calling[0] + 1 :]]
        misses.append(NearMiss(replace(record, payload={**record.payload, key: said}), kind))
    return misses


def _wrong(wanted: Sequence[Call], other: str) -> Iterator[tuple[str, Sequence[Call]]]:
    first, rest = wanted[0], wanted[1:]
    yield "other_tool", [first._replace(name=other), *rest]
    for kind, arguments in _arguments(first.arguments):
        yield kind, [first._replace(arguments=arguments), *rest]
    yield "missing_call", rest
    yield "extra_call", [*wanted, wanted[-1]]


def _arguments(right: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    plain = [key for key, value in right.items() if isinstance(value, str | int | float)]
    if plain:
        key = plain[-1]
        yield "wrong_value", {**right, key: _other(right[key])}
        yield "wrong_type", {**right, key: [right[key]]}
    if right:
        yield "missing_argument", dict(list(right.items())[:-1])
    yield "extra_argument", {**right, "_".join(["note", *right]): "x"}


def _other(value: str | float) -> str | float:
    if isinstance(value, bool):
        return not value
    return f"{value}s" if isinstance(value, str) else int(value) + 1


def _others(tools: Any, wanted: Sequence[Call]) -> str:
    """The name of another tool; of one that nobody declared where there is no other."""
    used = {call.name for call in wanted}
    inner = (
        [tool.get("function", tool) for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list) else []
    )
    names = [tool["name"] for tool in inner if isinstance(tool, Mapping) and isinstance(tool.get("name"), str)]
    return next((name for name in names if name not in used), "_".join(sorted(used)) + "_now")


def _written(calls: Sequence[Call], shapes: Sequence[Any]) -> list[dict[str, Any]]:
    """Calls in the long form, with the ids that stood in their places."""
    written = []
    for at, call in enumerate(calls):
        shape = shapes[at] if at < len(shapes) and isinstance(shapes[at], Mapping) else {}
        kept = {"id": shape["id"]} if "id" in shape else {}
        function = {"name": call.name, "arguments": dict(call.arguments)}
        written.append({**kept, "type": "function", "function": function})
    return written
