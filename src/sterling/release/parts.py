"""Streams of batches into numbered Parquet files of bounded size, holding one row group in memory."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from sterling.errors import StorageError
from sterling.records.files import write_atomically

GROUP_ROWS = 50_000
GROUP_BYTES = 32 * 2**20
"""A row group is closed at this many rows or bytes in memory, whichever comes first."""
FILE_ROWS = 500_000
FILE_BYTES = 256 * 2**20
"""A file is closed at this many rows or bytes on disk; the last row group may carry it a little over."""


def write_parts(folder: Path, stem: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write `<stem>-00000-of-0000N.parquet`, ...; at least one file, even for no rows. Returns the number of rows."""
    groups = _row_groups(schema, _readable(batches))
    paths: list[Path] = []
    rows = 0
    for head in chain([next(groups, schema.empty_table())], groups):
        paths.append(folder / f"{stem}-{len(paths):05d}.parquet")
        rows += _write_file(paths[-1], schema, chain([head], groups))
    for number, path in enumerate(paths):
        path.rename(folder / f"{stem}-{number:05d}-of-{len(paths):05d}.parquet")
    return rows


def _write_file(path: Path, schema: pa.Schema, groups: Iterable[pa.Table]) -> int:
    rows = 0

    def write(file: IO[bytes]) -> None:
        nonlocal rows
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for group in groups:
                writer.write_table(group, row_group_size=GROUP_ROWS)
                rows += group.num_rows
                if rows >= FILE_ROWS or file.tell() >= FILE_BYTES:
                    break

    write_atomically(path, write)
    return rows


def _row_groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in _slices(batches):
        if waiting and (rows + batch.num_rows > GROUP_ROWS or size + batch.nbytes > GROUP_BYTES):
            yield pa.Table.from_batches(waiting, schema)
            waiting, rows, size = [], 0, 0
        waiting.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
    if waiting:
        yield pa.Table.from_batches(waiting, schema)


def _slices(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, GROUP_ROWS):
            yield batch.slice(start, GROUP_ROWS)


def _readable(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches. A failure to read them must not look like a failure to write the file they go into."""
    try:
        yield from batches
    except OSError as error:
        raise StorageError(
            f"records of the run cannot be read back: {error}\n  mend: run again; missing steps are done anew"
        ) from error
