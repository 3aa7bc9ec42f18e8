"""What the grids of the strategies yielded, gathered from everything that was made."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow.compute as pc

from sterling.collapse.cells import SAMPLED, Candidate, cell_yields, likeness, total
from sterling.engine.shards import Shard, fates, read_batch
from sterling.pipeline.job import Job
from sterling.records import Record, payload_text, records_of
from sterling.stats import Evidence

_CELL = "cell:"


class Gleaned(NamedTuple):
    """What one shard tells."""

    counts: Counter[tuple[str, str, bool]]
    """Candidates by (strategy entry, cell, whether they stand)."""
    sample: tuple[tuple[str, Candidate], ...]
    """(strategy entry, candidate)."""


def cells(job: Job, made: Sequence[Shard]) -> Iterator[Evidence]:
    """Yield of each cell, near duplicates among prompts and answers, distinct-n of each cell."""
    if not made:
        return
    gleaned = list(job.use.crew.map(Glean(-(-SAMPLED // len(made))), made, len(made)))
    for strategy, parts in sorted(total([one.counts for one in gleaned]).items()):
        yield from cell_yields(strategy, parts)
    for entry in job.recipe.generate:
        mine = [candidate for one in gleaned for name, candidate in one.sample if name == entry.name]
        yield from likeness(entry.name, mine, job.recipe.seed)


@dataclass(frozen=True, slots=True)
class Glean:
    """Counts a shard's candidates by cell, and takes a few along: those with the lowest ids, which are hashes."""

    most: int

    def __call__(self, shard: Shard) -> Gleaned:
        """What one shard of candidates tells."""
        batch = read_batch(shard.records)
        counts: Counter[tuple[str, str, bool]] = Counter()
        for source in pc.unique(batch.column("source")).to_pylist():
            for made in fates(shard, source):
                counts.update((source, cell, made.standing) for cell in cells_of(made.tags))
        first = batch.take(pc.sort_indices(batch.column("id"))[: self.most])
        return Gleaned(counts, tuple((record.source, _candidate(record)) for record in records_of(first)))


def cells_of(tags: Sequence[str]) -> list[str]:
    """The cells of a grid that a record's tags name: one, or none."""
    return [tag.removeprefix(_CELL) for tag in tags if tag.startswith(_CELL)]


def _candidate(record: Record) -> Candidate:
    payload = record.payload
    asked = {"prompt": payload["prompt"]} if "prompt" in payload else {}
    said = {key: value for key, value in payload.items() if key not in {"prompt", "tools", "rejected"}}
    cell = next(iter(cells_of(record.tags)), None)
    return Candidate(cell, payload_text(asked), payload_text(said))
