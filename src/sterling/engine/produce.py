"""What makes records, shard by shard: a source that is read, a strategy that is asked."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sterling.engine.step import Step
from sterling.errors import SterlingError
from sterling.records import Fault, Record, batch_of, fault_table
from sterling.registry import Strategy, Task

T = TypeVar("T")


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
        found = [answer for task in chunk.tasks for answer in self._ask(task)]
        return _commit(self.step, chunk.number, found, {"tasks": [task.row for task in chunk.tasks]})

    def _ask(self, task: Task) -> Sequence[Record | Fault]:
        try:
            found = self.strategy.propose(task, self.source)
        except SterlingError:
            raise
        except Exception as error:  # noqa: BLE001 - a strategy may be anybody's
            return [Fault(task.row, "user_code", "strategy_failed", f"{type(error).__name__}: {error}"[:500])]
        none = Fault(task.row, "user_code", "nothing_proposed", "the strategy returned neither a record nor a fault")
        return _told_apart(found) or [none]


def chunks(items: Iterable[T], size: int) -> Iterator[tuple[int, list[T]]]:
    """Numbered lists of at most `size`, lazily."""
    stream = iter(items)
    number = 0
    while chunk := list(islice(stream, size)):
        yield number, chunk
        number += 1


def _told_apart(found: Sequence[Record | Fault]) -> list[Record | Fault]:
    """The same with a fault in place of a record that was there before: two records of one id are one."""
    seen: set[str] = set()
    answers: list[Record | Fault] = []
    for answer in found:
        repeated = isinstance(answer, Record) and answer.id in seen
        answers.append(_repetition(answer) if isinstance(answer, Record) and repeated else answer)
        seen |= {answer.id} if isinstance(answer, Record) else set()
    return answers


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
            "roles": roles,
        },
    )
