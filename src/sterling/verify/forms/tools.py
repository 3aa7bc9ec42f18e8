"""Tools as a record declares them, calls as a message makes them, and whether a call fits its tool."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sterling.records import canonical_json
from sterling.verify.forms.schemas import BadSchema, Schema, schema_from
from sterling.verify.forms.strict_json import NotJson, parse

_OPENS = {
    "$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties", "additionalProperties",
    "unevaluatedProperties", "dependentSchemas",
}  # fmt: skip
"""Where one of these stands, `properties` is not all that a schema says of names."""


class BadTools(ValueError):
    """Declarations that nobody can call by."""


class BadCall(ValueError):
    """A call that is none. `reason` is a code."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class Call(NamedTuple):
    """One call of a tool."""

    name: str
    arguments: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """For evidence."""
        return {"name": self.name[:100], "arguments": canonical_json(self.arguments)[:200]}


class Tool(NamedTuple):
    """One declared function."""

    schema: Schema
    declared: frozenset[str] | None
    """Names of its arguments, where the schema says no more about names than `properties`."""


class Misfit(NamedTuple):
    """Why a call does not fit."""

    reason: str
    evidence: Mapping[str, Any]


def call_from(value: Any) -> Call:
    """A call as TRL, OpenAI and others write it: `{"function": {"name", "arguments"}}`, or what is inside alone.

    `arguments` is an object or the JSON text of one, also where there are none. BadCall `bad_call` or `bad_arguments`.
    """
    inner = value.get("function", value) if isinstance(value, Mapping) else None
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str) or not inner["name"]:
        raise BadCall("bad_call", "a call needs a `name`")
    arguments = inner.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = parse(arguments)
        except NotJson as error:
            raise BadCall("bad_arguments", f"{error.reason}: {error}") from None
    if not isinstance(arguments, Mapping):
        raise BadCall("bad_arguments", "`arguments` is no object")
    return Call(inner["name"], arguments)


@lru_cache(maxsize=512)
def declared(text: str | None) -> Mapping[str, Tool]:
    """The tools of a record by name, out of the JSON of its `tools`. BadTools says what is wrong with them."""
    listed = [] if text is None else json.loads(text)
    if not isinstance(listed, list):
        raise BadTools("`tools` is no list")
    found: dict[str, Tool] = {}
    for value in listed:
        name, tool = _tool(value)
        if name in found:
            raise BadTools(f"tool {name!r} is declared twice")
        found[name] = tool
    return found


def _tool(value: Any) -> tuple[str, Tool]:
    inner = value.get("function", value) if isinstance(value, Mapping) else None
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str) or not inner["name"]:
        raise BadTools("a tool needs a `name`")
    name, parameters = inner["name"], inner.get("parameters") or {"type": "object", "properties": {}}
    try:
        return name, Tool(schema_from(parameters), _names(parameters))
    except BadSchema as error:
        raise BadTools(f"`parameters` of {name[:100]!r}: {error}") from None


def _names(parameters: Any) -> frozenset[str] | None:
    if not isinstance(parameters, Mapping) or not _OPENS.isdisjoint(parameters):
        return None
    return frozenset(parameters.get("properties") or ())


def misfit(calls: Iterable[Call], tools: Mapping[str, Tool], *, strict: bool) -> Misfit | None:
    """The first reason why calls do not fit the tools; None when all fit."""
    for at, call in enumerate(calls):
        found = _misfit(call, tools, strict=strict)
        if found is not None:
            return Misfit(found.reason, {"call": at, "name": call.name[:100], **found.evidence})
    return None


def _misfit(call: Call, tools: Mapping[str, Tool], *, strict: bool) -> Misfit | None:
    tool = tools.get(call.name)
    if tool is None:
        return Misfit("unknown_tool", {"tools": sorted(tools)[:10]})
    strangers = set(call.arguments) - (tool.declared if tool.declared is not None else set(call.arguments))
    if strict and strangers:
        return Misfit("undeclared_argument", {"arguments": sorted(strangers)[:5]})
    size = len(canonical_json(call.arguments))
    if not tool.schema.accepts(call.arguments, size):
        return Misfit("bad_arguments", {"errors": tool.schema.errors(call.arguments, size)})
    return None
