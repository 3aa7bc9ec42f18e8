"""Evaluation sets as checks read them: every item of files, folders, addresses and the anchor's test role."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from sterling.curate.evaluation_sets.benchmark import Item
from sterling.errors import InputError
from sterling.records import Fault, content_text, texts
from sterling.registry import FitContext
from sterling.sources import Row, files_of, read_by, read_rows

TEST_ROLE = "test"
"""The word that means the anchor's records in role test."""


class EvaluationSets(NamedTuple):
    """Where the items are, and what of each must stay unseen."""

    against: tuple[str, ...]
    """As the recipe writes it."""
    locate: Callable[[str], str]
    """A path of the recipe as the system knows it."""
    columns: tuple[str, ...] | None = None
    """Columns of the files; None means every text in a row."""

    def reads(self) -> Sequence[str]:
        """Every file, addresses fetched: what a cache key must rest on."""
        return [file for path in self._paths() for file in read_by(self.locate(path), "test")]

    def items(self, context: FitContext, unread: list[str]) -> Iterator[Item]:
        """Every item in order; what cannot be read is told in `unread`.

        SourceError for a file that is not there, InputError for one that yields no text.
        """
        if TEST_ROLE in self.against:
            for batch in context.protected():
                yield from _protected(batch)
        local = [path for path in self._paths() if "://" not in path]
        names = Counter(file.name for path in local for file in files_of(self.locate(path), "test"))
        for path in self._paths():
            yield from self._of_path(path, names, unread)

    def _paths(self) -> list[str]:
        return [path for path in self.against if path != TEST_ROLE]

    def _of_path(self, path: str, names: Mapping[str, int], unread: list[str]) -> Iterator[Item]:
        seen: dict[str, None] = {}
        readable = False
        for row in read_rows(self.locate(path), "test"):
            if isinstance(row, Fault):
                unread.append(f"{row.where}: {row.message}")
                continue
            seen.update(dict.fromkeys(row.values))
            item = self._item(row, path, names)
            if item is None:
                unread.append(f"{row.where}: no text")
                continue
            readable = True
            yield item
        if not readable:
            wanted = "text" if self.columns is None else f"text in {', '.join(f'`{c}`' for c in self.columns)}"
            there = f"its columns are {', '.join(f'`{c}`' for c in seen)}" if seen else "look at the file"
            what = f"no row of this evaluation set has {wanted}"
            raise InputError(what, where=self.locate(path), mend=there)

    def _item(self, row: Row, path: str, names: Mapping[str, int]) -> Item | None:
        columns = row.values if self.columns is None else self.columns
        found = tuple(text for column in columns for text in _strings(row.values.get(column)) if text.strip())
        whole = found if self.columns is not None else (max(found, key=len, default=""),)
        file, place = _place(row.where)
        alone = "://" not in path and names[file] == 1
        benchmark = file if alone else _in(path, file)
        return Item(f"{benchmark}{place}", found, whole, benchmark) if found else None


def _place(where: str) -> tuple[str, str]:
    """The file of a row, and `:12` behind it; a document has no number."""
    found = re.fullmatch(r"(.*?)(:\d+)?", where, re.DOTALL)
    return (where, "") if found is None else (found[1], found[2] or "")


def _in(path: str, file: str) -> str:
    """The file as the recipe would name it: below a folder or an address, and in place of a pattern."""
    if path == file or path.endswith(f"/{file}"):
        return path
    root = re.split(r"[^/]*[*?\[]", path, maxsplit=1)[0] if "://" not in path else path
    return f"{root.rstrip('/')}/{file}" if root else file


def wholes(batch: pa.RecordBatch) -> list[tuple[str, ...]]:
    """For each record the parts that may be an evaluation item as they are: its prompt, and what a user says."""
    talks, prompts, messages = (batch.column(c).to_pylist() for c in ("conversational", "prompt", "messages"))
    return [
        (*(_said(prompt) if talk else [prompt] if prompt else []), *_said(talked))
        for talk, prompt, talked in zip(talks, prompts, messages, strict=True)
    ]


def _protected(batch: pa.RecordBatch) -> Iterator[Item]:
    sources, places = batch.column("source").to_pylist(), batch.column("row").to_pylist()
    for source, place, text, parts in zip(sources, places, texts(batch), wholes(batch), strict=True):
        yield Item(f"{source}:{place}", (text,), (text, *parts), source)


def _said(messages: str | None) -> list[str]:
    said = [] if messages is None else json.loads(messages)
    return [content_text(message.get("content")) for message in said if message.get("role") != "assistant"]


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
