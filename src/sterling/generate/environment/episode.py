"""An agent at work: it is asked, calls tools, is told what they gave, and says in the end what it has done."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sterling.models import Answer, Endpoint, Models, Unanswered
from sterling.sandbox.simulation import Call, Played, Result, Stage, World

_MAY_END = frozenset({"stop", "tool_calls"})


class Transcript(NamedTuple):
    """What was said and done from the request to the final message."""

    messages: list[dict[str, Any]]
    """As TRL has them: arguments are objects, results are messages of the role `tool`."""
    results: tuple[Result, ...]
    state: Any
    """At the end."""
    last: Answer

    @property
    def recovered(self) -> bool | None:
        """Whether a call succeeded after one that failed; None where none failed."""
        failed = [at for at, result in enumerate(self.results) if result.failed]
        return any(not result.failed for result in self.results[failed[0] :]) if failed else None


class Made(NamedTuple):
    """A call as a model made it."""

    id: str
    call: Call


async def play(
    models: Models,
    agent: Endpoint,
    stage: Stage,
    world: World,
    opening: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    steps: int,
) -> Transcript:
    """The agent in the world until it makes no further call.

    The state is all that a world remembers, so each step goes on from the last one's. Unanswered: `bad_call` for
    arguments that are no JSON object, which no transcript can hold, and `too_many_steps`. Unplayable passes through.
    """
    messages = [dict(message) for message in opening]
    results: list[Result] = []
    for step in range(steps + 1):
        answer = await models.say(agent, _sent(messages), sampling={"tools": list(tools)}, finish_ok=_MAY_END)
        made = _made(answer, len(results))
        messages.append(_message(answer, made))
        if not made:
            return Transcript(messages, tuple(results), world.state, answer)
        if step < steps:
            played: Played = await models.aside(stage.play, world, [one.call for one in made])
            world = World(world.code, world.tools, played.state)
            results += played.results
            messages += [_told(one, result) for one, result in zip(made, played.results, strict=True)]
    raise Unanswered.because("too_many_steps", f"after {steps} steps the agent still calls tools")


def _made(answer: Answer, before: int) -> list[Made]:
    """The calls of an answer. Ids have nine letters and digits, which every chat template takes."""
    return [Made(f"call{before + at:05d}", _call(one)) for at, one in enumerate(answer.tool_calls, 1)]


def _call(one: Mapping[str, Any]) -> Call:
    function = one.get("function")
    name = function.get("name") if isinstance(function, Mapping) else None
    arguments = _arguments(function.get("arguments")) if isinstance(function, Mapping) else None
    if not isinstance(name, str) or not name or not isinstance(arguments, dict):
        raise Unanswered.because("bad_call", f"a call needs a name and a JSON object of arguments: {json.dumps(one)}")
    return Call(name, arguments)


def _arguments(said: Any) -> Any:
    """What a call gives: an object, or the JSON text of one. None where it is neither."""
    if not isinstance(said, str):
        return said
    try:
        return json.loads(said or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _message(answer: Answer, made: Sequence[Made]) -> dict[str, Any]:
    reasoning = {"reasoning_content": answer.reasoning} if answer.reasoning else {}
    calls = [{"id": one.id, "type": "function", "function": _function(one.call)} for one in made]
    content = {"role": "assistant", "content": answer.text.strip(), **reasoning}
    return {**content, "tool_calls": calls} if calls else content


def _function(call: Call) -> dict[str, Any]:
    return {"name": call.name, "arguments": dict(call.arguments)}


def _told(made: Made, result: Result) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": made.id, "name": made.call.name, "content": result.text}


def _sent(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Messages as chat endpoints want them: arguments as JSON text, no reasoning of earlier turns."""
    return [
        {
            key: [_wired(call) for call in value] if key == "tool_calls" else value
            for key, value in message.items()
            if key != "reasoning_content" and not (key == "name" and message["role"] == "tool")
        }
        for message in messages
    ]


def _wired(call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = json.dumps(call["function"]["arguments"], ensure_ascii=False)
    return {**call, "function": {**call["function"], "arguments": arguments}}
