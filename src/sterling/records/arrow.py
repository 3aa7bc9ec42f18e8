"""The Arrow schemas, written once, and the way between batches and row views.

Structured values are JSON text in string columns: they differ from record to record, and Arrow's own nested types
would need one schema for all of them. Strings stay strings, so kernels read them without parsing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from sterling.records.canonical import canonical_json
from sterling.records.record import Maker, Record
from sterling.records.verdict import Fault, Verdict

TEXT_KEYS = ("text", "prompt", "completion", "chosen", "rejected")
"""Payload columns that hold a string, or a list of messages as JSON when `conversational`."""
JSON_KEYS = ("messages", "fields", "tools")
"""Payload columns that always hold JSON."""

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("content", pa.string(), nullable=False),
        pa.field("format", pa.string(), nullable=False),
        pa.field("conversational", pa.bool_(), nullable=False),
        *(pa.field(key, pa.string()) for key in (*TEXT_KEYS, *JSON_KEYS)),
        pa.field("label", pa.bool_()),
        pa.field("reference", pa.string()),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("depth", pa.int32(), nullable=False),
        pa.field("parents", pa.list_(pa.string()), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("row", pa.string(), nullable=False),
        pa.field("maker", pa.string()),
        pa.field("tags", pa.list_(pa.string()), nullable=False),
        pa.field("view", pa.string()),
    ]
)
"""One record a row."""

VERDICT_SCHEMA = pa.schema(
    [
        pa.field("record", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("check", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
        pa.field("evidence", pa.string(), nullable=False),
    ]
)
"""One verdict a row; `evidence` is JSON."""

FAULT_SCHEMA = pa.schema(
    [
        pa.field("where", pa.string(), nullable=False),
        pa.field("boundary", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("message", pa.string(), nullable=False),
        pa.field("attempts", pa.int32(), nullable=False),
        pa.field("record", pa.string()),
        pa.field("owed", pa.bool_(), nullable=False),
    ]
)
"""One fault a row."""


def batch_of(records: Iterable[Record]) -> pa.RecordBatch:
    """Records as one batch of `SCHEMA`."""
    return pa.RecordBatch.from_pylist([_row(r) for r in records], schema=SCHEMA)


def records_of(batch: pa.RecordBatch) -> Iterator[Record]:
    """The row view of a batch of `SCHEMA`."""
    for row in batch.to_pylist():
        yield _record(row)


def verdict_table(verdicts: Iterable[Verdict]) -> pa.Table:
    """Verdicts as a table of `VERDICT_SCHEMA`."""
    rows = list(verdicts)
    cells = {name: [getattr(row, name) for row in rows] for name in VERDICT_SCHEMA.names}
    cells["evidence"] = [evidence_json(row.evidence) for row in rows]
    return pa.table(cells, schema=VERDICT_SCHEMA)


def evidence_json(evidence: Mapping[str, Any]) -> str:
    """Evidence as verdicts hold it. Most have none, and JSON's own way to say that takes microseconds."""
    return canonical_json(evidence) if evidence else "{}"


def verdicts_of(table: pa.Table) -> Iterator[Verdict]:
    """The row view of a table of `VERDICT_SCHEMA`."""
    for row in table.to_pylist():
        yield Verdict(**row | {"evidence": json.loads(row["evidence"])})


def fault_table(faults: Iterable[Fault]) -> pa.Table:
    """Faults as a table of `FAULT_SCHEMA`."""
    names = FAULT_SCHEMA.names
    return pa.Table.from_pylist([{n: getattr(f, n) for n in names} for f in faults], schema=FAULT_SCHEMA)


def payload_columns(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload as the cells of its columns, `conversational` included."""
    cells: dict[str, Any] = {key: _json(payload.get(key)) for key in JSON_KEYS}
    talks = any(isinstance(payload.get(key), list) for key in TEXT_KEYS)
    for key in TEXT_KEYS:
        value = payload.get(key)
        cells[key] = _json(value) if talks else value
    return cells | {"label": payload.get("label"), "conversational": talks}


def payload_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The payload back from its cells."""
    texts = {k: row[k] for k in TEXT_KEYS if row[k] is not None}
    if row["conversational"]:
        texts = {k: json.loads(v) for k, v in texts.items()}
    structured = {k: json.loads(row[k]) for k in JSON_KEYS if row[k] is not None}
    label = {} if row["label"] is None else {"label": row["label"]}
    return texts | structured | label


def _row(record: Record) -> dict[str, Any]:
    return payload_columns(record.payload) | {
        "id": record.id,
        "content": record.content,
        "format": record.format,
        "reference": _json(record.reference),
        "origin": record.origin,
        "depth": record.depth,
        "parents": list(record.parents),
        "role": record.role,
        "source": record.source,
        "row": record.row,
        "maker": None if record.maker is None else canonical_json(record.maker.to_json()),
        "tags": list(record.tags),
        "view": record.view,
    }


def _record(row: dict[str, Any]) -> Record:
    return Record(
        id=row["id"],
        content=row["content"],
        format=row["format"],
        payload=payload_of(row),
        origin=row["origin"],
        source=row["source"],
        row=row["row"],
        role=row["role"],
        depth=row["depth"],
        parents=tuple(row["parents"]),
        reference=None if row["reference"] is None else json.loads(row["reference"]),
        maker=None if row["maker"] is None else Maker(**json.loads(row["maker"])),
        tags=tuple(row["tags"]),
        view=row["view"],
    )


def _json(value: Any) -> str | None:
    return None if value is None else canonical_json(value)
