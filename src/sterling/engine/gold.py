"""Gold among the records: known answers that a check judges without knowing which they are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from sterling.records import Fault, Record, batch_of, digest
from sterling.registry import Ruling, Seed

GOLD_SCHEMA = pa.schema(
    [
        pa.field("record", pa.string(), nullable=False),
        pa.field("good", pa.bool_(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("writer", pa.string()),
        pa.field("task", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
    ]
)
"""What was said of one seed. `task` is equal for seeds with the same prompt; `outcome` is also `fault`."""


class Blend(NamedTuple):
    """A batch with seeds at places that nothing tells from the others."""

    batch: pa.RecordBatch
    back: Sequence[int]
    """For each record, then each seed, its row in the batch."""


def blend(batch: pa.RecordBatch, seeds: Sequence[Seed]) -> Blend:
    """Records and seeds in an order that depends on their ids alone; each seed looks as if it came with a record."""
    if not seeds:
        return Blend(batch, range(batch.num_rows))
    both = pa.Table.from_batches([batch, _disguised(seeds, batch)]).combine_chunks()
    ids = both["id"].to_pylist()
    order = sorted(range(len(ids)), key=lambda row: digest("sterling: place of a seed", ids[row]))
    back = [0] * len(order)
    for place, row in enumerate(order):
        back[row] = place
    return Blend(both.take(pa.array(order)).combine_chunks().to_batches()[0], back)


def gold_table(seeds: Sequence[Seed], said: Sequence[Ruling | Fault]) -> pa.Table:
    """What was said of each seed."""
    rows = [_row(seed, answer) for seed, answer in zip(seeds, said, strict=True)]
    return pa.Table.from_pylist(rows, schema=GOLD_SCHEMA)


def gold_counts(table: pa.Table) -> list[dict[str, Any]]:
    """How many seeds of each kind met which outcome."""
    rows = table.select(["good", "kind", "outcome"]).to_pylist()
    counts = Counter((row["good"], row["kind"], row["outcome"]) for row in rows)
    return [{"good": g, "kind": k, "outcome": o, "n": n} for (g, k, o), n in sorted(counts.items())]


def gold_total(every: Iterable[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The sum of counts."""
    counts: Counter[tuple[bool, str, str]] = Counter()
    for part in every:
        for one in part:
            counts[one["good"], one["kind"], one["outcome"]] += one["n"]
    return [{"good": g, "kind": k, "outcome": o, "n": n} for (g, k, o), n in sorted(counts.items())]


def _disguised(seeds: Sequence[Seed], batch: pa.RecordBatch) -> pa.RecordBatch:
    """Seeds with the provenance of records around them."""
    gold = batch_of(seed.record for seed in seeds)
    if not batch.num_rows:
        return gold
    donors = pa.array([n % batch.num_rows for n in range(len(seeds))])
    for name in ("origin", "source", "row", "role", "depth", "parents", "maker", "tags"):
        column = batch.column(name).take(donors)
        gold = gold.set_column(gold.schema.get_field_index(name), gold.schema.field(name), column)
    return gold


def _row(seed: Seed, said: Ruling | Fault) -> dict[str, Any]:
    outcome = "fault" if isinstance(said, Fault) else said.outcome
    return {
        "record": seed.record.id, "good": seed.good, "kind": seed.kind, "writer": seed.writer,
        "task": _task(seed.record), "outcome": outcome, "reason": said.reason,
        "score": None if isinstance(said, Fault) else said.score,
    }  # fmt: skip


def _task(record: Record) -> str:
    """What was asked, whatever was answered."""
    prompt = record.payload.get("prompt")
    asked = prompt if prompt is not None else [m for m in record.payload.get("messages", ()) if m.get("role") == "user"]
    return digest("sterling: task of a seed", repr(asked or record.id))
