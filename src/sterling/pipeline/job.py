"""`Job`: one walk through a recipe, with everything that stays the same from its first step to its last."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sterling.curate.pairs.settle import settle_places
from sterling.engine.apply import Resources
from sterling.engine.crew import Crew
from sterling.engine.fingerprint import fingerprint
from sterling.engine.shards import Shard, read_batch
from sterling.engine.step import Step
from sterling.engine.watch import Watch
from sterling.ledger import Trail, line_of
from sterling.ledger.trail import Kind
from sterling.models.money.bills import Asked
from sterling.models.money.purse import purpose
from sterling.pipeline.compared_with import against_files
from sterling.recipes import Recipe
from sterling.registry import FitContext, Part, RecordCheck


@dataclass(frozen=True, slots=True)
class Job:
    """A recipe on its way through the house."""

    recipe: Recipe
    trail: Trail
    use: Resources
    store: Path
    """What cost money or people, and outlives runs: the journal of models, readings of gold."""
    preview: int | None = None
    """Records wanted of each strategy when this is only a look; None for the real thing."""

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        run: Path,
        head: Mapping[str, Any],
        crew: Crew,
        watch: Watch,
        store: Path,
        preview: int | None = None,
        *,
        to_end: bool = True,
    ) -> "Job":
        """A job that writes under `run`, and keeps what is not to be paid twice in `store`. `to_end`: see `Trail`."""
        use = Resources(crew, recipe.engine.partitions, watch, settle_places)
        return cls(recipe, Trail(run, head, to_end=to_end), use, store, preview)


class Assignment(NamedTuple):
    """What a step of this walk is to do."""

    kind: Kind
    name: str
    """Of the recipe's entry."""
    folder: str
    """What the step's folder is called."""
    asks: Mapping[str, Any]
    inputs: Sequence[str]
    """Addresses of the steps it stands on."""
    walk: int = 0
    units: int | None = None
    """How many shards it has, if that is known beforehand."""


class Done(NamedTuple):
    """A finished step."""

    step: Step
    summary: Mapping[str, Any]


def perform(
    job: Job,
    given: Assignment,
    work: Callable[[Step], Mapping[str, Any]],
    *,
    stands: Callable[[Step], bool] | None = None,
) -> Done:
    """Do a step, unless it is sealed already and what it left elsewhere (`stands`) is still there."""
    step = job.trail.step(given.folder, given.asks, given.inputs)
    summary = step.sealed()
    reused = summary is not None and (stands is None or stands(step))
    if summary is None or not reused:
        job.use.watch.start(step.name, given.units)
        summary = asked_for(job, f"{given.kind}:{given.name}", lambda: work(step))
        step.seal(summary)
    job.use.watch.finish(step.name, line_of(summary), reused=reused)
    job.trail.add(step, given.kind, summary, name=given.name, asks=given.asks, walk=given.walk)
    return Done(step, summary)


def asked_for(job: Job, name: str, work: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """What work comes to, its questions asked in this name. A preview remembers them all, for its estimate."""
    heard: list[Asked] | None = None if job.preview is None else []
    with purpose(name, heard):
        summary = dict(work())
    return summary | ({"asked": [one.to_json() for one in heard]} if heard else {})


def asks(part: Part, **more: Any) -> dict[str, Any]:
    """What a step is asked to do, as its address needs it: the part, its options, the content of what it reads."""
    return {
        "part": part.name_in_recipe,
        "version": part.version,
        "options": part.model_dump(mode="json"),
        "files": fingerprint([*part.reads(), *against_files(part)]),
        "gold": fingerprint([part.locate(part.gold)] if isinstance(part, RecordCheck) and part.gold else []),
        "python": list(sys.version_info[:3]),
        **more,
    }


def fit_context(anchors: Sequence[Shard]) -> FitContext:
    """What checks may look at of the anchor, read anew at each call."""
    return FitContext(partial(_in_role, anchors, "test"), partial(_in_role, anchors, "train"))


def _in_role(anchors: Sequence[Shard], role: str) -> Iterator[pa.RecordBatch]:
    for shard in anchors:
        batch = read_batch(shard.records)
        yield batch.filter(pc.equal(batch.column("role"), role))
