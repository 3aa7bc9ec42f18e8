"""How much of anything the page shows, and what was cut."""

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Limits(NamedTuple):
    """How much of each kind the page shows. What is cut is counted on the page and whole in `report.json`."""

    samples: int = 6
    """Of each fate."""
    part: int = 1_400
    """Characters of one text of a sample."""
    text: int = 400
    """Characters of any other text."""
    rows: int = 150
    """Of the evidence table."""
    lines: int = 60
    """Steps, findings, anchors, slices, models, measures."""
    columns: int = 24
    """Generations in a table."""
    few: int = 8
    """Reasons, facts, verdicts, parents and parts of one thing."""

    def tighter(self) -> "Limits":
        """Two thirds of everything."""
        return Limits(*(max(1, limit * 2 // 3) for limit in self))


class Cut(NamedTuple, Generic[T]):
    """The beginning of a list, and how many more there are."""

    shown: Sequence[T]
    more: int


def cut(items: Iterable[T], limit: int) -> Cut[T]:
    """The beginning of them, and a count of the rest."""
    whole = list(items)
    return Cut(whole[:limit], max(0, len(whole) - limit))
