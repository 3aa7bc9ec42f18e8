"""What became of records where the sums of the steps do not tell: who was flagged and stays, and what anchors lost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, read_batch
from sterling.pipeline.job import Job
from sterling.pipeline.mixing import Mixed, before_mix, mixed_ids
from sterling.records.places import read_parquet
from sterling.stats import Evidence, count

NOTHING_TO_COMPARE = frozenset({"no_benchmark", "no_band"})
"""Reasons of flags that say nothing of the record."""


class Fates(NamedTuple):
    """Records, counted."""

    flagged: Counter[tuple[str, str, str]]
    """In the mix, by (check, reason of the flag, origin)."""
    dropped: Counter[tuple[str, str]]
    """Of the anchors, without human ones, by (origin, check)."""
    mixed: Counter[str]
    """The same that are in the mix, by origin."""


@dataclass(frozen=True, slots=True)
class CountFates:
    """One shard's part of it."""

    anchors: frozenset[int]
    """Numbers of the anchors' shards."""

    def __call__(self, shard: Shard) -> Fates:
        """Flags of what is in the mix; and of an anchor's shard what became of records that are not human."""
        batch = read_batch(shard.records, ("id", "origin"))
        chosen = mixed_ids(shard)
        fates = Fates(Counter(), Counter(), Counter())
        for path in before_mix(shard).verdicts:
            flags = read_parquet(path, columns=["record", "check", "reason"], filters=[("outcome", "=", "flag")])
            staying = flags.filter(pc.is_in(flags["record"], value_set=chosen))
            said = (staying[name].to_pylist() for name in ("check", "reason"))
            fates.flagged.update(zip(*said, _origins(batch, staying), strict=True))
        if shard.number in self.anchors and _has_others(batch):
            _count_others(shard, batch, chosen, fates)
        return fates


def _has_others(batch: pa.RecordBatch) -> bool:
    return bool(pc.any(pc.not_equal(batch.column("origin"), "human")).as_py())


def _count_others(shard: Shard, batch: pa.RecordBatch, chosen: pa.Array, fates: Fates) -> None:
    for path in shard.verdicts:
        drops = read_parquet(path, columns=["record", "check"], filters=[("outcome", "=", "drop")])
        rows = zip(_origins(batch, drops), drops["check"].to_pylist(), strict=True)
        fates.dropped.update((origin, check) for origin, check in rows if origin != "human")
    origins = batch.filter(pc.is_in(batch.column("id"), value_set=chosen)).column("origin").to_pylist()
    fates.mixed.update(origin for origin in origins if origin != "human")


def _origins(batch: pa.RecordBatch, verdicts: pa.Table) -> list[str]:
    places = pc.index_in(verdicts["record"].combine_chunks(), value_set=batch.column("id"))
    found: list[str] = batch.column("origin").take(places).to_pylist()
    return found


def fates(job: Job, mixed: Mixed) -> Fates:
    """Over all shards of the mix."""
    whole = Fates(Counter(), Counter(), Counter())
    work, shards = CountFates(frozenset(shard.number for shard in mixed.anchors)), mixed.shards
    for part in job.use.crew.map(work, shards, len(shards)):
        whole.flagged.update(part.flagged)
        whole.dropped.update(part.dropped)
        whole.mixed.update(part.mixed)
    return whole


def flagged(job: Job, of: Fates) -> Iterator[Evidence]:
    """`mix.flagged.<check>` for each check that flagged records which are in the mix."""
    for entry in job.recipe.checks:
        mine = {key: n for key, n in of.flagged.items() if key[0] == entry.name and key[1] not in NOTHING_TO_COMPARE}
        reasons, human = Counter[str](), 0
        for (_, reason, origin), n in sorted(mine.items()):
            reasons[reason] += n
            human += n if origin == "human" else 0
        if reasons:
            method = "records of the mix that the check flagged"
            yield count(
                f"mix.flagged.{entry.name}", reasons.total(), method, check=entry.name, reasons=dict(reasons),
                human=human, spares=entry.part.human == "flag" and entry.part.may_drop(),
            )  # fmt: skip
