"""The mix as a step: describe every standing record in a line, plan, write each shard's verdicts and weights."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.apply import summed
from sterling.engine.shards import Shard, read_batch, standing, survivors, tally
from sterling.engine.step import Step
from sterling.mix import END, Infeasible, Rules, domain_names, plan, ratios_csv
from sterling.pipeline.feasible import Names, places_of, refusal, require_names, rules_of
from sterling.pipeline.generating import Walked
from sterling.pipeline.generations.continuing import NO_PAST, Past
from sterling.pipeline.job import Assignment, Job, perform
from sterling.pipeline.topics import Topics
from sterling.policy import caps
from sterling.recipes import Recipe
from sterling.recipes.problems import Places
from sterling.records import VERDICT_SCHEMA, canonical_json, texts
from sterling.records.places import read_parquet
from sterling.stats import Evidence, count
from sterling.text import count_tokens

VERIFIED_RULE = "synthetic.verified"
"""The rule of the policy by which an unverified record stays out."""


class Mixed(NamedTuple):
    """The shards with the mix's verdicts, which are the last of each, and what the mix came to."""

    anchors: tuple[Shard, ...]
    inherited: tuple[Shard, ...]
    """Synthetic records of earlier generations."""
    made: tuple[Shard, ...]
    """What this run wrote."""
    summary: Mapping[str, Any]
    """With `evidence`, `composition` (records and tokens by origin, strategy, depth) and `formats`."""
    address: str

    @property
    def written(self) -> tuple[Shard, ...]:
        """All that strategies wrote, in earlier runs and in this one."""
        return (*self.inherited, *self.made)

    @property
    def shards(self) -> tuple[Shard, ...]:
        """All of them, the anchor first, then what is inherited."""
        return (*self.anchors, *self.written)


def before_mix(shard: Shard) -> Shard:
    """A shard of a mix as it came to it, without the mix's verdicts."""
    return replace(shard, verdicts=shard.verdicts[:-1])


def mixed_ids(shard: Shard) -> pa.Array:
    """Ids of the records of a shard that its mix holds."""
    return survivors(shard.verdicts[-1])


def mix_verdicts(shard: Shard, columns: Sequence[str]) -> pa.Table:
    """What the mix said of each record of a shard that came to it, dropped ones included."""
    return read_parquet(shard.verdicts[-1], columns=[*columns])


def mix(job: Job, walked: Walked, past: Past = NO_PAST) -> Mixed:
    """Choose what is released. Each standing record gets a verdict; the score of a keep is its weight.

    RecipeError with the recipe's lines when its demands on the mix conflict, or leave nothing; no step is sealed then.
    """
    rules = rules_of(job.recipe, preview=job.preview is not None)
    question = job.recipe.mix.model_dump(mode="json") | {"seed": job.recipe.seed, "bounds": list(caps(job.recipe))}
    given = Assignment("mix", "mix", "mix", question | _beyond(rules, past), job.trail.addresses)
    step, summary = perform(job, given, lambda step: _mix(job, step, walked, rules, past))
    anchors, inherited, made = (
        tuple(shard.judged(step.part("verdicts", shard.number)) for shard in shards)
        for shards in (walked.anchors, walked.inherited, walked.made)
    )
    return Mixed(anchors, inherited, made, summary, step.address)


def unverified(
    recipe: Recipe, origins: pa.Array | pa.ChunkedArray, verified: pa.Array | pa.ChunkedArray
) -> pa.Array | pa.ChunkedArray:
    """Which records the mix leaves out because nothing verified them: synthetic ones, row by row.

    None of them where the recipe waives that rule by name.
    """
    waived = any(waiver.rule == VERIFIED_RULE for waiver in recipe.waive)
    return pc.and_(pc.and_not(pc.equal(origins, "synthetic"), verified), not waived)


def mixture(name: str, evidence: Sequence[Evidence]) -> str | None:
    """The share of each source in the mix as a file with one row, as tools for mixtures read it; None of an empty mix.

    Domains are anchors and strategies' entries, or those that the recipe's own file of ratios names.
    """
    named = {one.name: one.value for one in evidence if one.value is not None}
    for prefix in ("mix.ratio.", "mix.source."):
        shares = {key.removeprefix(prefix): share for key, share in named.items() if key.startswith(prefix)}
        if shares and math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
            return ratios_csv(name, shares)
    return None


def _beyond(rules: Rules, past: Past) -> dict[str, Any]:
    """What the mix depends on that the recipe does not say itself: content of the ratios, and earlier generations."""
    ages = {str(number): age for number, age in sorted(past.ages.items())}
    ratios = {name: str(share) for name, share in rules.ratios.items()}
    return {"ratios": ratios, "generation": past.generation, "ages": ages, "drawn": drawn_digest(past.drawn)}


def drawn_digest(drawn: pa.Table) -> str:
    """Of `Past.drawn`: the same in whatever order, and however cut; empty of nothing.

    Holds a sorted copy, and few rows as objects.
    """
    if not drawn.num_rows:
        return ""
    state = hashlib.blake2b(digest_size=16)
    for batch in drawn.sort_by([("id", "ascending"), ("times", "ascending")]).to_batches(_AT_ONCE):
        lines = pc.binary_join_element_wise(batch.column("id"), batch.column("times").cast(pa.string()), "\t")
        state.update("".join(f"{line}\n" for line in lines.to_pylist()).encode())
    return state.hexdigest()


_AT_ONCE = 10_000
"""Rows that are hashed at once."""
_COLUMNS = ("id", "origin", "source", "tags", "depth", "format", "conversational")


@dataclass(frozen=True, slots=True)
class Describe:
    """A line for each standing record: all that the mix needs to know. `ages` of shards, by their number."""

    ages: Mapping[int, int]
    topics: Topics | None = None

    def __call__(self, shard: Shard) -> pa.Table:
        """`id`, `tokens`, `origin`, `strategy`, `source`, `tags`, `depth`, `format`, `conversational`, `verified`,
        `age`, `shard`; `cluster` where there are topics."""
        batch, verified, _ = standing(shard)
        homes = {} if self.topics is None else {"cluster": pa.array(self.topics.homes(list(texts(batch))), pa.int64())}
        makers = batch.column("maker").to_pylist()
        strategies = [None if maker is None else json.loads(maker)["strategy"] for maker in makers]
        columns = {name: batch.column(name) for name in _COLUMNS}
        return pa.table(
            columns
            | {
                "tokens": pa.array([count_tokens(text) for text in texts(batch)], pa.int64()),
                "strategy": pa.array(strategies, pa.string()),
                "verified": pa.array(verified),
                "age": pa.array(np.full(batch.num_rows, self.ages.get(shard.number, 0), dtype=np.int64)),
                "shard": pa.array(np.full(batch.num_rows, shard.number, dtype=np.int64)),
            }
            | homes
        )


def _mix(job: Job, step: Step, walked: Walked, rules: Rules, past: Past) -> dict[str, Any]:
    shards, asked, topics = walked.shards, job.recipe.mix.per_cluster, None
    if asked is not None and job.preview is None:
        topics = Topics.of(walked.anchors, asked, job.recipe.seed)
        rules = replace(rules, clusters=topics.minimums(asked.least))
    lines = list(job.use.crew.map(Describe(dict(past.ages), topics), shards, len(shards)))
    known = _with_draws(pa.concat_tables(lines).sort_by("shard").combine_chunks(), past.drawn)
    bare = unverified(job.recipe, known["origin"], known["verified"])
    candidates = known.filter(pc.invert(bare))
    places = places_of(Path(str(job.trail.head.get("recipe", "recipe"))))
    if not known.num_rows:
        raise refusal(Infeasible([]), rules.unit, places)
    _require_names(job, rules, known, candidates, shards, places)
    try:
        planned = plan(candidates, rules, seed=job.recipe.seed)
    except Infeasible as found:
        raise refusal(found, rules.unit, places, domain_names(candidates)) from None
    struck = _verdicts(known.filter(bare)["id"], "drop", "unverified")
    verdicts = pa.concat_tables([planned.left_out, struck, _keeps(planned.chosen)])
    markers = list(_distribute(step, verdicts, known, shards))
    chosen = known.filter(pc.is_in(known["id"], value_set=planned.chosen["id"].combine_chunks()))
    evidence = [*planned.evidence, _unverified(chosen)]
    return summed(markers) | {
        "evidence": [e.to_json() for e in evidence],
        "composition": _sums(chosen, ["origin", "strategy", "depth"]),
        "formats": _sums(chosen, ["format", "conversational"]),
    }


def _require_names(
    job: Job, rules: Rules, known: pa.Table, candidates: pa.Table, shards: Sequence[Shard], places: Places
) -> None:
    """A preview has too few records to know all names."""
    if job.preview is None and candidates.num_rows:
        names = Names(domain_names(candidates), domain_names(known), partial(_every_tag, shards))
        require_names(job.recipe, rules, names, places)


def _every_tag(shards: Sequence[Shard]) -> set[str]:
    """Those of dropped records too."""
    found: set[str] = set()
    for shard in shards:
        found.update(read_batch(shard.records, ("tags",)).column("tags").flatten().unique().to_pylist())
    return found


def _with_draws(known: pa.Table, drawn: pa.Table) -> pa.Table:
    """`drawn`: in how many earlier mixes each record was."""
    at = pc.index_in(known["id"].combine_chunks(), value_set=drawn["id"].combine_chunks())
    times = pc.fill_null(drawn["times"].combine_chunks().take(at), 0)
    return known.append_column("drawn", times.cast(pa.int64()))


def _keeps(chosen: pa.Table) -> pa.Table:
    """What was chosen as verdicts; the weight is their score, and the end of the mix has its phase as evidence."""
    kept = _verdicts(chosen["id"], "keep", "chosen", chosen["weight"])
    ends = pc.equal(chosen["phase"], END)
    evidence = pc.if_else(ends, canonical_json({"phase": END}), "{}")
    return kept.set_column(kept.schema.get_field_index("evidence"), VERDICT_SCHEMA.field("evidence"), evidence)


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
