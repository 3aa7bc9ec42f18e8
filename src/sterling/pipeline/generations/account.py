"""What a run says of itself as one generation among others, once its mix is made."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, read_batch
from sterling.pipeline.generations.continuing import Inherited
from sterling.pipeline.generations.handing_on import drawn_of, met_of
from sterling.pipeline.generations.unknowns import unknowns
from sterling.pipeline.mixing import Mixed, before_mix
from sterling.policy.mixing import REMOVES_TWINS
from sterling.recipes import Recipe
from sterling.records.places import read_parquet
from sterling.stats import Evidence, count, proportion


def generations(recipe: Recipe, mixed: Mixed, inherited: Inherited) -> Iterator[Evidence]:
    """`anchor.unknown.*` of every run; `generation.inherited`, `generation.added` and `anchor.rotation` of one that
    continues another.
    """
    yield from unknowns(mixed)
    if inherited.step is not None:
        yield _inherited(mixed.inherited, inherited)
        yield from _added(mixed.made)
        twins = {entry.name for entry in recipe.checks if entry.part.name_in_recipe in REMOVES_TWINS}
        yield rotation(mixed.anchors, inherited, twins)


def generation_of(mixed: Mixed, inherited: Inherited) -> dict[str, Any]:
    """For `provenance/run.json`: what a next generation and a reader want to know."""
    depths = [part["depth"] for part in mixed.summary["composition"]]
    return {
        "generation": inherited.past.generation,
        "continues": inherited.name,
        "chain": list(inherited.chain),
        "depth": max(depths, default=0),
    }


def _inherited(shards: Sequence[Shard], inherited: Inherited) -> Evidence:
    """What became of earlier synthetic records; those of the mix are its value."""
    ages = Counter[str]()
    fates = [_Fate.of(shard) for shard in shards]
    for shard, fate in zip(shards, fates, strict=True):
        ages[str(inherited.past.generation - inherited.past.ages[shard.number])] += fate.mixed
    whole = _Fate.sum(fates)
    method = "synthetic records of earlier generations in the mix"
    return count("generation.inherited", whole.mixed, method, dropped=whole.dropped, written=dict(ages))


def _added(shards: Sequence[Shard]) -> Iterator[Evidence]:
    """`generation.added`: what this run wrote and its mix holds, of all that it wrote; none where it wrote nothing."""
    whole = _Fate.sum([_Fate.of(shard) for shard in shards])
    if whole.records:
        method = "records that this generation wrote in its mix, of all that it wrote"
        yield Evidence("generation.added", whole.mixed, whole.records, None, method, {"dropped": whole.dropped})


class _Fate(NamedTuple):
    """What became of the records of some shards."""

    records: int
    mixed: int
    dropped: Mapping[str, int]
    """By check."""

    @classmethod
    def of(cls, shard: Shard) -> "_Fate":
        kept = drawn_of(shard, read_batch(shard.records, ("id",)).column("id"))
        drops = Counter[str]()
        for path in shard.verdicts:
            drops.update(read_parquet(path, columns=["check"], filters=[("outcome", "=", "drop")])["check"].to_pylist())
        return cls(len(kept), pc.sum(kept).as_py() or 0, drops)

    @classmethod
    def sum(cls, parts: Sequence["_Fate"]) -> "_Fate":
        drops = Counter[str]()
        for part in parts:
            drops.update(part.dropped)
        return cls(sum(p.records for p in parts), sum(p.mixed for p in parts), dict(sorted(drops.items())))


@dataclass(slots=True)
class _Draws:
    """Real records. All but the first two counts are of candidates."""

    real: int = 0
    """Of every role."""
    train: int = 0
    candidates: int = 0
    """Of the train role, without copies and contaminated ones."""
    dropped: int = 0
    """That other checks took away, so that the mix could not hold them."""
    drawn: int = 0
    last: int = 0
    """That the last mix held."""
    both: int = 0
    fresh: int = 0
    """That this mix holds and no earlier one held."""


def rotation(anchors: Sequence[Shard], inherited: Inherited, twins: Collection[str] = ()) -> Evidence:
    """`anchor.rotation`: how many of the real records in this mix the last one held already, and how many by chance.

    A draw at random repeats the share of the candidates that the last mix held; a rotated one repeats fewer. `excess`
    is where between chance (0) and as many as possible (1) it lies. Records of the same payload count as one was
    drawn. Candidates are all real records of the train role but those that `twins` dropped, checks by name: what any
    other check drops each time is as frozen as what a budget leaves out.
    """
    draws = _Draws()
    for shard in anchors:
        _add(draws, shard, met_of(inherited, shard, shard.size()), twins)
    chance = draws.last / draws.candidates if draws.candidates else 0.0
    most, expected = min(draws.last, draws.drawn), draws.drawn * chance
    excess = (draws.both - expected) / (most - expected) if most > expected else 0.0
    return proportion(
        "anchor.rotation", draws.both, draws.drawn, "real records of this mix that the last one held already",
        candidates=draws.candidates, last=draws.last, fresh=draws.fresh, chance=chance, excess=excess,
        dropped=draws.dropped, train=draws.train, real=draws.real,
    )  # fmt: skip


def _add(draws: _Draws, shard: Shard, met: pa.Table, twins: Collection[str]) -> None:
    batch = read_batch(shard.records, ("id", "origin", "role"))
    ids = batch.column("id")
    copies, others = _gone(before_mix(shard), twins)
    human = _flags(pc.equal(batch.column("origin"), "human"))
    train = human & _flags(pc.equal(batch.column("role"), "train"))
    candidates = train & ~_flags(pc.is_in(ids, value_set=copies))
    drawn = _flags(drawn_of(shard, ids)) & candidates
    held = met["last"].to_numpy() & candidates
    draws.real += int(human.sum())
    draws.train += int(train.sum())
    draws.candidates += int(candidates.sum())
    draws.dropped += int((candidates & _flags(pc.is_in(ids, value_set=others))).sum())
    draws.drawn += int(drawn.sum())
    draws.last += int(held.sum())
    draws.both += int((drawn & held).sum())
    draws.fresh += int((drawn & (met["times"].to_numpy() == 0)).sum())


def _gone(shard: Shard, twins: Collection[str]) -> tuple[pa.Array, pa.Array]:
    """Ids of records that these checks dropped, and of those that other checks did."""
    tables = [
        read_parquet(path, columns=["record", "check"], filters=[("outcome", "=", "drop")]) for path in shard.verdicts
    ]
    records = pa.chunked_array([part for one in tables for part in one["record"].chunks], pa.string()).combine_chunks()
    checks = pa.chunked_array([part for one in tables for part in one["check"].chunks], pa.string())
    are = pc.is_in(checks, value_set=pa.array(sorted(twins), pa.string())).combine_chunks()
    return records.filter(are), records.filter(pc.invert(are))


def _flags(column: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.bool_)
