"""What the assistant said in a row, as text, and the same record with another answer."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from sterling.records import Record, batch_of, content_text


def answers(batch: pa.RecordBatch) -> Iterator[str | None]:
    """The completion of each row, else the last assistant message, else the text; None where there is none of them.

    Of messages only the content counts: reasoning and the calls of tools are no part of the answer.
    """
    names = ("completion", "messages", "text", "conversational")
    for completion, messages, text, talks in zip(*(batch.column(n).to_pylist() for n in names), strict=True):
        if completion is not None:
            yield _last_said(json.loads(completion)) if talks else completion
        else:
            yield text if messages is None else _last_said(json.loads(messages))


def answer_of(record: Record) -> str | None:
    """The same for one record."""
    return next(answers(batch_of([record])))


def answering(record: Record, text: str) -> Record:
    """The record with another answer in the same place. KeyError when it holds no answer."""
    key = next((key for key in ("completion", "messages", "text") if key in record.payload), "completion")
    said = record.payload[key]
    other = text if isinstance(said, str) else _with_last(list(said), text)
    return replace(record, payload={**record.payload, key: other})


def _last_said(turns: list[Any]) -> str | None:
    at = _last_turn(turns)
    return None if at is None else content_text(turns[at].get("content")) or None


def _with_last(turns: list[Any], text: str) -> list[Any]:
    at = _last_turn(turns)
    if at is None:
        raise KeyError("assistant")
    return [*turns[:at], {**turns[at], "content": text}, *turns[at + 1 :]]


def _last_turn(turns: list[Any]) -> int | None:
    speakers = [turn.get("role") if isinstance(turn, Mapping) else None for turn in turns]
    return len(turns) - 1 - speakers[::-1].index("assistant") if "assistant" in speakers else None
