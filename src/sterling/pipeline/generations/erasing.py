"""Erasures: real records that had to go, each with a reason and the name of who answers for it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sterling.errors import InputError

_SHAPE = '{"id": "<the record\'s id>", "because": "<why>", "by": "<a person>"}, or `content` with its digest for `id`'
_DIGITS = frozenset("0123456789abcdef")


class Erasures(NamedTuple):
    """What a file of erasures names."""

    ids: frozenset[str] = frozenset()
    contents: frozenset[str] = frozenset()
    """Digests of payloads."""
    by: tuple[str, ...] = ()
    """Who answers for them, each name once."""

    @property
    def named(self) -> frozenset[str]:
        """Every id and digest in it."""
        return self.ids | self.contents


def read_erasures(path: Path | None) -> Erasures:
    """The rows of a JSONL file. InputError with file and line for the first that does not say who, why or which."""
    if path is None:
        return Erasures()
    rows = list(_rows(path))
    return Erasures(
        frozenset(row["id"] for row in rows if "id" in row),
        frozenset(row["content"] for row in rows if "content" in row),
        tuple(sorted({row["by"] for row in rows})),
    )


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("there is no such file", where=path, mend="correct `erasures:`, or leave it out") from None
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise InputError(f"it is no JSONL file: {error}", where=path, mend=f"one row a line: {_SHAPE}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _row(line, f"{path}:{number}")


def _row(line: str, where: str) -> Mapping[str, str]:
    try:
        row: Any = json.loads(line)
    except ValueError as error:
        raise InputError(f"this line is no JSON: {error}", where=where, mend=f"write {_SHAPE}") from None
    if not isinstance(row, dict) or (wrong := _wrong(row)):
        what = wrong if isinstance(row, dict) else "a row is an object"
        raise InputError(what, where=where, mend=f"write {_SHAPE}")
    return row


def _wrong(row: Mapping[str, Any]) -> str:
    """What is missing or misspelt, in words; nothing if the row is right."""
    if strange := sorted(set(row) - {"id", "content", "because", "by"}):
        return f"an erasure has no key `{strange[0]}`"
    for key in ("because", "by"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            return f"`{key}` is missing"
    named = [key for key in ("id", "content") if key in row]
    if len(named) != 1:
        return "a row names one record, by `id` or by `content`" if named else "`id` is missing (or `content`)"
    value = row[named[0]]
    if not isinstance(value, str) or len(value) != 32 or not _DIGITS.issuperset(value):
        return f"`{named[0]}` is no digest of 32 hexadecimal digits, as provenance/anchor-*.parquet has it"
    return ""
