"""`Strategy`: tasks, and the records of each; what earlier rounds left behind."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from sterling.records import Fault, Record
from sterling.registry.part import Part
from sterling.stats import Evidence


class Task(NamedTuple):
    """One piece of work for a strategy: small, picklable, and the same on every run."""

    row: str
    """Its name within the strategy's entry: the same in every round and every run, and no other task's."""
    seeds: tuple[Record, ...] = ()
    """The records it starts from; they become parents."""
    spec: Mapping[str, Any] = {}
    """Whatever else it says. JSON values."""


class Made(NamedTuple):
    """A record of an earlier round, and what became of it."""

    id: str
    row: str
    """Of the task that made it."""
    parents: tuple[str, ...]
    tags: tuple[str, ...]
    standing: bool
    """No check has dropped it."""
    verified: bool


class Past(NamedTuple):
    """What earlier rounds left behind. A round's tasks may depend on it, never on their own round."""

    round: int = 1
    verified: frozenset[str] = frozenset()
    """Ids of the seeds with a verifying keep: only their examples are oracles."""
    kept: int = 0
    """Synthetic records of this strategy entry still standing."""
    tried: frozenset[str] = frozenset()
    """`row` of every task of this entry that earlier rounds have done, whatever became of it."""
    made: Sequence[Made] = ()
    """Every record of this entry."""
    scores: Mapping[str, float] = {}
    """Record's id to the score that the check named by `hears` gave it: of seeds, and of what this entry made."""
    own: Callable[[], Iterable[Record]] = tuple
    """Streams the records of this entry that stand and are verified, anew at each call."""


class Strategy(Part):
    """Writes synthetic records and never judges them. The engine owns order, processes and retries."""

    together: ClassVar[bool] = False
    """Asked by `propose_all` in one process, because its tasks wait more than they work."""
    seeds: str | None = None
    """Name of the anchor it starts from, or of another strategy, whose verified records it then starts from a round
    later; None means every anchor."""
    count: int | None = Field(default=None, ge=1)
    """Records wanted; None means as many as the seeds yield."""
    rounds: int = Field(default=1, ge=1, le=20)
    """How often to come back for what verification took away from `count`."""
    hears: str | None = None
    """Name of the check whose scores decide where it goes next, for strategies that follow a measured pass rate."""
    max_bad_share: float = Field(default=0.05, ge=0, le=1)
    """Of a strategy that reads rows: the run stops when more than this share of them is bad."""

    @abstractmethod
    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """Tasks in a stable order, lazily. Randomness is a function of `seed` and the task's `row` only.

        The engine's `seeds` may be gone through again; each time they are read anew.
        """

    def suits(self, record: Record) -> bool | None:
        """Whether anything can be made of this seed; None where a strategy cannot say so of a single seed."""
        return None

    @abstractmethod
    def propose(self, task: Task, source: str) -> Sequence[Record | Fault]:
        """The records of one task, or the fault that it ended in. `source` is this entry's name in the recipe."""

    def conclude(self, past: Past) -> Sequence[Evidence]:
        """What it can say of all that it made, once nothing more is made."""
        return ()

    def propose_all(self, tasks: Iterable[Task], source: str) -> "Iterator[Proposal]":
        """What comes of each task, in any order. Tasks are drawn no faster than they are worked on."""
        for task in tasks:
            yield Proposal(task, partial(self.propose, task, source))


class Proposal(NamedTuple):
    """What came of one task."""

    task: Task
    open: Callable[[], Sequence[Record | Fault]]
    """Gives its records and faults, or raises what the strategy raised."""
