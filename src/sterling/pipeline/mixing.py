"""The mix as a step: describe every standing record in a line, plan, write each shard's verdicts and weights."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.apply import summed
from sterling.engine.shards import Shard, standing, tally
from sterling.engine.step import Step
from sterling.mix import plan
from sterling.pipeline.job import Assignment, Job, perform
from sterling.policy import caps
from sterling.recipes import Recipe
from sterling.records import VERDICT_SCHEMA, texts
from sterling.stats import Evidence, count
from sterling.text import count_tokens

VERIFIED_RULE = "synthetic.verified"
"""The rule of the policy by which an unverified record stays out."""


class Mixed(NamedTuple):
    """The shards with the mix's verdicts, and what the mix came to."""

    shards: tuple[Shard, ...]
    summary: Mapping[str, Any]
    """With `evidence`, `composition` (records and tokens by origin, strategy, depth) and `formats`."""
    address: str


def mix(job: Job, shards: Sequence[Shard]) -> Mixed:
    """Choose what is released. Each standing record gets a verdict; the score of a keep is its weight."""
    question = job.recipe.mix.model_dump(mode="json") | {"seed": job.recipe.seed, "bounds": list(caps(job.recipe))}
    given = Assignment("mix", "mix", "mix", question, job.trail.addresses)
    step, summary = perform(job, given, lambda step: _mix(job, step, shards))
    judged = tuple(shard.judged(step.part("verdicts", shard.number)) for shard in shards)
    return Mixed(judged, summary, step.address)


@dataclass(frozen=True, slots=True)
class Describe:
    """A line for each standing record: all that the mix needs to know."""

    def __call__(self, shard: Shard) -> pa.Table:
        """`id`, `tokens`, `origin`, `strategy`, `tags`, `depth`, `format`, `conversational`, `verified`, `shard`."""
        batch, verified, _ = standing(shard)
        makers = batch.column("maker").to_pylist()
        strategies = [None if maker is None else json.loads(maker)["strategy"] for maker in makers]
        columns = {name: batch.column(name) for name in ("id", "origin", "tags", "depth", "format", "conversational")}
        return pa.table(
            columns
            | {
                "tokens": pa.array([count_tokens(text) for text in texts(batch)], pa.int64()),
                "strategy": pa.array(strategies, pa.string()),
                "verified": pa.array(verified),
                "shard": pa.array(np.full(batch.num_rows, shard.number, dtype=np.int64)),
            }
        )


def _mix(job: Job, step: Step, shards: Sequence[Shard]) -> dict[str, Any]:
    lines = list(job.use.crew.map(Describe(), shards, len(shards)))
    known = pa.concat_tables(lines).sort_by("shard").combine_chunks()
    options, bounds = job.recipe.mix, caps(job.recipe)
    bare = _bare(job.recipe, known)
    planned = plan(
        known.filter(pc.invert(bare)), real=options.real, synthetic_cap=bounds.synthetic_cap,
        real_floor=bounds.real_floor, unit=options.unit, budget=options.budget,
        weights=(options.weights.real, options.weights.synthetic), seed=job.recipe.seed,
    )  # fmt: skip
    unverified = _verdicts(known.filter(bare)["id"], "drop", "unverified")
    verdicts = pa.concat_tables([planned.left_out, unverified, _keeps(planned.chosen)])
    markers = list(_distribute(step, verdicts, known, shards))
    chosen = known.filter(pc.is_in(known["id"], value_set=planned.chosen["id"].combine_chunks()))
    evidence = [*planned.evidence, _unverified(chosen)]
    return summed(markers) | {
        "evidence": [e.to_json() for e in evidence],
        "composition": _sums(chosen, ["origin", "strategy", "depth"]),
        "formats": _sums(chosen, ["format", "conversational"]),
    }


def _bare(recipe: Recipe, known: pa.Table) -> pa.ChunkedArray:
    """Synthetic records that nothing verified: they stay out, unless the recipe waives that rule by name."""
    if any(waiver.rule == VERIFIED_RULE for waiver in recipe.waive):
        return pa.chunked_array([pa.array([False] * known.num_rows)])
    return pc.and_(pc.equal(known["origin"], "synthetic"), pc.invert(known["verified"]))


def _keeps(chosen: pa.Table) -> pa.Table:
    """What was chosen in the form of verdicts; the weight is their score."""
    return _verdicts(chosen["id"], "keep", "chosen", chosen["weight"])


def _verdicts(ids: pa.ChunkedArray, outcome: str, reason: str, score: pa.ChunkedArray | None = None) -> pa.Table:
    constant = {"outcome": outcome, "check": "mix", "reason": reason, "family": "policy", "evidence": "{}"}
    columns = {name: pa.array([value] * len(ids), pa.string()) for name, value in constant.items()}
    scores = pa.nulls(len(ids), pa.float64()) if score is None else score
    return pa.table({**columns, "record": ids, "score": scores}).select(VERDICT_SCHEMA.names).cast(VERDICT_SCHEMA)


def _distribute(step: Step, verdicts: pa.Table, known: pa.Table, shards: Sequence[Shard]) -> Iterator[dict[str, Any]]:
    """Verdicts back into the order in which the records lie in their shards."""
    order = pc.index_in(known["id"].combine_chunks(), value_set=verdicts["record"].combine_chunks())
    ordered = verdicts.take(order).combine_chunks()
    homes = known["shard"].to_numpy()
    for shard in shards:
        start, end = np.searchsorted(homes, [shard.number, shard.number + 1])
        mine = ordered.slice(start, end - start)
        counts = {"judged": mine.num_rows, "tally": tally(mine)}
        yield step.once(shard.number, partial(step.commit, shard.number, verdicts=mine, counts=counts))


def _unverified(chosen: pa.Table) -> Evidence:
    """Synthetic records in the mix that nothing verified. The policy allows none."""
    made = chosen.filter(pc.equal(chosen["origin"], "synthetic"))
    bare = made.num_rows - (pc.sum(made["verified"]).as_py() or 0)
    method = "synthetic records in the mix that no verifying check kept"
    return count("mix.unverified_synthetic", bare, method, of=made.num_rows)


def _sums(chosen: pa.Table, keys: list[str]) -> list[dict[str, Any]]:
    sums = chosen.group_by(keys).aggregate([("tokens", "sum"), ("tokens", "count")])
    named = sums.rename_columns({"tokens_sum": "tokens", "tokens_count": "records"})
    return sorted(named.to_pylist(), key=lambda row: [str(row[key]) for key in keys])
