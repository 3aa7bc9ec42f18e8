"""Which columns make the record: `as: {prompt: question, completion: answer}`, messages, or the fields of a table."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from sterling.generate.columns.graph import Columns, misread
from sterling.generate.columns.references import Reference, said, spelt
from sterling.recipes.problems import Path, Problem
from sterling.records import format_of

Key = Literal["text", "messages", "prompt", "completion", "chosen", "rejected", "fields"]
Turn = Mapping[Literal["system", "user", "assistant"], str]
"""A message: who says it, and the column that holds what is said."""
Shape = Mapping[Key, str | tuple[str | Turn, ...]]
"""A column for each text, a list of turns for each conversation, a list of columns for `fields`."""

_TRAINED: tuple[Key, ...] = ("completion", "text", "messages", "chosen", "fields", "rejected", "prompt")
"""What a trainer learns to say comes first."""


def shape_problems(shape: Shape, columns: Columns) -> Iterator[Problem]:
    """What is wrong with a shape."""
    try:
        format_of(dict.fromkeys(shape))
    except ValueError as error:
        yield Problem(("as",), str(error), "as: {prompt: a_column, completion: another}")
    for key, given in shape.items():
        yield from _problems(key, given, columns)


def columns_in(shape: Shape) -> list[str]:
    """The columns that reach the payload, those that are trained on first."""
    return list(dict.fromkeys(one.column for key in _TRAINED if key in shape for one in _references(shape[key])))


def answers_in(shape: Shape) -> list[str]:
    """The columns that answer what is asked; all of the payload's where nobody asks."""
    answers: dict[Key, str | tuple[str | Turn, ...]] = {
        key: given for key, given in shape.items() if key in {"completion", "chosen"}
    }
    turns = shape.get("messages", ())
    said = [next(iter(turn.values())) for turn in turns if not isinstance(turn, str) and "assistant" in turn]
    return [*columns_in(answers), *(spelt(name).column for name in said)] or columns_in(shape)


def payload_of(shape: Shape, row: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a row."""
    return {key: _filled(key, given, row) for key, given in shape.items()}


def _problems(key: Key, given: str | tuple[str | Turn, ...], columns: Columns) -> Iterator[Problem]:
    path: Path = ("as", key)
    turns = [one for one in given if not isinstance(one, str)] if not isinstance(given, str) else []
    if key == "fields" and (isinstance(given, str) or turns):
        yield Problem(path, "the fields of a table are a list of columns", "fields: [a_column, another]")
    elif key == "messages" and (isinstance(given, str) or len(turns) != len(given)):
        yield Problem(path, "messages are a list of turns", "messages: [{user: question}, {assistant: answer}]")
    elif key not in {"fields", "messages"} and not isinstance(given, str) and len(turns) != len(given):
        yield Problem(
            path, f"`{key}` is a column, or a list of turns", f"{key}: a_column, or {key}: [{{user: column}}]"
        )
    elif not given or any(len(turn) != 1 for turn in turns):
        yield Problem(path, "an entry names one column", "[{user: question}, {assistant: answer}]")
    else:
        yield from misread(columns, _references(given), path)


def _references(given: str | tuple[str | Turn, ...]) -> Iterator[Reference]:
    for one in [given] if isinstance(given, str) else given:
        yield from map(spelt, [one] if isinstance(one, str) else one.values())


def _filled(key: Key, given: str | tuple[str | Turn, ...], row: Mapping[str, Any]) -> Any:
    if isinstance(given, str):
        return said(spelt(given).value(row)).strip()
    if key == "fields":
        return {name.replace(".", "_"): spelt(name).value(row) for name in given if isinstance(name, str)}
    return [
        {"role": role, "content": said(spelt(name).value(row)).strip()}
        for turn in given if not isinstance(turn, str) for role, name in turn.items()
    ]  # fmt: skip
