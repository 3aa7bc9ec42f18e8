"""Texts of any files, streamed: what commands without a recipe look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sterling.records import Fault, format_of, payload_text
from sterling.registry import Item
from sterling.sources import Files


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


def corpus(path: str, left_out: LeftOut | None = None) -> Iterator[Document]:
    """The text of each row that is a record, in order; the other rows are counted in `left_out`.

    SourceError for what cannot be read at all. `path`: a file, folder, pattern or address that `sterling check` takes.
    """
    place = path if "://" in path else str(Path(path).absolute())
    for item in Files(name="input", path=place, max_bad_share=1).read():
        if isinstance(item, Item) and (text := _text(item)).strip():
            yield Document(item.row if item.given_id is None else item.given_id, text)
        elif left_out is not None:
            left_out.add(item)


def corpus_texts(path: str) -> Iterator[str]:
    """The same without their names."""
    return (document.text for document in corpus(path))


def _text(item: Item) -> str:
    """Empty where the columns are no dataset type."""
    try:
        format_of(item.payload)
    except ValueError:
        return ""
    return payload_text(item.payload)
