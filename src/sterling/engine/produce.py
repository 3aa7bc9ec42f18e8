"""What makes records, shard by shard: a source that is read, a strategy that is asked."""

import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sterling.engine.step import Step
from sterling.errors import SterlingError
from sterling.records import Fault, Record, batch_of, fault_table
from sterling.registry import Proposal, Strategy, Task
from sterling.text.invisible import MARKED, STRIPPED

T = TypeVar("T")
LEAST, MOST = 1_000, 16_000
"""Records of the first shards of a source that grow, and of the last ones."""
_GROWTH = 8
"""Shards that a source has when it has doubled."""
_LONG = 32_000_000
"""Characters from which a shard is full, if it has `LEAST` records: of long texts fewer are held at once."""


class Chunk(NamedTuple):
    """The tasks of one shard."""

    number: int
    tasks: Sequence[Task]


@dataclass(frozen=True, slots=True)
class Gather:
    """Writes what a source yields."""

    step: Step

    def __call__(self, number: int, found: Sequence[Record | Fault]) -> dict[str, Any]:
        """Commit one shard unless it is finished. Returns its marker."""
        return self.step.once(number, lambda: _commit(self.step, number, found, {}))


@dataclass(frozen=True, slots=True)
class Propose:
    """Asks a strategy for the records of each task."""

    step: Step
    strategy: Strategy
    source: str
    """Name of the strategy's entry in the recipe."""

    def __call__(self, chunk: Chunk) -> dict[str, Any]:
        """Commit one shard unless it is finished. Returns its marker."""
        return self.step.once(chunk.number, lambda: self._propose(chunk))

    def _propose(self, chunk: Chunk) -> dict[str, Any]:
        found = [answers_of(task, partial(self.strategy.propose, task, self.source)) for task in chunk.tasks]
        return commit_tasks(self.step, chunk, found)


class ProposeTogether:
    """Asks a strategy for many tasks of many shards at once; a shard is written when its last task has ended."""

    def __init__(self, step: Step, strategy: Strategy, source: str) -> None:
        self._step = step
        self._strategy = strategy
        self._source = source
        self._open: dict[int, _Open] = {}
        self._home: dict[int, tuple[int, int]] = {}
        self._finished: list[dict[str, Any]] = []

    def __call__(self, units: Iterable[Chunk]) -> Iterator[dict[str, Any]]:
        """The marker of each shard, in any order; finished ones are not asked about again."""
        for proposal in self._strategy.propose_all(self._tasks(units), self._source):
            yield from self._taken()
            marker = self._place(proposal)
            if marker is not None:
                yield marker
        yield from self._taken()

    def _taken(self) -> Iterator[dict[str, Any]]:
        finished, self._finished = self._finished, []
        yield from finished

    def _tasks(self, units: Iterable[Chunk]) -> Iterator[Task]:
        for chunk in units:
            finished = self._step.finished(chunk.number)
            if finished is not None:
                self._finished.append(finished)
                continue
            self._open[chunk.number] = _Open(chunk)
            for place, task in enumerate(chunk.tasks):
                self._home[id(task)] = (chunk.number, place)
                yield task

    def _place(self, proposal: Proposal) -> dict[str, Any] | None:
        number, place = self._home.pop(id(proposal.task))
        shard = self._open[number]
        shard.found[place] = answers_of(proposal.task, proposal.open)
        if len(shard.found) < len(shard.chunk.tasks):
            return None
        del self._open[number]
        return commit_tasks(self._step, shard.chunk, [shard.found[at] for at in range(len(shard.found))])


class _Open:
    """A shard of which some tasks have not ended."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.found: dict[int, list[Record | Fault]] = {}


def answers_of(task: Task, open_: Callable[[], Sequence[Record | Fault]]) -> list[Record | Fault]:
    """What a task came to. Whatever a strategy raises costs that task; an error of ours ends the run."""
    try:
        found = open_()
    except SterlingError:
        raise
    except Exception as error:  # noqa: BLE001 - a strategy may be anybody's
        return [
            Fault(
                task.row, "user_code", "strategy_failed", f"{type(error).__name__}: {error} ({_place_of(error)})"[:500]
            )
        ]
    none = Fault(task.row, "user_code", "nothing_proposed", "the strategy returned neither a record nor a fault")
    return _told_apart(found) or [none]


def _place_of(error: Exception) -> str:
    """The file and line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return f"{Path(last[0].filename).name}:{last[0].lineno}" if last else "nowhere"


def commit_tasks(step: Step, chunk: Chunk, found: Sequence[Sequence[Record | Fault]]) -> dict[str, Any]:
    """Write one shard of tasks, in the order of the tasks."""
    flat = [answer for answers in found for answer in answers]
    return _commit(step, chunk.number, flat, {"tasks": [task.row for task in chunk.tasks]})


def chunks(items: Iterable[T], size: int) -> Iterator[tuple[int, list[T]]]:
    """Numbered lists of at most `size`, lazily."""
    stream = iter(items)
    number = 0
    while chunk := list(islice(stream, size)):
        yield number, chunk
        number += 1


def growing(items: Iterable[T], length: Callable[[T], int]) -> Iterator[tuple[int, list[T]]]:
    """Numbered lists that grow with what came before them, lazily: a small source is cut fine, of a large one each
    shard is worth its files. Where they are cut follows from the items alone."""
    chunk: list[T] = []
    number, before, characters = 0, 0, 0
    for item in items:
        chunk.append(item)
        characters += length(item)
        room = min(MOST, max(LEAST, before // _GROWTH)) if characters < _LONG else LEAST
        if len(chunk) >= room:
            yield number, chunk
            number, before = number + 1, before + len(chunk)
            chunk, characters = [], 0
    if chunk:
        yield number, chunk


def _told_apart(found: Sequence[Record | Fault]) -> list[Record | Fault]:
    """The same with a fault in place of a record that was there before: two records of one id are one."""
    seen: set[str] = set()
    answers: list[Record | Fault] = []
    for answer in found:
        repeated = isinstance(answer, Record) and answer.id in seen
        answers.append(_repetition(answer) if isinstance(answer, Record) and repeated else answer)
        seen |= {answer.id} if isinstance(answer, Record) else set()
    return answers


def _unseen(records: Sequence[Record]) -> dict[str, dict[str, Any]]:
    """By tag of `text.invisible`: how many records have it, and where the first three are from."""
    found: dict[str, list[str]] = {}
    for record in records:
        for tag in record.tags:
            if tag.startswith((STRIPPED, MARKED)):
                found.setdefault(tag, []).append(record.row)
    return {tag: {"records": len(rows), "first": rows[:3]} for tag, rows in sorted(found.items())}


def _repetition(record: Record) -> Fault:
    return Fault(record.row, "user_code", "repeated", "the same record was proposed twice; only the first counts")


def _commit(step: Step, number: int, found: Sequence[Record | Fault], counts: dict[str, Any]) -> dict[str, Any]:
    records = [f for f in found if isinstance(f, Record)]
    faults = [f for f in found if isinstance(f, Fault)]
    reasons = dict(sorted(Counter(f.reason for f in faults).items()))
    roles = dict(sorted(Counter(r.role for r in records).items()))
    bad = [f"{f.where}: {f.reason}: {f.message}" for f in faults if f.boundary == "source"]
    return step.commit(
        number,
        records=batch_of(records),
        faults=fault_table(faults),
        counts={
            **counts,
            "reasons": reasons,
            "bad_rows": len(bad),
            "first_bad": bad[:3],
            "cut": any(f.boundary == "source" and f.reason == "truncated" for f in faults),
            "roles": roles,
            "unseen": _unseen(records),
        },
    )
