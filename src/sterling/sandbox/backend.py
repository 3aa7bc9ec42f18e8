"""What every way of keeping code in has in common: jobs in, outcomes out."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sterling.sandbox.conversation import converse
from sterling.sandbox.outcome import Limits, Outcome
from sterling.sandbox.process import Zygote, ZygoteDied


class Backend(Protocol):
    """A place where jobs are run, one at a time. Not to be shared between processes or threads."""

    tier: str
    """What keeps the code in, as verdicts and the release record it."""

    def run(self, paths: tuple[str, ...], orders: Sequence[Mapping[str, Any]]) -> Outcome:
        """Run one job of one or two locked-in processes, which may read `paths`; the last one decides."""

    def close(self) -> None:
        """End whatever still runs."""


class Local:
    """Jobs on this machine, forked from a zygote that is started anew when the system kills it."""

    def __init__(self, limits: Limits, hash_seed: int, tier: str) -> None:
        self.tier = tier
        self._limits = limits
        self._hash_seed = hash_seed
        self._zygote = Zygote(limits, hash_seed)

    def run(self, paths: tuple[str, ...], orders: Sequence[Mapping[str, Any]]) -> Outcome:
        """One job. The zygote dies when the system is short of memory; a second death is put down to the program."""
        for _ in range(2):
            try:
                return converse(self._zygote, self._limits, paths, orders)
            except ZygoteDied:
                self._zygote.close()
                self._zygote = Zygote(self._limits, self._hash_seed)
        return Outcome("crashed", "the sandbox was killed twice while this program ran")

    def close(self) -> None:
        """End the zygote and whatever still runs in it."""
        self._zygote.close()
