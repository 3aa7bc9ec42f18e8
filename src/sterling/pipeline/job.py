"""`Job`: one walk through a recipe, with everything that stays the same from its first step to its last."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sterling.curate.settle import settle
from sterling.engine.apply import Resources
from sterling.engine.fingerprint import fingerprint
from sterling.engine.local import Crew, default_workers
from sterling.engine.shards import Shard, read_batch
from sterling.engine.watch import Watch
from sterling.ledger import Trail
from sterling.recipes import Recipe
from sterling.registry import FitContext, Part


@dataclass(frozen=True, slots=True)
class Job:
    """A recipe on its way through the house."""

    recipe: Recipe
    trail: Trail
    use: Resources
    preview: int | None = None
    """Records wanted of each strategy when this is only a look; None for the real thing."""

    @classmethod
    def of(cls, recipe: Recipe, run: Path, head: Mapping[str, Any], watch: Watch, preview: int | None = None) -> "Job":
        """A job that writes under `run`."""
        options = recipe.engine
        crew = Crew(options.workers or default_workers())
        use = Resources(crew, options.partitions, watch, settle)
        return cls(recipe, Trail(run, head), use, preview)


def asks(part: Part, **more: Any) -> dict[str, Any]:
    """What a step is asked to do, as its address needs it: the part, its options, the content of what it reads."""
    return {
        "part": part.name_in_recipe,
        "version": part.version,
        "options": part.model_dump(mode="json"),
        "files": fingerprint(part.reads()),
        "python": list(sys.version_info[:3]),
        **more,
    }


def fit_context(anchors: Sequence[Shard]) -> FitContext:
    """What checks may look at: the anchor's test role, read anew at each call."""

    def protected() -> Iterator[pa.RecordBatch]:
        for shard in anchors:
            batch = read_batch(shard.records)
            yield batch.filter(pc.equal(batch.column("role"), "test"))

    return FitContext(protected)
