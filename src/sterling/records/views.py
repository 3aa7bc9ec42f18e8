"""The text of a record: all of it, or the part by which it is compared with others."""

import json
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sterling.records.arrow import TEXT_KEYS
from sterling.records.canonical import canonical_json
from sterling.records.record import Record

COMPARED = (*TEXT_KEYS, "messages", "fields", "conversational", "view")
"""Columns of `SCHEMA` that `compared` reads."""


def text_of(record: Record) -> str:
    """Everything a trainer would read of this record, parts joined by a newline."""
    return payload_text(record.payload)


def payload_text(payload: Mapping[str, Any]) -> str:
    """The text of a payload: strings as they are, messages by content, table fields as sorted `name: value` lines."""
    parts = [_flat(payload[key]) for key in (*TEXT_KEYS, "messages") if payload.get(key) is not None]
    parts += _lines(payload.get("fields") or {})
    return "\n".join(parts)


def content_text(content: Any) -> str:
    """The text of a message's content: a string, the text parts of a list of parts joined, "" for anything else."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else ()
    return "".join(str(part["text"]) for part in parts if isinstance(part, Mapping) and "text" in part)


def message_text(message: Mapping[str, Any]) -> str:
    """Everything a trainer would read of a message: reasoning, content, the calls of tools."""
    reasoning = content_text(message.get("reasoning_content"))
    calls = canonical_json(message["tool_calls"]) if message.get("tool_calls") else ""
    return "\n".join(part for part in (reasoning, content_text(message.get("content")), calls) if part)


def texts(batch: pa.RecordBatch) -> list[str]:
    """`text_of` for each row of a batch, without building records where the payload is plain strings."""
    columns = [batch.column(key).to_pylist() for key in TEXT_KEYS]
    messages, fields = batch.column("messages").to_pylist(), batch.column("fields").to_pylist()
    talks = batch.column("conversational").to_pylist()
    return [
        _row_text(cells, talk, message, field)
        for *cells, talk, message, field in zip(*columns, talks, messages, fields, strict=True)
    ]


def compared(batch: pa.RecordBatch) -> list[str]:
    """What near-duplicate checks compare: the view that a record declares, else its whole text."""
    views = batch.column("view").to_pylist()
    return [text if view is None else view for view, text in zip(views, texts(batch), strict=True)]


def text_column(batch: pa.RecordBatch) -> pa.StringArray:
    """`texts` as an Arrow column; without a Python object for a row whose payload is plain strings."""
    plain = _joined(
        [batch.column(key) for key in TEXT_KEYS if batch.column(key).null_count < batch.num_rows], batch.num_rows
    )
    structured = pc.or_(pc.is_valid(batch.column("messages")), pc.is_valid(batch.column("fields")))
    odd = pc.or_(batch.column("conversational"), structured)
    if not odd.true_count:
        return plain
    return pc.replace_with_mask(plain, odd, pa.array(texts(batch.filter(odd)), pa.string()))


def compared_column(batch: pa.RecordBatch) -> pa.StringArray:
    """`compared` as an Arrow column."""
    views, whole = batch.column("view"), text_column(batch)
    return whole if views.null_count == batch.num_rows else pc.coalesce(views, whole)


def _joined(parts: Sequence[pa.StringArray], rows: int) -> pa.StringArray:
    """Cells of a row that are there, joined by a newline."""
    if not parts:
        return pa.array([""] * rows, pa.string())
    if len(parts) == 1 and not parts[0].null_count:
        return parts[0]
    # Arrow 26 loses a last row in which every part is null, so the first part is made "" in such rows.
    nothing = reduce(pc.and_, map(pc.is_null, parts))
    return pc.binary_join_element_wise(pc.if_else(nothing, "", parts[0]), *parts[1:], "\n", null_handling="skip")


def _row_text(cells: Sequence[str | None], talks: bool, messages: str | None, fields: str | None) -> str:
    parts = [_flat(json.loads(cell) if talks else cell) for cell in cells if cell is not None]
    if messages is not None:
        parts.append(_flat(json.loads(messages)))
    if fields is not None:
        parts += _lines(json.loads(fields))
    return "\n".join(parts)


def _lines(fields: Mapping[str, Any]) -> list[str]:
    cells = ((name, value if isinstance(value, str) else canonical_json(value)) for name, value in fields.items())
    return sorted(f"{name}: {cell}" for name, cell in cells)


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "\n".join(message_text(message) for message in value)
