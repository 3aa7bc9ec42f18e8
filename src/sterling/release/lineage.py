"""What a release holds so that a next generation can continue it: which real records there were, and what was written.

    provenance/anchor-*.parquet       a row for each anchor record that any generation so far has read; no payload
    provenance/synthetic-*.parquet    the synthetic records that go on, whole, with who verified them
    provenance/run.json               `generation`, `continues`, and `files`: SHA-256 sums of these and of the rest

The synthetic records are there a second time beside `data/`, because trainer columns cannot be read back exactly: they
share one type for a column, and what a record's id was made from is not among them.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from sterling.records import SCHEMA
from sterling.release.parts import write_parts

ANCHOR = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("content", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("row", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("first", pa.int32(), nullable=False),
        pa.field("times", pa.int64(), nullable=False),
        pa.field("last", pa.bool_(), nullable=False),
        pa.field("here", pa.bool_(), nullable=False),
    ]
)
"""One anchor record a row. `content` is the digest of its payload; `first` the generation that first read it; `times`
how many mixes of the chain held it, `last` whether this release's did; `here` whether this generation read it. Digests
are plain ones: whoever can guess a short payload can confirm that it was there."""

VERIFIED = pa.list_(pa.struct([("check", pa.string()), ("family", pa.string())]))
ANCESTRY = pa.schema(
    [
        pa.field("generation", pa.int32(), nullable=False),
        pa.field("release", pa.string(), nullable=False),
        pa.field("roots", pa.list_(pa.string()), nullable=False),
        pa.field("verified", VERIFIED, nullable=False),
    ]
)
"""Of a synthetic record: the generation that wrote it and the release it first left in; the ids of the records outside
its own generation's work that it descends from; each check whose keep verified it, with that check's family."""
CARRIED = pa.schema([*SCHEMA, *ANCESTRY])
"""One synthetic record a row, as a next generation reads it. `reference` is null unless the release has that column."""

_NOT_SUMMED = frozenset({"README.md", "report.html", "provenance/run.json"})
"""What a person may edit or look at, and the file that holds the sums."""


class Lineage(NamedTuple):
    """Streams of what goes on."""

    anchors: Callable[[], Iterator[pa.RecordBatch]]
    """Batches of `ANCHOR`."""
    carried: Callable[[], Iterator[pa.RecordBatch]]
    """Batches of `CARRIED`, those of one generation together."""


def write_lineage(folder: Path, lineage: Lineage, *, reference: bool) -> None:
    """Fill `provenance/` of a release that is being written."""
    place = folder / "provenance"
    place.mkdir(exist_ok=True)
    write_parts(place, "anchor", ANCHOR, lineage.anchors())
    carried = lineage.carried()
    write_parts(place, "synthetic", CARRIED, carried if reference else map(_without_reference, carried))


def sums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a release by its place, but of those that a person may edit."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    named = ((path.relative_to(folder).as_posix(), path) for path in files)
    return {name: _sum(path) for name, path in named if name not in _NOT_SUMMED}


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _without_reference(batch: pa.RecordBatch) -> pa.RecordBatch:
    at = CARRIED.get_field_index("reference")
    return batch.set_column(at, CARRIED.field(at), pa.nulls(batch.num_rows, pa.string()))
