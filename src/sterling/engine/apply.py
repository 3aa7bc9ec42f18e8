"""One check, walked over the shards of one round."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.confirming import Confirm, Confirmed, Extract, cuts, gathered
from sterling.engine.crew import Crew
from sterling.engine.exchange import Emit, Everyone, Parcel, parcels, partitions_for, write_table
from sterling.engine.gold import gold_total
from sterling.engine.judge import NOT_CONCERNED, Bench, Docket, Judge
from sterling.engine.local import LocalCrew
from sterling.engine.said import by_number
from sterling.engine.sets import Clusters, Distribute, Removals, Resolve, Resolved, Settle, settled
from sterling.engine.shards import Shard, left, read_verdicts, total
from sterling.engine.step import Step
from sterling.engine.watch import Silent, Watch
from sterling.errors import SterlingError
from sterling.records.places import remove_tree
from sterling.registry import Check, FitContext, ModelCheck, RecordCheck, Seed, SetCheck
from sterling.stats import Evidence, count


def _nobody(*_: Any) -> Removals:
    raise SterlingError("who goes of confirmed pairs was left unsaid: give `Resources` a `settle`")


@dataclass(frozen=True, slots=True)
class Resources:
    """What the engine may use."""

    crew: Crew = field(default_factory=lambda: LocalCrew(1))
    partitions: int | None = None
    """Of a set check; unsaid, as many as its rows need."""
    watch: Watch = field(default_factory=Silent)
    settle: Settle = _nobody
    """Who goes of the confirmed pairs. It belongs to curation, which is not the engine's business."""


class Earlier(NamedTuple):
    """Records of a set check's `against`: they take part, are not judged, and stay."""

    shards: Sequence[Shard] = ()
    records: int = 0
    unread: int = 0
    """Rows that are no records."""


class Pool(NamedTuple):
    """The records of a round, and those that earlier rounds have settled."""

    new: Sequence[Shard]
    settled: Sequence[Shard] = ()
    gold: Sequence[Seed] = ()
    """Known answers to be mixed into the new ones, for a check that judges each record by itself."""
    earlier: Earlier = Earlier()

    def dockets(self) -> list[Docket]:
        """Each new shard with its part of the gold."""
        n = len(self.new)
        return [Docket(shard, self.gold[at::n]) for at, shard in enumerate(self.new)]


def apply(name: str, check: Check, step: Step, pool: Pool, context: FitContext, use: Resources) -> dict[str, Any]:
    """Every standing record of `pool.new` gets its verdict, in the name of the check's entry in the recipe.

    Returns the summary to seal the step with. Verdicts lie in the step, under the numbers of the pool's shards.
    """
    state = check.fit(context._replace(pool=partial(_pooled, check, pool)))
    judged = _judge_all(Bench(name, check), state, step, pool, use)
    markers = list(_watched(judged.markers, use.watch))
    found = [*check.measure(state), *judged.found, *_conclude(check, state, step, pool)]
    evidence = [replace(e, inputs={"check": name, **e.inputs}).to_json() for e in found]
    return summed(markers) | {"evidence": evidence}


def _pooled(check: Check, pool: Pool) -> Iterator[pa.RecordBatch]:
    everyone = [*pool.earlier.shards, *pool.settled, *pool.new] if isinstance(check, SetCheck) else pool.new
    return (left(shard).batch for shard in everyone)


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


def _conclude(check: Check, state: Any, step: Step, pool: Pool) -> Sequence[Evidence]:
    """What the check says of all its verdicts together; nothing is read where it has nothing to say."""
    if type(check).conclude is Check.conclude:
        return ()
    return check.conclude((_concerned(check, step, shard) for shard in pool.new), state)


def _concerned(check: Check, step: Step, shard: Shard) -> tuple[pa.RecordBatch, pa.Table]:
    """The records of a shard that the check had a say about, beside their verdicts."""
    verdicts = read_verdicts(step.part("verdicts", shard.number))
    mine = pc.not_equal(verdicts["reason"], NOT_CONCERNED).combine_chunks()
    return left(shard, check.concludes_from).batch.filter(mine), verdicts.filter(mine)


class _Judged(NamedTuple):
    """A step's shards, made as they are asked for, and what was found out on the way."""

    markers: Iterable[Mapping[str, Any]]
    found: Sequence[Evidence] = ()


def _judge_all(bench: Bench, state: Any, step: Step, pool: Pool, use: Resources) -> _Judged:
    check = bench.check
    if isinstance(check, RecordCheck):
        # Model calls wait more than they work: one process asks them all, so that limits and journal are one, too.
        crew = LocalCrew(1) if isinstance(check, ModelCheck) else use.crew
        return _Judged(crew.map(Judge(step, bench.name, check, state), pool.dockets(), len(pool.new)))
    if isinstance(check, SetCheck):
        return _compare_all(bench, check, state, step, pool, use)
    raise SterlingError(f"check `{check.name_in_recipe}` is neither a RecordCheck nor a SetCheck")


def _compare_all(bench: Bench, check: SetCheck, state: Any, step: Step, pool: Pool, use: Resources) -> _Judged:
    exchange, every = step.folder / f"exchange-{os.getpid()}", parcels(pool.settled, pool.new, pool.earlier.shards)
    partitions = _partitions(check, pool, use) if every else 0
    # What settled records emit is kept beside the steps: later rounds ask for it again.
    emit = Emit(exchange, step.folder.parent.parent / "exchange", check, state, partitions)
    emitted = tuple(sorted(use.crew.map(emit, every, len(every))))
    resolve = Resolve(exchange, check, emitted)
    resolved = sorted(use.crew.map(resolve, range(partitions), partitions), key=lambda one: one.number)
    confirmed = _confirmed(check, state, exchange, every, resolved, use)
    removals, clusters = settled(Everyone(emitted), check.removed_as, confirmed, use.settle)
    write_table(exchange / "settled.arrow", by_number(removals))
    said = (exchange / "settled.arrow", *(one.said for one in resolved if one.said))
    mine = [parcel for parcel in every if not parcel.settled]
    whole = Clusters.total([clusters, *(one.clusters for one in resolved)])
    found = [*_clusters(check, whole), *_against(check, pool.earlier)]
    return _Judged(_distributed(step, bench, said, mine, use), found)


def _distributed(
    step: Step, bench: Bench, said: tuple[Path, ...], mine: Sequence[Parcel], use: Resources
) -> Iterator[Mapping[str, Any]]:
    for markers in use.crew.map(Distribute(step, bench, said), mine, len(mine)):
        yield from markers
    remove_tree(said[0].parent)


def _partitions(check: SetCheck, pool: Pool, use: Resources) -> int:
    if use.partitions is not None:
        return use.partitions
    everyone = (*pool.earlier.shards, *pool.settled, *pool.new)
    return partitions_for(check, sum(shard.size() for shard in everyone))


def _confirmed(
    check: SetCheck, state: Any, exchange: Path, every: Sequence[Parcel], resolved: Sequence[Resolved], use: Resources
) -> Confirmed:
    units = cuts([one.shards for one in resolved], [one.counts for one in resolved])
    if not units:
        return gathered([])
    extract = Extract(exchange, check, tuple(one.members for one in resolved if one.members))
    texts = tuple(sorted(use.crew.map(extract, every, len(every))))
    confirm = Confirm(check, state, tuple(one.pairs for one in resolved if one.pairs), texts)
    return gathered(list(use.crew.map(confirm, units, len(units))))


def _clusters(check: SetCheck, found: Clusters) -> Sequence[Evidence]:
    """What the removals come to, of a check that removes what is like something better."""
    if check.removed_as == SetCheck.removed_as:
        return ()
    method = "records that stay in the stead of others; `removed`: the others, those that only are flagged included"
    inputs = {"removed": found.removed, "largest": found.largest, "survivor": found.survivor}
    return [count(f"{check.name_in_recipe}.clusters", found.number, method, **inputs)]


def _against(check: SetCheck, earlier: Earlier) -> Sequence[Evidence]:
    """How much earlier data took part."""
    if not earlier.shards:
        return ()
    method = "records of earlier data that were compared with; `unread`: rows of it that are no records"
    named = [check.against] if isinstance(check.against, str) else list(check.against)
    return [count(f"{check.name_in_recipe}.against", earlier.records, method, against=named, unread=earlier.unread)]


def _watched(markers: Iterable[Mapping[str, Any]], watch: Watch) -> Iterator[Mapping[str, Any]]:
    for marker in markers:
        watch.advance(marker["judged"])
        yield marker
