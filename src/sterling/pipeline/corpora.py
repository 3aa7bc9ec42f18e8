"""Texts of any files, streamed: what commands without a recipe look at."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from sterling.records import Record, batch_of, texts
from sterling.registry import Item
from sterling.sources import Files

_BATCH = 1000


def corpus_texts(path: str) -> Iterator[str]:
    """The text of each row that is a record, in order; rows that are none are left out.

    SourceError for what cannot be read at all. `path`: a file, folder, pattern or address that `sterling check` takes.
    """
    place = path if "://" in path else str(Path(path).absolute())
    items = Files(name="input", path=place, max_bad_share=1).read()
    records = _records(item for item in items if isinstance(item, Item))
    while block := list(islice(records, _BATCH)):
        yield from (text for text in texts(batch_of(block)) if text.strip())


def _records(items: Iterable[Item]) -> Iterator[Record]:
    for item in items:
        try:
            yield Record.real(item.payload, source="input", row=item.row, origin="unknown")
        except ValueError:
            continue
