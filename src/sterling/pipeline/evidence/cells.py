"""What the grids of the strategies yielded, gathered from everything that was made."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow.compute as pc

from sterling.collapse.cells import SAMPLED, Candidate, cell_yields, likeness, total
from sterling.engine.shards import Shard, fates, read_batch
from sterling.generate.writing.grid import GridStrategy, cell_in
from sterling.ledger.trail import Stage
from sterling.pipeline.generating import tried
from sterling.pipeline.job import Job
from sterling.records import Record, payload_text, records_of
from sterling.stats import Evidence, proportion

_CELL = "cell:"


Counts = Counter[tuple[str, str, bool]]
"""Tasks by (strategy entry, cell, whether a record of it stands)."""


class Gleaned(NamedTuple):
    """What one shard tells."""

    counts: Counts
    """Tasks that made a record."""
    sample: tuple[tuple[str, Candidate], ...]
    """(strategy entry, candidate)."""


def cells(job: Job, made: Sequence[Shard]) -> Iterator[Evidence]:
    """Seeds left out, yield of each cell, near duplicates among prompts and answers, distinct-n of each cell."""
    yield from _unsuited(job)
    if not made:
        return
    grids = {entry.name: _names(entry.part) for entry in job.recipe.generate if isinstance(entry.part, GridStrategy)}
    gleaned = list(job.use.crew.map(Glean(-(-SAMPLED // len(made)), grids), made, len(made)))
    counts = sum((one.counts for one in gleaned), Counts())
    for name, names in grids.items():
        counts += _fruitless(job, name, names, counts)
    for strategy, parts in sorted(total([counts]).items()):
        yield from cell_yields(strategy, parts)
    for entry in job.recipe.generate:
        mine = [candidate for one in gleaned for name, candidate in one.sample if name == entry.name]
        yield from likeness(entry.name, mine, job.recipe.seed)


@dataclass(frozen=True, slots=True)
class Glean:
    """Counts a shard's tasks by cell, and takes a few candidates along: those with the lowest ids, which are hashes."""

    most: int
    grids: Mapping[str, frozenset[str]]
    """Cells of each strategy entry that has a grid."""

    def __call__(self, shard: Shard) -> Gleaned:
        """What one shard of candidates tells."""
        batch = read_batch(shard.records)
        counts: Counts = Counter()
        for source in pc.unique(batch.column("source")).to_pylist():
            counts += self._counts(shard, source)
        first = batch.take(pc.sort_indices(batch.column("id"))[: self.most])
        return Gleaned(counts, tuple((record.source, _candidate(record)) for record in records_of(first)))

    def _counts(self, shard: Shard, source: str) -> Counts:
        tasks: dict[tuple[str, str], bool] = {}
        for made in fates(shard, source):
            own = cell_in(made.row, self.grids.get(source, ()))
            for cell in cells_of(made.tags) if own is None else [own]:
                tasks[made.row, cell] = made.standing or tasks.get((made.row, cell), False)
        return Counter((source, cell, stands) for (_, cell), stands in tasks.items())


def _names(grid: GridStrategy) -> frozenset[str]:
    return frozenset(cell.name for cell in grid.cells())


def _fruitless(job: Job, name: str, names: frozenset[str], made: Counts) -> Counts:
    """Tasks of a grid's cells that ended without a record. Those that are still owed do not count."""
    owed = {row for stage in _stages(job, name) for row in stage.summary["owed"]}
    tasks = Counter(cell_in(row, names) for row in tried(job, name) if row not in owed)
    left = {cell: n - made[name, cell, True] - made[name, cell, False] for cell, n in tasks.items() if cell}
    return Counter({(name, cell, False): n for cell, n in left.items() if n > 0})


def _unsuited(job: Job) -> Iterator[Evidence]:
    """`generate.<strategy>.unsuited`: seeds of its last round of which a strategy can make nothing."""
    for entry in job.recipe.generate:
        told = [stage.summary for stage in _stages(job, entry.name) if "unsuited" in stage.summary]
        if told and told[-1]["seeds"]:
            name, method = f"generate.{entry.name}.unsuited", "seeds that do not suit the strategy, of all it looked at"
            yield proportion(name, told[-1]["unsuited"], told[-1]["seeds"], method, strategy=entry.name)


def _stages(job: Job, name: str) -> list[Stage]:
    return [stage for stage in job.trail.stages if (stage.kind, stage.name) == ("generate", name)]


def cells_of(tags: Sequence[str]) -> list[str]:
    """The cells of a grid that a record's tags name: one, or none."""
    return [tag.removeprefix(_CELL) for tag in tags if tag.startswith(_CELL)]


def _candidate(record: Record) -> Candidate:
    payload = record.payload
    asked = {"prompt": payload["prompt"]} if "prompt" in payload else {}
    said = {key: value for key, value in payload.items() if key not in {"prompt", "tools", "rejected"}}
    cell = next(iter(cells_of(record.tags)), None)
    return Candidate(cell, payload_text(asked), payload_text(said))
