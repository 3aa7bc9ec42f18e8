"""A grid of cells (audience x format, operators, styles) over seeds: the cheapest way to make a model vary.

One prompt asked a thousand times is answered in a few ways; a thousand prompts are not. Each seed goes through the
cells in an order of its own, and a candidate that the checks took away is made again from its seed in another cell.
"""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import Field

from sterling.generate.seeds.seeding import drawn
from sterling.models import ModelStrategy
from sterling.records import Record, digest
from sterling.registry import Past, Task

_TELLING = 8
"""Records of a cell from which on its yield counts."""


class Cell(NamedTuple):
    """One way of asking."""

    name: str
    """`child/story`."""
    values: Mapping[str, Any]
    """What the prompt is filled with, and whatever else the strategy wants to know. JSON values."""


class GridStrategy(ModelStrategy):
    """Asks a model once for each pair of a seed and a cell of the strategy's grid."""

    rare: float = Field(default=0.0, ge=0, le=1)
    """Share of the seeds that are taken from the smallest topics of the anchor first; 0 leaves it to chance."""
    per_seed: int = Field(default=1, ge=1, le=1000)
    """Cells for each seed where `count` is not given."""

    @abstractmethod
    def cells(self) -> Sequence[Cell]:
        """The grid, in a stable order."""

    def cells_of(self, record: Record) -> Sequence[Cell]:
        """Those that this seed can go through; all of them unless a strategy knows better."""
        return self.cells()

    def suits(self, record: Record) -> bool:
        """Whether anything can be made of this seed."""
        return True

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """Seeds without a standing record first, each in the next cell that it has not been through.

        Cells of which less than half as much stands as of the others come last. Ends when every seed has been through
        every cell, whatever `count` says.
        """
        chosen = drawn((record for record in seeds if self.suits(record)), self.count, seed, self.rare)
        lucky = {parent for made in past.made if made.standing for parent in made.parents}
        unlucky_first = sorted(chosen, key=lambda record: past.round > 1 and record.id in lucky)
        poor = poor_cells(past)
        rounds = self.per_seed if self.count is None else len(self.cells())
        for turn in range(rounds):
            for record in unlucky_first:
                for cell in self._order(record, seed, poor)[turn : turn + 1]:
                    row = f"{record.source}/{record.row}/{cell.name}"
                    if row not in past.tried:
                        yield Task(row, (record,), {"cell": cell.name, **cell.values, "seed": seed})

    def _order(self, record: Record, seed: int, poor: frozenset[str]) -> list[Cell]:
        """The cells of a seed, from a place of its own on."""
        cells = self.cells_of(record)
        start = int(digest(str(seed), record.id)[:8], 16)
        own = [cells[(start + at) % len(cells)] for at in range(len(cells))]
        return sorted(own, key=lambda cell: cell.name in poor)


def poor_cells(past: Past) -> frozenset[str]:
    """Cells that yield less than half of what all cells yield together, told by the tag `cell:`."""
    cells = [(tag.removeprefix("cell:"), made) for made in past.made for tag in made.tags if tag.startswith("cell:")]
    tried, stood = Counter(cell for cell, _ in cells), Counter(cell for cell, made in cells if made.standing)
    overall = stood.total() / tried.total() if tried else 0.0
    return frozenset(cell for cell, n in tried.items() if n >= _TELLING and stood[cell] / n < overall / 2)
