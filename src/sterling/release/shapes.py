"""The columns a trainer reads: found by looking once over a configuration, then filled batch by batch.

Arrow wants one type for a column before its first row is written, and messages and table fields have their own keys
and types. So a configuration is looked over first; only what is not a plain string is parsed for it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sterling.errors import InputError
from sterling.records import PAYLOAD_KEYS, canonical_json

PROVENANCE = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("origin", pa.string()),
        pa.field("depth", pa.int32()),
        pa.field("parents", pa.list_(pa.string())),
        pa.field("role", pa.string()),
        pa.field("source", pa.string()),
        pa.field("row", pa.string()),
        pa.field("maker", pa.string()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("weight", pa.float64()),
    ]
)
"""Released after the trainer columns, in this order. `maker` is JSON text."""
PHASE = pa.field("phase", pa.int32())
"""Released after those where a mix ends on real data: 2 for that end, which is trained on last, else 1."""
REFERENCE = pa.field("reference", pa.string())
"""Released last, as JSON text, on request only."""

TALK_KEYS = ("prompt", "completion", "chosen", "rejected", "text")
TOOL_CALLS = pa.list_(
    pa.struct(
        [
            ("id", pa.string()),
            ("type", pa.string()),
            ("function", pa.struct([("name", pa.string()), ("arguments", pa.string())])),
        ]
    )
)
"""`arguments` is JSON text as on OpenAI's wire: their keys differ from call to call, and a struct would add nulls."""
_TYPES = {
    frozenset({"bool"}): pa.bool_(),
    frozenset({"int"}): pa.int64(),
    frozenset({"long"}): pa.int64(),
    frozenset({"int", "long"}): pa.int64(),
    frozenset({"float"}): pa.float64(),
    frozenset({"int", "float"}): pa.float64(),
    frozenset({"calls"}): TOOL_CALLS,
}
_EXACT_IN_FLOAT = 2**53
_RESERVED = frozenset({*PROVENANCE.names, PHASE.name, REFERENCE.name})

Cells = Callable[[pa.RecordBatch], pa.Array]
"""How one released column is made from a batch."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the records of one configuration look like to a trainer."""

    format: str
    conversational: bool
    schema: pa.Schema
    """Trainer columns, provenance columns, and `reference` where it was asked for."""
    columns: tuple[Cells, ...]

    def release(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch of `records.SCHEMA` plus `weight` as it leaves the house."""
        return pa.RecordBatch.from_arrays([cells(batch) for cells in self.columns], schema=self.schema)


class _Seen:
    """What the batches of one configuration have shown so far."""

    def __init__(self) -> None:
        self.formats: set[tuple[str, bool]] = set()
        self.present: set[str] = set()
        self.messages: dict[str, set[str]] = {"role": {"text"}, "content": {"text"}}
        self.fields: dict[str, set[str]] = {}
        self.phased = False

    def look(self, batch: pa.RecordBatch) -> None:
        self.phased |= PHASE.name in batch.schema.names
        shapes = pa.Table.from_batches([batch]).group_by(["format", "conversational"]).aggregate([]).to_pylist()
        self.formats |= {(shape["format"], shape["conversational"]) for shape in shapes}
        if len(self.formats) > 1:
            return
        found = [key for key in PAYLOAD_KEYS if batch.column(key).null_count < batch.num_rows]
        self.present |= set(found)
        for key in found:
            if key == "messages" or (key in TALK_KEYS and pc.any(batch.column("conversational")).as_py()):
                _note(self.messages, (m for talk in _talks(batch, key) for m in talk or ()))
        if "fields" in found:
            _note(self.fields, (json.loads(cell) for cell in batch.column("fields").to_pylist() if cell is not None))


def survey(name: str, batches: Iterable[pa.RecordBatch], reference: bool = False) -> Shape | None:
    """The shape of a configuration, or None when it has no records. InputError when it mixes shapes."""
    seen = _Seen()
    for batch in batches:
        seen.look(batch)
    if not seen.formats:
        return None
    if len(seen.formats) > 1:
        found = ", ".join(f"{'conversational' if talks else 'plain'} {kind}" for kind, talks in sorted(seen.formats))
        raise InputError(
            f"configuration `{name}` mixes records of different shapes: {found}",
            mend="release one configuration for each format, and one each for plain and for conversational text",
        )
    [(kind, talks)] = seen.formats
    columns = [*_trainer_columns(seen, talks), *((field, _as_it_is(field)) for field in PROVENANCE)]
    if seen.phased:
        columns.append((PHASE, _as_it_is(PHASE)))
    if reference:
        columns.append((REFERENCE, _as_it_is(REFERENCE)))
    return Shape(kind, talks, pa.schema([f for f, _ in columns]), tuple(cells for _, cells in columns))


def _trainer_columns(seen: _Seen, talks: bool) -> Iterator[tuple[pa.Field, Cells]]:
    message = pa.list_(pa.struct([(key, _type_of(kinds)) for key, kinds in seen.messages.items()]))
    for key in PAYLOAD_KEYS:
        if key not in seen.present:
            continue
        if key == "fields":
            yield from _field_columns(seen.fields)
        elif key == "messages" or (talks and key in TALK_KEYS):
            field = pa.field(key, message)
            yield field, _message_cells(field)
        else:
            field = pa.field(key, pa.bool_() if key == "label" else pa.string())
            yield field, _as_it_is(field)


def _field_columns(fields: Mapping[str, set[str]]) -> Iterator[tuple[pa.Field, Cells]]:
    """Each field of a table is a column of its own: what reads tables reads columns, not JSON.

    A field with the name of a provenance column is released as `fields.<name>`: neither may hide the other.
    """
    for name, kinds in fields.items():
        field = pa.field(f"fields.{name}" if name in _RESERVED else name, _type_of(kinds))
        yield field, _table_cells(name, field)


def _as_it_is(field: pa.Field) -> Cells:
    return lambda batch: batch.column(field.name).cast(field.type)


def _message_cells(field: pa.Field) -> Cells:
    types = {member.name: member.type for member in field.type.value_type}

    def cells(batch: pa.RecordBatch) -> pa.Array:
        talks = _talks(batch, field.name)
        rows = [None if t is None else [{k: _fit(m.get(k), types[k]) for k in types} for m in t] for t in talks]
        return pa.array(rows, type=field.type)

    return cells


def _table_cells(name: str, field: pa.Field) -> Cells:
    def cells(batch: pa.RecordBatch) -> pa.Array:
        rows = [json.loads(cell or "{}") for cell in batch.column("fields").to_pylist()]
        return pa.array([_fit(row.get(name), field.type) for row in rows], type=field.type)

    return cells


def _talks(batch: pa.RecordBatch, key: str) -> Iterator[list[dict[str, Any]] | None]:
    """Messages of each row. A bare string beside a conversation becomes the one message it stands for."""
    speaker = "user" if key == "prompt" else "assistant"
    for cell in batch.column(key).to_pylist():
        talk = None if cell is None else json.loads(cell)
        yield [{"role": speaker, "content": talk}] if isinstance(talk, str) else talk


def _note(kinds: dict[str, set[str]], rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        for key, value in row.items():
            kinds.setdefault(key, set()).add(_kind_of(value))


def _kind_of(value: Any) -> str:
    match value:
        case None:
            kind = "null"
        case bool():
            kind = "bool"
        case int():
            kind = "int" if abs(value) <= _EXACT_IN_FLOAT else "long" if -(2**63) <= value < 2**63 else "text"
        case float():
            kind = "float"
        case list() if value and all(_is_call(call) for call in value):
            kind = "calls"
        case _:
            kind = "text"
    return kind


def _is_call(value: Any) -> bool:
    """Whether this is a tool call with nothing in it that `TOOL_CALLS` would lose."""
    if not isinstance(value, dict) or not isinstance(value.get("function"), dict):
        return False
    return value.keys() <= {"id", "type", "function"} and value["function"].keys() <= {"name", "arguments"}


def _type_of(kinds: set[str]) -> pa.DataType:
    """The narrowest type that loses nothing; text, or JSON as text, where kinds have none in common."""
    return _TYPES.get(frozenset(kinds - {"null"}), pa.string())


def _fit(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if kind == TOOL_CALLS:
        return [_call(call) for call in value]
    if pa.types.is_string(kind) and not isinstance(value, str):
        return canonical_json(value)
    return value


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {
        **{key: _fit(call.get(key), pa.string()) for key in ("id", "type")},
        "function": {key: _fit(function.get(key), pa.string()) for key in ("name", "arguments")},
    }
