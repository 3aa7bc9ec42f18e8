"""The mix as a step: describe every standing record in a line, plan, write each shard's verdicts and weights."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.apply import summary_line, summed
from sterling.engine.local import map_units
from sterling.engine.shards import Shard, standing, tally
from sterling.engine.step import Step
from sterling.mix import plan
from sterling.pipeline.job import Job
from sterling.policy import caps
from sterling.records import VERDICT_SCHEMA, records_of, texts
from sterling.stats import Evidence, count
from sterling.text import count_tokens


class Mixed(NamedTuple):
    """The shards with the mix's verdicts, and what the mix came to."""

    shards: tuple[Shard, ...]
    evidence: tuple[Evidence, ...]
    address: str


def mix(job: Job, shards: Sequence[Shard]) -> Mixed:
    """Choose what is released. Each standing record gets a verdict; the score of a keep is its weight."""
    recipe = job.recipe
    limits = caps(recipe)
    question = recipe.mix.model_dump(mode="json") | {"seed": recipe.seed, "limits": list(limits)}
    step = job.trail.step("mix", question, [job.trail.stages[-1].address])
    summary = step.sealed()
    reused = summary is not None
    if summary is None:
        job.use.watch.start("mix", len(shards))
        summary = _mix(job, step, shards)
        step.seal(summary)
    job.use.watch.finish("mix", summary_line(summary), reused=reused)
    judged = tuple(shard.judged(step.part("verdicts", shard.number)) for shard in shards)
    job.trail.add(step, "mix", summary, name="mix", shards=judged)
    return Mixed(judged, tuple(evidence_of(e) for e in summary["evidence"]), step.address)


def evidence_of(plain: Mapping[str, Any]) -> Evidence:
    """`Evidence.to_json` read back."""
    from sterling.stats import Interval  # noqa: PLC0415

    interval = plain["interval"]
    return Evidence(**{**plain, "interval": None if interval is None else Interval(*interval)})


@dataclass(frozen=True, slots=True)
class Describe:
    """A line for each standing record: all that the mix needs to know."""

    def __call__(self, shard: Shard) -> pa.Table:
        """`id`, `tokens`, `origin`, `strategy`, `tags`, `depth`, `verified`, `shard`."""
        batch, verified = standing(shard)
        strategies = [None if r.maker is None else r.maker.strategy for r in records_of(batch)]
        return pa.table(
            {
                "id": batch.column("id"),
                "tokens": pa.array([count_tokens(text) for text in texts(batch)], pa.int64()),
                "origin": batch.column("origin"),
                "strategy": pa.array(strategies, pa.string()),
                "tags": batch.column("tags"),
                "depth": batch.column("depth"),
                "verified": pa.array(verified),
                "shard": pa.array(np.full(batch.num_rows, shard.number, dtype=np.int64)),
            }
        )


def _mix(job: Job, step: Step, shards: Sequence[Shard]) -> dict[str, Any]:
    lines = sorted(map_units(Describe(), shards, job.use.workers, len(shards)), key=_shard_of)
    known = pa.concat_tables(lines).combine_chunks()
    options = job.recipe.mix
    cap, floor = caps(job.recipe)
    planned = plan(
        known, real=options.real, synthetic_cap=cap, real_floor=floor, unit=options.unit, budget=options.budget,
        weights=(options.weights.real, options.weights.synthetic), seed=job.recipe.seed,
    )  # fmt: skip
    verdicts = pa.concat_tables([planned.verdicts, _chosen(planned.chosen)])
    markers = list(_distribute(step, verdicts, known, shards))
    evidence = [*planned.evidence, _unverified(planned.chosen, known)]
    return summed(markers) | {"evidence": [e.to_json() for e in evidence]}


def _shard_of(lines: pa.Table) -> int:
    return int(lines["shard"][0].as_py()) if lines.num_rows else -1


def _chosen(chosen: pa.Table) -> pa.Table:
    """Keeps in the form of verdicts; the weight is their score."""
    n = chosen.num_rows
    constant = {"outcome": "keep", "check": "mix", "reason": "chosen", "family": "policy", "evidence": "{}"}
    columns = {name: pa.array([value] * n, pa.string()) for name, value in constant.items()}
    return pa.table({**columns, "record": chosen["id"], "score": chosen["weight"]}).select(VERDICT_SCHEMA.names).cast(
        VERDICT_SCHEMA
    )


def _distribute(step: Step, verdicts: pa.Table, known: pa.Table, shards: Sequence[Shard]) -> Iterator[dict[str, Any]]:
    """Verdicts back into the order in which the records lie in their shards."""
    order = pc.index_in(known["id"].combine_chunks(), value_set=verdicts["record"].combine_chunks())
    ordered = verdicts.take(order).combine_chunks()
    homes = known["shard"].to_numpy()
    for shard in shards:
        start, end = np.searchsorted(homes, [shard.number, shard.number + 1])
        mine = ordered.slice(start, end - start)
        yield step.finished(shard.number) or step.commit(
            shard.number, verdicts=mine, counts={"judged": mine.num_rows, "tally": tally(mine)}
        )


def _unverified(chosen: pa.Table, known: pa.Table) -> Evidence:
    """Synthetic records in the mix that nothing verified. The policy allows none."""
    inside = pc.is_in(known["id"], value_set=chosen["id"].combine_chunks())
    made = pc.is_in(known["origin"], value_set=pa.array(["synthetic", "mixed"]))
    bare = pc.and_(pc.and_(inside, made), pc.invert(known["verified"]))
    total = pc.sum(pc.and_(inside, made)).as_py() or 0
    found = pc.sum(bare).as_py() or 0
    return count("mix.unverified_synthetic", found, "synthetic and mixed records in the mix without a verifying keep", of=total)
