"""The step by which a run becomes the next generation of an earlier release: who is still there, and what goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.apply import summed
from sterling.engine.fingerprint import fingerprint
from sterling.engine.produce import MOST
from sterling.engine.shards import Shard, read_batch
from sterling.engine.step import Step
from sterling.errors import InputError
from sterling.models import endpoints_of
from sterling.pipeline.anchoring import grows, rows_per_shard
from sterling.pipeline.generations.erasing import Erasures, read_erasures
from sterling.pipeline.generations.inheriting import Heir, inherit
from sterling.pipeline.generations.meeting import meet
from sterling.pipeline.job import Assignment, Job, perform
from sterling.recipes import Recipe
from sterling.records import canonical_json, digest
from sterling.records.places import read_parquet
from sterling.release import EarlierRelease, earlier_release
from sterling.stats import Evidence, count


class Past(NamedTuple):
    """What earlier generations leave to this run's mix; `NO_PAST` of a run that continues nothing."""

    generation: int
    """This run's: 1 continues nothing, 2 continues a first release."""
    ages: Mapping[int, int]
    """Of shards of earlier synthetic records, by their number: how many generations ago they were written."""
    drawn: pa.Table
    """`id` (string) of real records that earlier mixes held, and in how many of them (`times`, int64)."""


NO_PAST = Past(1, {}, pa.table({"id": pa.array([], pa.string()), "times": pa.array([], pa.int64())}))
"""A first generation."""


class Inherited(NamedTuple):
    """What a run has from the generations before it."""

    shards: tuple[Shard, ...] = ()
    """Their synthetic records, numbered after the anchor's shards."""
    past: Past = NO_PAST
    step: Step | None = None
    """Where `met` (of each anchor record how often it was drawn), `before` and `ancestry` lie; None in a first one."""
    name: str | None = None
    """Of the release that is continued."""
    chain: Sequence[Mapping[str, Any]] = ()
    """`name`, `generation` and `address` of every release before this run's, the newest first."""


FIRST = Inherited()
"""Of a run that continues nothing."""


def continued(job: Job, anchors: tuple[Shard, ...]) -> Inherited:
    """What `continues:` brings; nothing in a first generation. InputError when the release is torn or none at all."""
    if job.recipe.continues_folder is None:
        return FIRST
    old, erasures = earlier_release(job.recipe.continues_folder), read_erasures(job.recipe.erasures_file)
    named = [] if job.recipe.erasures_file is None else [str(job.recipe.erasures_file)]
    rows = MOST if grows(job.recipe) else rows_per_shard(job.recipe)
    question = {
        "release": digest(canonical_json(old.told)), "erasures": fingerprint(named), "rows": rows,
        "limit": job.preview,
    }  # fmt: skip
    given = Assignment("continues", old.name, f"continues-{old.name}", question, job.trail.addresses)
    heir = Heir(old.generation + 1, old.name, len(anchors), rows, job.preview)
    step, summary = perform(job, given, lambda step: _continue(step, old, anchors, erasures, heir))
    job.trail.head = {**job.trail.head, "generation": heir.generation, "continues": old.name}
    shards = tuple(
        Shard(number, step.part("records", number), (step.part("verdicts", number),), size)
        for number, size in enumerate(summary["sizes"], len(anchors))
    )
    ages = {shard.number: age for shard, age in zip(shards, summary["ages"], strict=True)}
    return Inherited(shards, Past(heir.generation, ages, _drawn(step, anchors)), step, old.name, summary["chain"])


def as_inherited(shard: Shard) -> Shard:
    """An inherited shard with the verdicts that let it in alone, whatever this run's checks and mix made of it."""
    return replace(shard, verdicts=shard.verdicts[:1])


def refuse_itself(job: Job, release: Path) -> None:
    """InputError for a run that would write its release over the one that it continues."""
    old = job.recipe.continues_folder
    if old is not None and old.resolve() == release.resolve():
        what = "this run would put its release in the place of the one that it continues"
        mend = "give the recipe another `name:`, for instance with the number of its generation"
        raise InputError(what, where=old, mend=mend)


def depths(recipe: Recipe) -> dict[str, int]:
    """Of each release that a model was `trained_on`, as the recipe names it, the greatest depth of its records.

    InputError as for `continues`.
    """
    every = [*recipe.models.values(), *(one for entry in recipe.generate for one in endpoints_of(entry.part))]
    named = {one.trained_on for one in every if one.trained_on is not None}
    return {name: earlier_release(recipe.located(name)).depth for name in sorted(named)}


def _continue(
    step: Step, old: EarlierRelease, anchors: Sequence[Shard], erasures: Erasures, heir: Heir
) -> dict[str, Any]:
    old.verify()
    reunion = meet(step, old, anchors, erasures, heir.generation)
    taken = inherit(step, old, erasures, reunion.erased_ids, heir)
    unknown = len(erasures.named - reunion.named - taken.named)
    # Of a preview, which reads a few records of an anchor, nobody can say who is missing.
    found = [_number(old, heir), *(reunion.evidence(erasures, unknown) if heir.limit is None else ())]
    return summed(taken.markers) | {
        "sizes": [marker["records"] for marker in taken.markers],
        "ages": taken.ages,
        "chain": list(old.chain),
        "generation": heir.generation,
        "evidence": [one.to_json() for one in found],
    }


def _number(old: EarlierRelease, heir: Heir) -> Evidence:
    return count("generation.number", heir.generation, "1 and the releases it stands on", continues=list(old.chain))


def _drawn(step: Step, anchors: Sequence[Shard]) -> pa.Table:
    tables = [NO_PAST.drawn]
    for shard in anchors:
        times = read_parquet(step.part("met", shard.number), columns=["times"])["times"].combine_chunks()
        ids = read_batch(shard.records, ("id",)).column("id")
        tables.append(pa.table({"id": ids, "times": times}).filter(pc.greater(times, 0)))
    return pa.concat_tables(tables)
