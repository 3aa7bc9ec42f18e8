"""One check, walked over the shards of one round."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.gold import gold_total
from sterling.engine.judge import NOT_CONCERNED, Bench, Docket, Judge
from sterling.engine.local import Crew
from sterling.engine.sets import (
    Confirm,
    Distribute,
    Emit,
    Emitted,
    Removal,
    Resolve,
    Resolved,
    Settle,
    by_shard,
    members_of,
    pair_units,
    removal_verdicts,
)
from sterling.engine.shards import Shard, read_verdicts, standing, total
from sterling.engine.step import Step
from sterling.engine.watch import Silent, Watch
from sterling.errors import SterlingError
from sterling.registry import Check, FitContext, ModelCheck, RecordCheck, Seed, SetCheck
from sterling.stats import Evidence


def _nobody(*_: Any) -> Sequence[Removal]:
    return ()


@dataclass(frozen=True, slots=True)
class Resources:
    """What the engine may use."""

    crew: Crew = field(default_factory=lambda: Crew(1))
    partitions: int = 16
    watch: Watch = field(default_factory=Silent)
    settle: Settle = _nobody
    """Who goes of the confirmed pairs. It belongs to curation, which is not the engine's business."""


class Pool(NamedTuple):
    """The records of a round, and those that earlier rounds have settled."""

    new: Sequence[Shard]
    settled: Sequence[Shard] = ()
    gold: Sequence[Seed] = ()
    """Known answers to be mixed into the new ones, for a check that judges each record by itself."""

    def dockets(self) -> list[Docket]:
        """Each new shard with its part of the gold."""
        n = len(self.new)
        return [Docket(shard, self.gold[at::n]) for at, shard in enumerate(self.new)]


def apply(name: str, check: Check, step: Step, pool: Pool, context: FitContext, use: Resources) -> dict[str, Any]:
    """Every standing record of `pool.new` gets its verdict, in the name of the check's entry in the recipe.

    Returns the summary to seal the step with. Verdicts lie in the step, under the numbers of the pool's shards.
    """
    state = check.fit(context._replace(pool=partial(_pooled, check, pool)))
    markers = list(_watched(_judge_all(Bench(name, check), state, step, pool, use), use.watch))
    found = [*check.measure(state), *_conclude(check, step, pool)]
    evidence = [replace(e, inputs={"check": name, **e.inputs}).to_json() for e in found]
    return summed(markers) | {"evidence": evidence}


def _pooled(check: Check, pool: Pool) -> Iterator[pa.RecordBatch]:
    everyone = [*pool.settled, *pool.new] if isinstance(check, SetCheck) else pool.new
    return (standing(shard).batch for shard in everyone)


def summed(markers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The markers of a step's shards as one."""
    every = list(markers)
    return {
        "shards": len(every),
        "judged": sum(m["judged"] for m in every),
        "faults": sum(m["faults"] for m in every),
        "tally": total(m["tally"] for m in every),
        "gold": gold_total(m.get("gold", ()) for m in every),
        "owed": sorted(owed for m in every for owed in m["owed"]),
    }


def _conclude(check: Check, step: Step, pool: Pool) -> Sequence[Evidence]:
    """What the check says of all its verdicts together; nothing is read where it has nothing to say."""
    if not isinstance(check, RecordCheck) or type(check).conclude is RecordCheck.conclude:
        return ()
    return check.conclude(_concerned(step, shard) for shard in pool.new)


def _concerned(step: Step, shard: Shard) -> tuple[pa.RecordBatch, pa.Table]:
    """The records of a shard that the check had a say about, beside their verdicts."""
    verdicts = read_verdicts(step.part("verdicts", shard.number))
    mine = pc.not_equal(verdicts["reason"], NOT_CONCERNED).combine_chunks()
    return standing(shard).batch.filter(mine), verdicts.filter(mine)


def _judge_all(bench: Bench, state: Any, step: Step, pool: Pool, use: Resources) -> Iterable[Mapping[str, Any]]:
    check = bench.check
    if isinstance(check, RecordCheck):
        # Model calls wait more than they work: one process asks them all, so that limits and journal are one, too.
        crew = Crew(1) if isinstance(check, ModelCheck) else use.crew
        return crew.map(Judge(step, bench.name, check, state), pool.dockets(), len(pool.new))
    if isinstance(check, SetCheck):
        return _compare_all(bench, check, state, step, pool, use)
    raise SterlingError(f"check `{check.name_in_recipe}` is neither a RecordCheck nor a SetCheck")


def _compare_all(
    bench: Bench, check: SetCheck, state: Any, step: Step, pool: Pool, use: Resources
) -> Iterator[Mapping[str, Any]]:
    exchange = step.folder / f"exchange-{os.getpid()}"
    everyone = [*pool.settled, *pool.new]
    emit = Emit(exchange, check, state, use.partitions, frozenset(s.number for s in pool.settled))
    emitted = tuple(sorted(use.crew.map(emit, everyone, len(everyone))))
    resolved = _resolve(bench, check, emitted, use)
    removals = pa.concat_tables([_confirm(bench, check, resolved, everyone, use), *(r.verdicts for r in resolved)])
    yield from use.crew.map(Distribute(step, bench), by_shard(removals, pool.new), len(pool.new))
    shutil.rmtree(exchange, ignore_errors=True)


def _resolve(bench: Bench, check: SetCheck, emitted: tuple[Emitted, ...], use: Resources) -> list[Resolved]:
    if not emitted:
        return []
    return list(use.crew.map(Resolve(bench, check, emitted), range(use.partitions), use.partitions))


def _confirm(
    bench: Bench, check: SetCheck, resolved: Sequence[Resolved], shards: Sequence[Shard], use: Resources
) -> pa.Table:
    members = members_of([r.members for r in resolved])
    units = pair_units((pair for r in resolved for pair in r.pairs), members)
    confirm = Confirm(check, {shard.number: shard for shard in shards})
    confirmed = [pair for found in use.crew.map(confirm, units) for pair in found]
    return removal_verdicts(bench, check.removed_as, confirmed, members, use.settle)


def _watched(markers: Iterable[Mapping[str, Any]], watch: Watch) -> Iterator[Mapping[str, Any]]:
    for marker in markers:
        watch.advance(marker["judged"])
        yield marker
