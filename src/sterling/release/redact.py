"""Why a record was rejected, without what was in it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from sterling.records import canonical_json, digest

REJECTED = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("where", pa.string()),
        pa.field("step", pa.string()),
        pa.field("check", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("evidence", pa.string()),
    ]
)
"""`id` is null where work yielded no record. `evidence` is JSON text."""
REJECTED_INPUT = REJECTED.append(pa.field("payload", pa.string()))
"""What comes in. `payload` is JSON text, null where there is none; it is read for redaction even if it stays home."""

LONGEST = 80
"""Characters of a string that are never more than a code, a number or a place."""
RUN = 16
"""Characters in a row that a string and a payload may not share."""
DIGESTED = 32
"""Shorter texts get no digest: whoever guesses one could confirm the guess."""
LONGEST_PLACE = 300
"""Characters of a path under `at` without white space: where in an earlier release the kept record lies."""
PLACES = frozenset({
    "at", "check", "kept", "kind", "lane", "licence", "method", "model", "operator", "outcome", "reason", "role",
    "status", "step", "strategy", "tier", "unit", "version", "where",
})  # fmt: skip
"""Keys whose short values are codes and places even when the same word stands in the payload by chance."""
CODES = frozenset({"boundary", "category", "check", "kind", "outcome", "profile", "reason", "rule", "unit"})
"""Keys under which checks write words of their own. An identifier there survives whatever the payload says."""
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,39}")


def rejected_schema(full: bool) -> pa.Schema:
    """Columns of `rejected/*.parquet`."""
    return REJECTED_INPUT if full else REJECTED


def rejected_batches(tables: Iterable[pa.Table], full: bool) -> Iterator[pa.RecordBatch]:
    """Tables of `REJECTED_INPUT` as they leave the house."""
    for table in tables:
        for batch in table.select(REJECTED_INPUT.names).cast(REJECTED_INPUT).to_batches():
            yield batch if full else _redacted(batch)


def _redacted(batch: pa.RecordBatch) -> pa.RecordBatch:
    pairs = zip(batch.column("evidence").to_pylist(), batch.column("payload").to_pylist(), strict=True)
    evidence = [None if cell is None else canonical_json(redact(json.loads(cell), _text(p))) for cell, p in pairs]
    kept = [batch.column(name) for name in REJECTED.names[:-1]]
    return pa.RecordBatch.from_arrays([*kept, pa.array(evidence, pa.string())], schema=REJECTED)


def redact(value: Any, payload: str) -> Any:
    """`value` with every string replaced by its length (and digest) that is long or stands in the payload's text.

    Numbers, record ids and short codes survive, and identifiers under the keys of `CODES` always do. Not guaranteed: a
    short string about *another* record survives too, and a digest lets somebody who already has the text confirm that
    it was this one.
    """
    return _redact(value, payload, None)


def _redact(value: Any, payload: str, key: str | None) -> Any:
    match value:
        case str():
            return _mark(value) if _tells(value, payload, key) else value
        case Mapping():
            return {
                f"redacted_{number}" if _is_text(name, payload) else name: _redact(member, payload, name)
                for number, (name, member) in enumerate(value.items())
            }
        case list() | tuple():
            return [_redact(member, payload, key) for member in value]
    return value


def _tells(text: str, payload: str, key: str | None) -> bool:
    if key in CODES and _IDENTIFIER.fullmatch(text):
        return False
    if _is_text(text, payload, key):
        return True
    return key not in PLACES and bool(text.strip()) and text.strip() in payload


def _is_text(text: str, payload: str, key: str | None = None) -> bool:
    return _long(text, key) or _quotes(text, payload)


def _long(text: str, key: str | None) -> bool:
    """Whether a text is too long to be a code or a place."""
    return len(text) > (LONGEST_PLACE if key == "at" and len(text.split()) == 1 else LONGEST)


def _quotes(text: str, payload: str) -> bool:
    """Whether a text shares a run of characters with the payload."""
    return any(text[i : i + RUN] in payload for i in range(len(text) - RUN + 1))


def _mark(text: str) -> dict[str, Any]:
    mark: dict[str, Any] = {"redacted": len(text)}
    return mark | {"digest": digest(text)} if len(text) >= DIGESTED else mark


def _text(payload: str | None) -> str:
    """Every string of a payload, whatever its format, one a line."""
    return "" if payload is None else "\n".join(_strings(json.loads(payload)))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for member in value.values():
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
