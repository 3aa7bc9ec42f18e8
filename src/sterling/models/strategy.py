"""`ModelStrategy`: a strategy that asks a model, many tasks at once; `AskingStrategy`: one that need not ask any."""

import inspect
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from queue import SimpleQueue
from typing import Any, ClassVar, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from sterling.errors import InputError
from sterling.models.endpoint import Endpoint, ModelRef, endpoints_of
from sterling.models.loop import submit, wait_for
from sterling.models.money.purse import for_task
from sterling.models.opened import Models, Unanswered
from sterling.records import Fault, Record
from sterling.registry import Proposal, Strategy, Task
from sterling.text.templates import Template, read_template

_Outcome = Future[Sequence[Record | Fault]]
_MOST_OPEN = 4096
"""Tasks begun and not ended, at most."""
_MOST_BATCHED = 16_384
"""The same where a model is asked in batches."""


class AskingStrategy(Strategy):
    """Asks those models that its options name, if any. Everything else about strategies holds: it judges nothing.

    A task is one coroutine: it may ask once, or hold a whole conversation. Twice as many are open as the models take
    at once, so that the endpoints stay busy while some tasks are between two questions.
    """

    together: ClassVar[bool] = True
    prompts_used: ClassVar[tuple[str, ...]] = ()
    """Names of the prompt files that it fills in: `prompts/<name>.md` beside the strategy's own file."""

    prompts: Mapping[str, str] = {}
    """Prompt files of your own: the name of the one that each replaces, and its path."""

    @abstractmethod
    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The records of one task. What `models` raises for a question without an answer may pass: it is a fault."""

    def reads(self) -> Sequence[str]:
        """The prompts: another prompt makes other records."""
        return [str(self._prompt_file(name)) for name in self.prompts_used]

    def require(self) -> None:
        """Every prompt is there and can be filled."""
        for name in self.prompts_used:
            self.prompt(name)

    def prompt(self, name: str) -> Template:
        """The template of this name, or the user's own in its place.

        InputError when that has a name which nothing fills, or none of those that are filled: it would ask every task
        the same. It may leave out some of them.
        """
        template = read_template(self._prompt_file(name))
        if name in self.prompts:
            known = read_template(self._shipped(name)).names
            listed = ", ".join(f"{{{one}}}" for one in sorted(known))
            if strange := sorted(template.names - known):
                what = f"`{{{strange[0]}}}` is filled by nothing"
                raise InputError(what, where=self._prompt_file(name), mend=f"it may use {listed}")
            if known and not template.names:
                what = f"the prompt `{name}` has none of the names that it is filled with"
                raise InputError(what, where=self._prompt_file(name), mend=f"use at least one of {listed}")
        return template

    def propose(self, task: Task, source: str) -> Sequence[Record | Fault]:
        """The records of one task alone."""
        (one,) = self.propose_all([task], source)
        return one.open()

    def propose_all(self, tasks: Iterable[Task], source: str) -> Generator[Proposal, None, None]:
        """What comes of each task, in the order in which they end. What is under way is let go when nobody listens."""
        room = _room(endpoints_of(self))
        models = wait_for(Models().__aenter__())
        underway = _Underway(lambda task: self._written(task, source, models))
        try:
            for task in tasks:
                underway.begin(task)
                if underway.count >= room:
                    yield underway.next()
            while underway.count:
                yield underway.next()
        finally:
            underway.let_go()
            wait_for(models.close())

    async def _written(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        for_task(task.row)
        try:
            return await self.write(task, source, models)
        except Unanswered as none:
            return [none.fault(task.row)]

    def _prompt_file(self, name: str) -> Path:
        own = self.prompts.get(name)
        return self._shipped(name) if own is None else Path(self.locate(own))

    def _shipped(self, name: str) -> Path:
        return Path(inspect.getfile(type(self))).parent / "prompts" / f"{name}.md"

    @model_validator(mode="after")
    def _know_prompts(self) -> Self:
        for name in self.prompts.keys() - {*self.prompts_used}:
            what = f"there is no prompt `{name}`"
            raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": ", ".join(self.prompts_used)})
        return self


def _room(endpoints: Sequence[Endpoint]) -> int:
    """Tasks that are open at once. A batch is sent when no task has another question, so it wants many."""
    if any(endpoint.batch for endpoint in endpoints):
        return _MOST_BATCHED
    return min(_MOST_OPEN, 2 * sum(endpoint.concurrency for endpoint in endpoints))


class ModelStrategy(AskingStrategy):
    """Asks one model for every record."""

    model: ModelRef
    """Who writes: a name from `models:`."""


class _Underway:
    """Tasks that are begun and not yet handed over."""

    def __init__(self, write: Callable[[Task], Coroutine[Any, Any, Sequence[Record | Fault]]]) -> None:
        self.count = 0
        self._write = write
        self._ended: SimpleQueue[tuple[Task, _Outcome]] = SimpleQueue()
        self._futures: set[_Outcome] = set()

    def begin(self, task: Task) -> None:
        """Start one on the loop."""
        future = submit(self._write(task))
        self.count += 1
        self._futures.add(future)
        future.add_done_callback(lambda ended: self._ended.put((task, ended)))

    def next(self) -> Proposal:
        """Wait for whichever ends next."""
        task, ended = self._ended.get()
        self.count -= 1
        self._futures.discard(ended)
        return Proposal(task, ended.result)

    def let_go(self) -> None:
        """Cancel what has not ended. What was answered is in the journal."""
        for future in self._futures:
            future.cancel()
        wait(self._futures, timeout=10)
