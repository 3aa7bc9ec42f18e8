"""How a run tells what it is doing, to whoever wants to know."""

from collections.abc import Callable
from typing import Protocol


class Watch(Protocol):
    """Told of each step; told nothing when a step was finished before."""

    def start(self, step: str, units: int | None) -> None:
        """A step begins; `units` is how many shards it has, None when nobody knows yet."""

    def advance(self, records: int) -> None:
        """One more shard is finished, with this many records."""

    def finish(self, step: str, summary: str, *, reused: bool) -> None:
        """The step is done, now or (`reused`) by an earlier run."""

    def spends(self, told: Callable[[], str]) -> None:
        """The run asks models: `told` says at any time what that has cost so far."""


class Silent:
    """Tells nobody."""

    def start(self, step: str, units: int | None) -> None:
        """Nothing."""

    def advance(self, records: int) -> None:
        """Nothing."""

    def finish(self, step: str, summary: str, *, reused: bool) -> None:
        """Nothing."""

    def spends(self, told: Callable[[], str]) -> None:
        """Nothing."""
