"""What of a record a check looks at: its prompt, its answer, or all of it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from sterling.records import message_text, text_column

Part = Literal["prompt", "completion", "all"]


def part_column(batch: pa.RecordBatch, of: Part) -> pa.StringArray:
    """That part of each row as an Arrow column; null where a record has none.

    `prompt`: the prompt, or the messages before the last answer. `completion`: the completion, `chosen`, or the last
    answer. `all`: the whole text. Rows of plain strings cost no Python object.
    """
    if of == "all":
        return text_column(batch)
    plain = pc.coalesce(*(batch.column(name) for name in _COLUMNS[of]))
    talks = pc.or_(batch.column("conversational"), pc.is_valid(batch.column("messages")))
    if not talks.true_count:
        return plain
    some = batch.filter(talks)
    names = (*_COLUMNS[of], "messages")
    cells = zip(*(some.column(name).to_pylist() for name in names), strict=True)
    said = [_said(dict(zip(names, row, strict=True)), of) for row in cells]
    return pc.replace_with_mask(plain, talks, pa.array(said, pa.string()))


_COLUMNS: Mapping[Part, tuple[str, ...]] = {"prompt": ("prompt",), "completion": ("completion", "chosen")}


def _said(row: Mapping[str, str | None], of: Part) -> str | None:
    if row["messages"] is not None:
        before, answer = _halves(json.loads(row["messages"]))
        turns = before if of == "prompt" else answer
        return _joined(turns) if turns else None
    cell = next((row[name] for name in _COLUMNS[of] if row[name] is not None), None)
    return None if cell is None else _joined(json.loads(cell))


def _halves(turns: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    places = [at for at, turn in enumerate(turns) if isinstance(turn, Mapping) and turn.get("role") == "assistant"]
    return (turns[: places[-1]], turns[places[-1] : places[-1] + 1]) if places else (turns, [])


def _joined(turns: Sequence[Any]) -> str:
    return "\n".join(message_text(turn) for turn in turns if isinstance(turn, Mapping))
