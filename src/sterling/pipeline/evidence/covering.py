"""Whether edge cases that were written cover real ones that nobody showed to the strategy."""

from collections.abc import Iterator, Sequence
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from sterling.curate.impact.coverage import HeldOut, edge_cases, edge_coverage
from sterling.engine.shards import Shard, read_batch, standing
from sterling.generate import Adversarial
from sterling.generate.seeds.gaps import shown_text
from sterling.pipeline.generating import Walked
from sterling.pipeline.job import Job
from sterling.records import Record, records_of
from sterling.stats import Evidence

HELD_OUT = pa.array(["test", "holdout"])
MOST = 20_000
"""Texts of each side that are compared."""


def coverage(job: Job, walked: Walked) -> Iterator[Evidence]:
    """Of each strategy `adversarial`, by what still stands of it: the share of held-out edge cases newly covered."""
    entries = [entry.name for entry in job.recipe.generate if isinstance(entry.part, Adversarial)]
    if not entries:
        return
    train = [shown_text(record) for record in islice(_standing(walked.anchors), MOST)]
    edge = edge_cases((HeldOut(shown_text(one), one.tags) for one in islice(_held_out(walked.anchors), MOST)), train)
    made = [record for record in _standing(walked.made) if record.source in entries]
    yield from edge_coverage(edge, train, [shown_text(record) for record in made[:MOST]], job.recipe.seed)


def _standing(shards: Sequence[Shard]) -> Iterator[Record]:
    for shard in shards:
        yield from records_of(standing(shard).batch)


def _held_out(anchors: Sequence[Shard]) -> Iterator[Record]:
    for shard in anchors:
        batch = read_batch(shard.records)
        yield from records_of(batch.filter(pc.is_in(batch.column("role"), value_set=HELD_OUT)))
