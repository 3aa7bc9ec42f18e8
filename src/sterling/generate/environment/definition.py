"""An environment as its owner writes it: tools, states and tasks in a YAML file, code there or in a file beside it."""

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, StringConstraints, Tag, model_validator

from sterling.errors import InputError
from sterling.generate.environment.soundness import TYPES, defined_in, strange_types, unknown_names
from sterling.generate.talks.written import parse_written, place_in, text_of_file, wrong
from sterling.records import digest
from sterling.sandbox.simulation import World
from sterling.text.templates import Template

_MEND = "docs/strategies.md shows an environment"
_TAKEN = frozenset({"state", "start", "answer"})
"""Names that goals and tools have already."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,63}$")]
"""What Python and the wire formats of tool calls take for a name."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


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
        if strange := [*strange_types(self.parameters)]:
            raise wrong(f"`type: {strange[0]}` is no type of JSON Schema", f"one of: {', '.join(sorted(TYPES))}")
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


def _kind(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "span"


Choice = Annotated[
    Annotated[tuple[JsonValue, ...], Field(min_length=1), Tag("list")] | Annotated[Span, Tag("span")],
    Discriminator(_kind),
]
"""The values of one name."""


class Goal(_Said):
    """A kind of task: what is asked of the agent, from which state, and how it is told that it was done."""

    goal: str = Field(min_length=1)
    """What the user says; `{names}` stand for the values of `vary`."""
    reached: str = Field(min_length=1)
    """A Python expression that is True or False, over `state` (the end), `start`, `answer` (what the agent said last)
    and the values of `vary`. It may call what `code` defines."""
    vary: Mapping[Name, Choice] = {}
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

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    system: str | None = None
    """System message of every transcript: what the agent is told of its work."""
    code: str = Field(min_length=1)
    """Python text, or the name of a `.py` file: a function `name(state, **arguments)` for each tool. It changes the
    state and returns a text or JSON; a ValueError is what the agent is told of a refusal."""
    tools: Mapping[Name, Tool] = Field(min_length=1)
    states: Mapping[Name, dict[str, JsonValue]] = Field(min_length=1)
    """Initial states, by name."""
    tasks: Mapping[Name, Goal] = Field(min_length=1)

    @model_validator(mode="after")
    def _knows_its_states(self) -> Self:
        for name, goal in self.tasks.items():
            if strange := sorted({*(goal.states or ())} - self.states.keys()):
                raise wrong(f"task `{name}`: there is no state `{strange[0]}`", f"one of: {', '.join(self.states)}")
        return self

    @property
    def code_file(self) -> str | None:
        """The `.py` file that holds the code, where it is not written here."""
        return self.code.strip() if self.code.strip().endswith(".py") and "\n" not in self.code.strip() else None


class Environment(NamedTuple):
    """An environment with its code."""

    said: Definition
    code: str
    digest: str
    """Of all that it says."""

    @property
    def declared(self) -> list[dict[str, Any]]:
        """The tools as TRL and chat endpoints want them."""
        return [
            {
                "type": "function",
                "function": {"name": name, "description": tool.description, "parameters": dict(tool.parameters)},
            }
            for name, tool in self.said.tools.items()
        ]

    def world(self, state: Any) -> World:
        """It in one of its states."""
        return World(self.code, {name: tool.parameters for name, tool in self.said.tools.items()}, state)


def read_environment(path: str) -> Environment:
    """The environment of a YAML file. InputError with the line of what is wrong with it."""
    text = text_of_file(path)
    said = _said(path, text)
    return _whole(path, text, said.code if said.code_file is None else text_of_file(Path(path).parent / said.code_file))


def files_of(path: str) -> list[str]:
    """What an environment is read from."""
    code_file = _said(path, text_of_file(path)).code_file
    return [path] if code_file is None else [path, str(Path(path).parent / code_file)]


@lru_cache(maxsize=8)
def _said(path: str, text: str) -> Definition:
    return parse_written(Definition, path, text, _MEND)


@lru_cache(maxsize=8)
def _whole(path: str, text: str, code: str) -> Environment:
    said = _said(path, text)
    _check(path, text, said, code)
    return Environment(said, code, digest(said.model_dump_json(by_alias=True), code))


def _check(path: str, text: str, said: Definition, code: str) -> None:
    """The code defines what is named. It is parsed, and not run."""
    file = "the code" if said.code_file is None else f"the code in {said.code_file}"
    try:
        tree, defined = ast.parse(code), defined_in(code)
    except (SyntaxError, ValueError) as error:
        where = path if said.code_file is None else str(Path(path).parent / said.code_file)
        raise InputError(f"the code is no Python: {error}", where=where, mend="correct it") from None
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for place, name in _called(said):
        if name not in functions:
            what, mend = f"{file} defines no function `{name}`", f"add `def {name}(state, ...):`"
            raise InputError(what, where=place_in(path, text, place), mend=mend)
    if "*" not in (alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names):
        _check_goals(path, text, said, defined)


def _called(said: Definition) -> Iterator[tuple[tuple[str, ...], str]]:
    """Functions that are named, and where."""
    yield from ((("tools", name), name) for name in said.tools)
    yield from ((("tasks", task, "start"), goal.start) for task, goal in said.tasks.items() if goal.start)


def _check_goals(path: str, text: str, said: Definition, defined: frozenset[str]) -> None:
    for task, goal in said.tasks.items():
        if unknown := unknown_names(goal.reached, {*_TAKEN, *goal.vary, *defined}):
            what = f"nothing gives `{unknown[0]}` in `reached` a value"
            known = ", ".join(f"`{name}`" for name in ("state", "start", "answer", *goal.vary))
            mend = f"it may use {known}, and what the code defines"
            raise InputError(what, where=place_in(path, text, ("tasks", task, "reached")), mend=mend)
