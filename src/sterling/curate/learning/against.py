"""What records are held against: the human part of the anchor in role train, or the rows of files."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sterling.records import Fault, Record, batch_of
from sterling.registry import FitContext, Part
from sterling.sources import Files, read_by

TRAIN = "train"
"""The word that means the anchor."""
_ROWS = 1_000


class Reference(NamedTuple):
    """The texts that are taken for what people write."""

    part: Part
    against: str | Sequence[str]
    """Files, folders, patterns, and `TRAIN`."""

    def names(self) -> list[str]:
        """What was named, as a list."""
        return [self.against] if isinstance(self.against, str) else list(self.against)

    def paths(self) -> list[str]:
        """The files among them, as the system knows them."""
        return [self.part.locate(name) for name in self.names() if name != TRAIN]

    def reads(self) -> list[str]:
        """Every file that will be read."""
        return [file for path in self.paths() for file in read_by(path)]

    def batches(self, context: FitContext, unread: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Human records of role train, then every row of the files; SourceError for a file that cannot be read.

        `unread` gets one line for each row that is no record. Records of unknown origin in the anchor are left out:
        nobody attests that people wrote them. Who names a file attests it by naming it.
        """
        if TRAIN in self.names():
            for batch in context.anchor():
                yield batch.filter(pc.equal(batch.column("origin"), "human"))
        for path in self.paths():
            records = _records(path, [] if unread is None else unread)
            while rows := list(islice(records, _ROWS)):
                yield batch_of(rows)


def _records(path: str, unread: list[str]) -> Iterator[Record]:
    for item in Files(name="against", path=path, max_bad_share=1).read():
        if isinstance(item, Fault):
            unread.append(f"{item.where}: {item.message}")
        else:
            yield Record.real(item.payload, source="against", row=item.row, origin="human")
