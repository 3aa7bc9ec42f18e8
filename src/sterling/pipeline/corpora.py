"""Texts of any files, streamed: what commands without a recipe look at."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sterling.collapse.samples import CHUNK_TOKENS
from sterling.records import Fault, format_of, payload_text
from sterling.registry import Item
from sterling.sources import Files
from sterling.text import count_tokens


class Document(NamedTuple):
    """A text, and where it stands."""

    name: str
    """The user's own id, or file and line."""
    text: str


@dataclass(slots=True)
class LeftOut:
    """Rows that are no record, or have no text."""

    rows: int = 0
    first: str = ""
    """Where the first of them stands, and why it is none."""

    def add(self, row: Item | Fault) -> None:
        """One more."""
        self.rows += 1
        if not self.first:
            self.first = f"{row.where}: {row.message}" if isinstance(row, Fault) else f"{row.row}: no text in it"


_BLANK = re.compile(r"\n\s*\n")
_PART = 200
"""Tokens of a part, about."""


@dataclass(slots=True)
class Cuts:
    """Documents that were longer than a stretch: one alone would be all that there is to compare."""

    documents: int = 0
    parts: int = 0

    def notes(self) -> tuple[str, ...]:
        """One, or none."""
        if not self.documents:
            return ()
        long = f"documents of more than {CHUNK_TOKENS:,} tokens: {self.documents:,}"
        return (f"{long}, cut at line ends into {self.parts:,} of about {_PART}; one document a row would be better",)


def corpus(path: str, left_out: LeftOut | None = None, cuts: Cuts | None = None) -> Iterator[Document]:
    """The text of each row that is a record, in order; the other rows are counted in `left_out`.

    A document of more than 10,000 tokens comes in parts of about 200, which is counted in `cuts`: cut at blank lines
    and line ends, and within a line only where that is longer than a part.
    SourceError for what cannot be read at all. `path`: a file, folder, pattern or address that `sterling check` takes.
    """
    place = path if "://" in path else str(Path(path).absolute())
    for item in Files(name="input", path=place, max_bad_share=1).read():
        if isinstance(item, Item) and (text := _text(item)).strip():
            yield from _parts(Document(item.row if item.given_id is None else item.given_id, text), cuts)
        elif left_out is not None:
            left_out.add(item)


def corpus_texts(path: str, cuts: Cuts | None = None) -> Iterator[str]:
    """The same without their names."""
    return (document.text for document in corpus(path, cuts=cuts))


def _parts(document: Document, cuts: Cuts | None) -> Iterator[Document]:
    """The document; or its parts, numbered, where it is too long."""
    if count_tokens(document.text) <= CHUNK_TOKENS:
        yield document
        return
    number = 0
    for number, text in enumerate(_joined(_blocks(document.text)), 1):
        yield Document(f"{document.name}, part {number}", text)
    if cuts is not None:
        cuts.documents, cuts.parts = cuts.documents + 1, cuts.parts + number


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs; lines of those that are longer than a part; words of lines that are longer than that."""
    for paragraph in _BLANK.split(text):
        if count_tokens(paragraph) <= _PART:
            yield paragraph
            continue
        for line in paragraph.splitlines():
            words = line.split() if count_tokens(line) > _PART else [line]
            yield from (" ".join(words[at : at + _PART]) for at in range(0, len(words), _PART))


def _joined(blocks: Iterable[str]) -> Iterator[str]:
    """Blocks in a row until they are a part."""
    held: list[str] = []
    tokens = 0
    for block in blocks:
        held.append(block)
        tokens += count_tokens(block)
        if tokens >= _PART:
            yield "\n".join(held)
            held, tokens = [], 0
    if tokens:
        yield "\n".join(held)


def _text(item: Item) -> str:
    """Empty where the columns are no dataset type."""
    try:
        format_of(item.payload)
    except ValueError:
        return ""
    return payload_text(item.payload)
