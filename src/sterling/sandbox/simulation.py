"""A simulated environment that is set back with each run: tools in Python, a state in JSON, a goal about the end.

The code is its owner's, and the arguments of calls are a model's. Both run in the sandbox. The goal is looked for in
another process than the one that the calls ran in, so nothing that a call does there can answer for it.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sterling.sandbox.outcome import Limits, Outcome, Program
from sterling.sandbox.sandbox import Sandbox
from sterling.sandbox.shared import shared_sandbox

_INSIDE = Path(__file__).with_name("simulated.py")
_ALONE = threading.Lock()
"""A sandbox serves one thread at a time, and strategies that ask models play in threads."""


class Call(NamedTuple):
    """One call of a tool."""

    name: str
    arguments: Mapping[str, Any]


class Result(NamedTuple):
    """What a call gave."""

    text: str
    """A text as the tool returned it, anything else as JSON; an error as `{"error": ...}`."""
    failed: bool


class Played(NamedTuple):
    """What became of calls."""

    results: tuple[Result, ...]
    """One for each call."""
    state: Any
    """After the last one."""


class Reached(NamedTuple):
    """Whether a goal holds."""

    holds: bool
    why: str = ""
    """What the goal's expression raised, if it did."""


class Unplayable(Exception):
    """The environment, or a call in it, did not come to an end. `status` is one of the sandbox's, or `broken`."""

    def __init__(self, status: str, message: str) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class World:
    """An environment in one of its states."""

    code: str
    """Python that defines a function `name(state, **arguments)` for each tool."""
    tools: Mapping[str, Mapping[str, Any]]
    """JSON Schema of the arguments of each tool. Held against calls: `type`, `enum`, `required`, `properties`,
    `items`, `additionalProperties`; what else it says is the tool's own business."""
    state: Any
    """JSON."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What shall be so in the end."""

    reached: str
    """A Python expression that is True or False, over `state` (the end), `start`, `answer` (what was said last), the
    values by their names, and whatever the environment's code defines."""
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where environments are played. Usable from several threads; they take turns."""

    limits: Limits
    hash_seed: int

    @property
    def tier(self) -> str:
        """What keeps the code in."""
        with _ALONE:
            return self._sandbox().tier

    def begin(self, world: World, function: str, values: Mapping[str, Any]) -> World:
        """The world after one of its functions has prepared its state. Unplayable when that raises or hangs."""
        state = self._call("begin", world.code, world.state, function, dict(values))
        return World(world.code, world.tools, state)

    def play(self, world: World, calls: Sequence[Call]) -> Played:
        """The calls one after the other, from the world's state on. Errors of tools are results.

        Unplayable when one of them hangs, or when the environment itself is at fault.
        """
        made = [(call.name, dict(call.arguments)) for call in calls]
        tools = {name: dict(schema) for name, schema in world.tools.items()}
        played: Any = self._call("play", world.code, tools, world.state, made)
        return Played(tuple(Result(*result) for result in played["results"]), played["state"])

    def reached(self, world: World, goal: Goal, ends: Sequence[tuple[Any, str]]) -> tuple[Reached, ...]:
        """Whether the goal holds for each (end state, what was said last). `world` is where it began.

        An expression that raises does not hold, except where it names what is not there: that is Unplayable, and so
        is one whose value is neither True nor False.
        """
        said: Any = self._call("reached", world.code, goal.reached, dict(goal.values), world.state, list(ends))
        return tuple(Reached(*one) for one in said)

    def _call(self, function: str, *given: Any) -> object:
        with _ALONE:
            outcome = self._sandbox().run_calls(Program(_program()), function, [(list(given), {})])
        return _value(outcome)

    def _sandbox(self) -> Sandbox:
        return shared_sandbox(self.limits, self.hash_seed)


def _value(outcome: Outcome) -> object:
    if outcome.status != "ok":
        raise Unplayable(outcome.status, outcome.detail or outcome.status)
    (answer,) = outcome.answers
    if answer.kind != "value":
        raise Unplayable("broken", f"{answer.named}: {', '.join(map(str, answer.arguments))}"[:500])
    return answer.value


@cache
def _program() -> str:
    return _INSIDE.read_text("utf-8")
