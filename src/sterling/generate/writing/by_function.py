"""A strategy in one function: what to make of a seed. Everything else is done for it."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import new_class
from typing import Any, ClassVar, TypeVar, cast

from pydantic import BaseModel

from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Answer, Endpoint, Models
from sterling.models.opened import Message
from sterling.records import Fault, Record
from sterling.registry import Task, register
from sterling.text.templates import Template

Form = TypeVar("Form", bound=BaseModel)
Payload = Mapping[str, Any]


class Desk:
    """How a function asks the strategy's model. It remembers who answered what, for provenance."""

    def __init__(self, models: Models, endpoint: Endpoint) -> None:
        self._models = models
        self._endpoint = endpoint
        self.writers: list[Writer] = []

    async def ask(self, messages: str | Sequence[Message], *, sample: int = 0) -> str:
        """The text of an answer to a chat, or to a text as the user's only message."""
        return self._noted(await self._models.say(self._endpoint, messages, sample=sample)).text.strip()

    async def fill(self, messages: str | Sequence[Message], form: type[Form], *, sample: int = 0) -> Form:
        """A JSON object of the form's shape, asked for a second time if need be."""
        filled = await self._models.fill(self._endpoint, messages, form, sample=sample)
        self._noted(filled.answer)
        value: Form = filled.value
        return value

    def _noted(self, answer: Answer) -> Answer:
        self.writers.append(Writer(self._endpoint, answer))
        return answer


Write = Callable[[Record, Desk], Awaitable[Payload]]
"""Makes the payload of a record out of a seed: columns of a dataset type of TRL."""


class FunctionStrategy(GridStrategy):
    """One record for each seed, as a function says."""

    function: ClassVar[Write]

    def cells(self) -> Sequence[Cell]:
        """One way of asking: the function's."""
        return [Cell("only", {})]

    def reads(self) -> Sequence[str]:
        """The file that the function stands in: another text of it makes other records."""
        file = inspect.getsourcefile(type(self).function)
        return [] if file is None else [file]

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """What the function makes of the task's seed."""
        (seed,) = task.seeds
        name, desk = self.name_in_recipe, Desk(models, self.model)
        payload = await type(self).function(seed, desk)
        prompts = [Template.of(inspect.getsource(type(self).function))]
        return [Draft(payload, desk.writers, prompts, tags=(f"task:{name}",)).record(name, task, source)]


def strategy(name: str) -> Callable[[Write], Write]:
    """Decorate `async def write(seed, desk) -> payload`; a recipe then knows it as a strategy of this name.

    It is called once for each seed, many at once. What it raises costs that seed; a question without an answer is a
    fault. A function that asks nothing has no writer, and none of its records can be made.
    """

    def decorate(function: Write) -> Write:
        members = {"function": staticmethod(function), "__doc__": function.__doc__, "__module__": function.__module__}
        made = new_class(function.__name__, (FunctionStrategy,), exec_body=lambda space: space.update(members))
        made.__qualname__ = function.__qualname__
        register("strategy", name)(cast("type[FunctionStrategy]", made))
        return function

    return decorate
