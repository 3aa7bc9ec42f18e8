"""What a set check says of records, as columns: their numbers, and rulings on them that nobody has signed yet."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.exchange import Numbers, rules
from sterling.records import canonical_json, evidence_json
from sterling.registry import Ruling

SAID = pa.schema(
    {
        "number": pa.int64(),
        "outcome": pa.string(),
        "reason": pa.string(),
        "score": pa.float64(),
        "evidence": pa.string(),
    }
)
"""One ruling a row."""


def nothing_said() -> pa.Table:
    """No ruling."""
    return SAID.empty_table()


def rulings_said(rulings: Sequence[tuple[str, Ruling]], records: pa.ChunkedArray, numbers: Numbers) -> pa.Table:
    """Rulings on records of a partition, whose ids and numbers these are."""
    if not rulings:
        return nothing_said()
    ids = pa.array([record for record, _ in rulings], pa.string())
    at = pc.index_in(ids, value_set=records.cast(pa.string()).combine_chunks())
    said = [ruling for _, ruling in rulings]
    columns = {
        "number": numbers[at.to_numpy()],
        "outcome": [one.outcome for one in said],
        "reason": [one.reason for one in said],
        "score": [one.score for one in said],
        "evidence": [evidence_json(one.evidence) for one in said],
    }
    return pa.table({name: pa.array(columns[name], SAID.field(name).type) for name in SAID.names})


def removals_said(
    reason: str, people: pa.Table, gone: Numbers, kept: Numbers, similarity: npt.NDArray[np.float64], cluster: Numbers
) -> pa.Table:
    """Drops of some people in favour of others, both as rows of `people`."""
    rank = people["rank"].to_numpy()
    told = zip(
        people["id"].take(pa.array(kept)).to_pylist(),
        people["at"].take(pa.array(kept)).to_pylist(),
        cluster.tolist(),
        rules(rank[kept], rank[gone]),
        strict=True,
    )
    columns: dict[str, Any] = {
        "number": people["number"].to_numpy()[gone],
        "outcome": ["drop"] * len(gone),
        "reason": [reason] * len(gone),
        "score": similarity,
        "evidence": list(_evidence(told)),
    }
    return pa.table({name: pa.array(columns[name], SAID.field(name).type) for name in SAID.names})


def by_number(said: pa.Table) -> pa.Table:
    """Sorted by number, in the order in which it was said."""
    order = np.argsort(said["number"].to_numpy(), kind="stable")
    return said.take(pa.array(order))


def _evidence(told: Iterator[tuple[str, str | None, int, str]]) -> Iterator[str]:
    for kept, at, cluster, rule in told:
        evidence = {"kept": kept, "cluster": cluster, "rule": rule}
        yield canonical_json(evidence if at is None else evidence | {"at": at})
