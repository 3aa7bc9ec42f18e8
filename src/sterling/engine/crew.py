"""`Crew`: who does the work of a step. All that tells one engine from another."""

import pickle
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Protocol, TypeVar

Unit = TypeVar("Unit")
Result = TypeVar("Result")


class Crew(Protocol):
    """Hands that stay for a whole run. A context manager.

    What a step is asked, and so its address, does not depend on the crew: one may go on where another was stopped.
    """

    def __enter__(self) -> "Crew": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def map(self, work: Callable[[Unit], Result], units: Iterable[Unit], owed: int | None = None) -> Iterator[Result]:
        """Do `work` on each unit and yield the results as they come, in any order.

        `work` and units must pickle; a part defined in `__main__` does not travel, so it runs in this process. Units
        are made only as they are needed. The first failure of a unit ends the rest and is raised here; finished units
        stay finished. `owed` is how many units there are, if that is known.
        """
        ...


def pickled(work: object) -> bytes | None:
    """Work as it travels to another process; None when it cannot."""
    try:
        data = pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None
    return None if b"__main__" in data else data
