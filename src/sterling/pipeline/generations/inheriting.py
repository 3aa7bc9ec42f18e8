"""Synthetic records of earlier generations as shards of this run, with the verdict that lets them in."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from sterling.engine.shards import tally
from sterling.engine.step import Step
from sterling.pipeline.generations.erasing import Erasures
from sterling.records import SCHEMA, Verdict, verdict_table
from sterling.records.files import write_parquet
from sterling.release import ANCESTRY, EarlierRelease

CONTINUES = "continues"
"""In whose name these verdicts are; their evidence says which release and generation a record is from."""


class Heir(NamedTuple):
    """The run that goes on."""

    generation: int
    continues: str
    first: int
    """Number of the first shard."""
    rows: int
    """Records of a shard, at most."""
    limit: int | None = None
    """Records in all, for a preview."""


class Taken(NamedTuple):
    """What was taken over."""

    markers: list[dict[str, Any]]
    """Of each shard."""
    ages: list[int]
    """Of each shard the generations since its records were written."""
    named: frozenset[str]
    """What of the erasures some synthetic record answers to."""


def inherit(step: Step, old: EarlierRelease, erasures: Erasures, erased_ids: frozenset[str], heir: Heir) -> Taken:
    """Write the shards. A record goes on unless it, or a real one that it descends from, was erased.

    What verified a record in its own release verifies it here: the verdict that lets it in is signed by the family
    of the check that kept it then, and its evidence names all such checks.
    """
    markers: list[dict[str, Any]] = []
    ages: list[int] = []
    named: set[str] = set()
    for batch in _pieces(old, heir):
        number = heir.first + len(markers)
        rows = batch.select(["id", "content", *ANCESTRY.names]).to_pylist()
        named |= {row[key] for row in rows for key in ("id", "content")} & erasures.named
        verdicts = verdict_table(_verdict(row, erasures, erased_ids, heir) for row in rows)
        write_parquet(step.part("ancestry", number), pa.Table.from_batches([batch.select(["id", *ANCESTRY.names])]))
        records = batch.select(SCHEMA.names).cast(SCHEMA)
        counts = {"judged": verdicts.num_rows, "tally": tally(verdicts)}
        markers.append(step.commit(number, records=records, verdicts=verdicts, counts=counts))
        ages.append(heir.generation - batch.column("generation")[0].as_py())
    return Taken(markers, ages, frozenset(named))


def _pieces(old: EarlierRelease, heir: Heir) -> Iterator[pa.RecordBatch]:
    """Batches with records of one generation each."""
    left = heir.limit
    for batch in old.carried(heir.rows):
        numbers = batch.column("generation").to_numpy()
        bounds = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
        for begin, end in pairwise(bounds):
            size = end - begin if left is None else min(end - begin, left)
            if size:
                yield batch.slice(begin, size)
            left = None if left is None else left - size


def _verdict(row: Mapping[str, Any], erasures: Erasures, erased_ids: frozenset[str], heir: Heir) -> Verdict:
    verified = row["verified"]
    evidence = {
        "release": row["release"], "generation": row["generation"], "continues": heir.continues, "verified": verified,
    }  # fmt: skip
    if not erasures.named.isdisjoint({row["id"], row["content"]}):
        return Verdict(row["id"], "drop", CONTINUES, "erased", "policy", evidence=evidence)
    if not erased_ids.isdisjoint(row["roots"]):
        return Verdict(row["id"], "drop", CONTINUES, "descends_from_erased", "policy", evidence=evidence)
    if not verified:
        return Verdict(row["id"], "keep", CONTINUES, "not_verified", "policy", evidence=evidence)
    return Verdict(row["id"], "keep", CONTINUES, "verified_before", verified[0]["family"], evidence=evidence)
