"""What every way of keeping code in has in common: jobs in, outcomes out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sterling.sandbox.outcome import Answer, Outcome

Heed = Callable[[int, Answer], bool]
"""Told each answer as it comes, by its number; returns whether the job shall go on."""


class Job(NamedTuple):
    """What shall be run: plain data throughout."""

    orders: Sequence[Mapping[str, Any]]
    """One for each process: its role and what belongs to it. The last one decides."""
    paths: tuple[str, ...] = ()
    """Folders that it may read."""
    files: tuple[tuple[str, str], ...] = ()
    """(relative name, text) of its own folder."""
    stdin: bytes | None = None
    """Standard input; with it, descriptor 1 is captured."""
    folder: str | None = None
    """Where the back end has put the files."""


class Backend(Protocol):
    """A place where jobs are run, one at a time. Not to be shared between processes or threads."""

    tier: str
    """What keeps the code in, as verdicts and the release record it."""

    def run(self, job: Job, heed: Heed | None = None) -> Outcome:
        """Run one job. A back end that cannot stop half-way may give `heed` the answers at the end."""

    def close(self) -> None:
        """End whatever still runs."""
