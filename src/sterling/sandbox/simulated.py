"""What happens inside the sandbox of a simulated environment: tools act on a state, and a goal is looked for in it.

Read as text and executed there as a program: standard library only. Each call runs in a namespace of its own, made
anew from the environment's code, so that a tool remembers nothing but the state; and the state passes through JSON
after each call, so that it is all of the world. What a tool raises is a result like any other, and leaves the state
as it was before the call. What is wrong with the environment itself is raised.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def begin(code: str, state: Any, function: str, values: dict[str, Any]) -> Any:
    """The state after a function of the environment has prepared it: `function(state, **values)`."""
    _function(code, function)(state, **values)
    return _plain(state, f"the state after `{function}`")


def play(
    code: str, tools: dict[str, dict[str, Any]], state: Any, calls: Sequence[tuple[str, dict[str, Any]]]
) -> dict[str, Any]:
    """The results of calls made one after the other, as (text, whether it is an error), and the state after them."""
    results = []
    for name, arguments in calls:
        result, failed, state = _called(code, tools, state, name, arguments)
        results.append((result, failed))
    return {"results": results, "state": state}


def reached(
    code: str, goal: str, values: dict[str, Any], start: Any, ends: Sequence[tuple[Any, str]]
) -> list[tuple[bool, str]]:
    """Whether the goal holds for each (state, what was said at the end), and what kept it from being told."""
    return [_holds(code, goal, {**values, "start": start, "state": state, "answer": said}) for state, said in ends]


def _called(
    code: str, tools: dict[str, dict[str, Any]], state: Any, name: str, arguments: dict[str, Any]
) -> tuple[str, bool, Any]:
    if name not in tools:
        return _error(f"there is no tool `{name}`"), True, state
    wrong = next(_misfits(tools[name], arguments, ""), None)
    if wrong is not None:
        return _error(wrong), True, state
    function, before = _function(code, name), json.dumps(state)
    try:
        result = function(state, **arguments)
    except Exception as mishap:  # noqa: BLE001 - a tool may refuse in any way
        return _error(_words(mishap)), True, json.loads(before)
    told = (
        result if isinstance(result, str) else json.dumps(_plain(result, f"what `{name}` returns"), ensure_ascii=False)
    )
    return told, False, _plain(state, f"the state after `{name}`")


def _holds(code: str, goal: str, names: dict[str, Any]) -> tuple[bool, str]:
    compiled = compile(goal, "<goal>", "eval", dont_inherit=True)
    try:
        value = eval(compiled, {**_space(code), **names})  # noqa: S307 - what the sandbox is for
    except NameError:
        raise
    except Exception as mishap:  # noqa: BLE001 - a state in which the goal is not even a question
        return False, f"{type(mishap).__name__}: {mishap}"
    if not isinstance(value, bool):
        raise TypeError(f"the goal is {type(value).__name__}, neither True nor False")
    return value, ""


def _space(code: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "environment"}
    exec(compile(code, "<environment>", "exec", dont_inherit=True), space)  # noqa: S102 - what the sandbox is for
    return space


def _function(code: str, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = _space(code)[name]
    return found


def _plain(value: Any, what: str) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as mishap:
        raise TypeError(f"{what} is not what JSON can say: {mishap}") from None


def _error(message: str) -> str:
    return json.dumps({"error": message}, ensure_ascii=False)


def _words(mishap: Exception) -> str:
    """A ValueError is how a tool refuses in its own words."""
    return str(mishap) if type(mishap) is ValueError and mishap.args else f"{type(mishap).__name__}: {mishap}"


def _misfits(schema: Mapping[str, Any], value: Any, place: str) -> Iterator[str]:
    """What a schema says against a value, as far as it speaks of types, enumerations, properties and items."""
    here = f"`{place}`" if place else "the arguments"
    kinds = schema.get("type")
    wanted = [kinds] if isinstance(kinds, str) else kinds or []
    if wanted and not any(_is(kind, value) for kind in wanted):
        yield f"{here} must be {' or '.join(wanted)}"
    elif "enum" in schema and not any(value == one and type(value) is type(one) for one in schema["enum"]):
        yield f"{here} must be one of {json.dumps(schema['enum'], ensure_ascii=False)}"
    elif isinstance(value, dict):
        yield from _misfits_inside(schema, value, place)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for at, item in enumerate(value):
            yield from _misfits(schema["items"], item, f"{place}[{at}]")


def _misfits_inside(schema: Mapping[str, Any], value: dict[str, Any], place: str) -> Iterator[str]:
    declared = schema.get("properties") or {}
    before = f"{place}." if place else ""
    for name in schema.get("required") or ():
        if name not in value:
            yield f"`{before}{name}` is missing"
    for name, inner in value.items():
        if name in declared:
            yield from _misfits(declared[name], inner, f"{before}{name}")
        elif not place or schema.get("additionalProperties") is False:
            yield f"`{before}{name}` is not known"


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _KINDS.get(kind, object))
