"""An environment as its owner writes it: tools, states and tasks in a YAML file, code there or in a file beside it."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from sterling.errors import InputError
from sterling.generate.written import read_written, text_of_file, wrong
from sterling.records import digest
from sterling.text.templates import Template

_MEND = "docs/strategies.md shows an environment"
_TAKEN = frozenset({"state", "start", "answer"})
"""Names that goals and tools have already."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,63}$")]
"""What Python and the wire formats of tool calls take for a name."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, ignored_types=(cached_property,))


class Tool(_Said):
    """One tool, as the agent is told of it. What it does, the function of its name in `code` says."""

    description: str = Field(min_length=1)
    parameters: Mapping[str, JsonValue] = {"type": "object", "properties": {}}
    """JSON Schema of its arguments."""

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        properties = self.parameters.get("properties", {})
        if self.parameters.get("type") != "object" or not isinstance(properties, Mapping):
            raise wrong("`parameters` must be the JSON Schema of an object", "write {type: object, properties: {...}}")
        if "state" in properties:
            raise wrong("an argument may not be called `state`: that is the environment's", "give it another name")
        return self


class Span(_Said):
    """Whole numbers from one to another, both included."""

    first: int = Field(alias="from")
    last: int = Field(alias="to")

    @model_validator(mode="after")
    def _goes_up(self) -> Self:
        if self.last < self.first:
            raise wrong(f"from {self.first} to {self.last} there is nothing", "write the smaller number first")
        return self


class Goal(_Said):
    """A kind of task: what is asked of the agent, from which state, and how it is told that it was done."""

    goal: str = Field(min_length=1)
    """What the user says; `{names}` stand for the values of `vary`."""
    reached: str = Field(min_length=1)
    """A Python expression that is True or False, over `state` (the end), `start`, `answer` (what the agent said last)
    and the values of `vary`. It may call what `code` defines."""
    vary: Mapping[Name, Annotated[tuple[JsonValue, ...], Field(min_length=1)] | Span] = {}
    """Values of each name: a list, or {from: 1, to: 9}. Every combination is a task of its own."""
    start: Name | None = None
    """A function of `code` that prepares the state: `start(state, **values)`."""
    states: tuple[str, ...] | None = None
    """Names of the states that it may begin in; unsaid, all."""

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        if clash := sorted(_TAKEN & self.vary.keys()):
            raise wrong(f"`{clash[0]}` is a name that every goal has already", "give the value another name")
        if strange := sorted(Template.of(self.goal).names - self.vary.keys()):
            raise wrong(f"`{{{strange[0]}}}` in `goal` is filled by nothing", f"add `{strange[0]}:` under `vary:`")
        try:
            compile(self.reached, "<reached>", "eval", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            raise wrong(f"`reached` is no Python expression: {error}", "write one that is True or False") from None
        return self


class Definition(_Said):
    """An environment."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    system: str | None = None
    """System message of every transcript: what the agent is told of its work."""
    code: str = Field(min_length=1)
    """Python text, or the name of a `.py` file: a function `name(state, **arguments)` for each tool. It changes the
    state and returns a text or JSON; a ValueError is what the agent is told of a refusal."""
    tools: Annotated[Mapping[Name, Tool], Field(min_length=1)]
    states: Annotated[Mapping[Name, Annotated[dict[str, JsonValue], BeforeValidator(lambda one: one)]], Field(min_length=1)]
    """Initial states, by name."""
    tasks: Annotated[Mapping[Name, Goal], Field(min_length=1)]
