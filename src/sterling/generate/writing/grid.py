"""A grid of cells (audience x format, operators, styles) over seeds: the cheapest way to make a model vary.

One prompt asked a thousand times is answered in a few ways; a thousand prompts are not. Each seed goes through the
cells in an order of its own, and a candidate that the checks took away is made again from its seed in another cell.
"""

from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import Field

from sterling.generate.seeds.seeding import Queue, queued
from sterling.models import ModelStrategy
from sterling.records import Record, canonical_json, digest
from sterling.registry import Past, Task

_TELLING = 8
"""Tasks of a cell from which on its yield counts."""


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

    def decided_of(self, task: Task, *wordings: str) -> dict[str, Any]:
        """What the cell decided of an answer: its name, and a digest of its values and of other `wordings`, if any.

        Two wordings of one cell may be answered alike; the digest keeps their records apart.
        """
        values = {name: value for name, value in task.spec.items() if name not in {"cell", "seed"}}
        told = [canonical_json(values), *wordings] if values or wordings else []
        return {"cell": task.spec["cell"], **({"wording": digest(*told)[:12]} if told else {})}

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """Seeds without a standing record first, each in the next cell that it has not been through.

        Cells of which less than half as much stands as of the others come last. With `count`, it ends when every seed
        has been through every cell. Without, each seed has `per_seed` cells in the first round, and one more in each
        later round while nothing of it stands. Seeds that share a source and a row are told apart by their ids.
        """
        every = list(seeds) if isinstance(seeds, Iterator) else seeds
        queue = queued(lambda: filter(self.suits, every), self.count, seed, self.rare)
        lucky = frozenset(parent for made in past.made if made.standing for parent in made.parents)
        poor = poor_cells(past, frozenset(cell.name for cell in self.cells()))
        for turn in range(self.per_seed if self.count is None else len(self.cells())):
            for record in _unlucky_first(queue, lucky):
                name, order = queue.name(record), self._order(record, seed, poor)
                for cell in self._due(order, name, past, lucky=record.id in lucky)[turn : turn + 1]:
                    row = f"{name}/{cell.name}"
                    if row not in past.tried:
                        yield Task(row, (record,), {"cell": cell.name, **cell.values, "seed": seed})

    def _due(self, order: Sequence[Cell], name: str, past: Past, *, lucky: bool) -> Sequence[Cell]:
        """The cells of a seed that may have their turn in this round."""
        if self.count is not None:
            return order
        if past.round == 1:
            return order[: self.per_seed]
        fresh = [cell for cell in order if not lucky and f"{name}/{cell.name}" not in past.tried]
        return fresh[: 1 if len(fresh) < len(order) else self.per_seed]

    def _order(self, record: Record, seed: int, poor: frozenset[str]) -> list[Cell]:
        """The cells of a seed, from a place of its own on."""
        cells = self.cells_of(record)
        start = int(digest(str(seed), record.id)[:8], 16)
        own = [cells[(start + at) % len(cells)] for at in range(len(cells))]
        return sorted(own, key=lambda cell: cell.name in poor)


def cell_in(row: str, names: Collection[str]) -> str | None:
    """The cell whose name the row of a grid's task ends in; the longest, where one name ends in another."""
    parts = row.split("/")
    ends = ("/".join(parts[at:]) for at in range(1, len(parts)))
    return next((end for end in ends if end in names), None)


def poor_cells(past: Past, names: Collection[str] = ()) -> frozenset[str]:
    """Cells that yield less than half of what all cells yield together: tasks with a standing record, of all tasks.

    A cell is told by the tag `cell:` of what was made in it. `names`: the cells of a grid, the rows of whose tasks end
    in them; so tasks that made nothing count, too.
    """
    tried = {row: cell for row in past.tried if (cell := cell_in(row, names)) is not None}
    tagged = ((made, tag) for made in past.made for tag in made.tags if tag.startswith("cell:"))
    tried |= {made.row: tag.removeprefix("cell:") for made, tag in tagged}
    standing = {made.row for made in past.made if made.standing}
    tasks, stood = Counter(tried.values()), Counter(cell for row, cell in tried.items() if row in standing)
    overall = stood.total() / tasks.total() if tasks else 0.0
    return frozenset(cell for cell, n in tasks.items() if n >= _TELLING and stood[cell] / n < overall / 2)


def _unlucky_first(queue: Queue, lucky: Collection[str]) -> Iterator[Record]:
    for of_the_lucky in (False, True) if lucky else (False,):
        yield from (record for record in queue if (record.id in lucky) is of_the_lucky)
