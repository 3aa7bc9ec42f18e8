"""Parquet and Arrow files, one batch of rows in memory at a time."""

import io
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.sources.layout import DataFile
from sterling.sources.row import Row, fault
from sterling.sources.streams import Cut, open_bytes, shown

_BATCH = 512
"""Rows; few, because one of them may be megabytes."""


def parquet_rows(file: DataFile) -> Iterator[Row | Fault]:
    """Rows in file order, `where` counting from 1. SourceError when the file is no whole Parquet file."""
    with _seekable(file) as data:
        try:
            batches = pq.ParquetFile(data).iter_batches(batch_size=_BATCH)
        except (pa.ArrowException, OSError) as error:
            raise _broken(file, "Parquet", error) from error
        yield from _rows(batches, file, "Parquet")


def arrow_rows(file: DataFile) -> Iterator[Row | Fault]:
    """Rows of an Arrow file or stream, as `Dataset.save_to_disk` writes it."""
    with _seekable(file) as data:
        try:
            batches = _arrow_batches(data)
        except (pa.ArrowException, OSError) as error:
            raise _broken(file, "Arrow", error) from error
        yield from _rows(batches, file, "Arrow")


def _arrow_batches(data: io.BufferedIOBase) -> Iterator[pa.RecordBatch]:
    is_file = data.read(6) == b"ARROW1"
    data.seek(0)
    if not is_file:
        return iter(pa.ipc.open_stream(data))
    reader = pa.ipc.open_file(data)
    return (reader.get_batch(i) for i in range(reader.num_record_batches))


def _rows(batches: Iterator[pa.RecordBatch], file: DataFile, kind: str) -> Iterator[Row | Fault]:
    number = 0
    while True:
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError) as error:
            raise _broken(file, kind, error, after=number) from error
        if batch is None:
            return
        for start in range(0, batch.num_rows, _BATCH):
            for values in _values(batch.slice(start, _BATCH)):
                number += 1
                yield _row(values, f"{file.name}:{number}")


def _values(batch: pa.RecordBatch) -> list[dict[str, Any] | ValueError | OverflowError]:
    """Rows of a batch, or why one cannot be: Arrow looks at neither UTF-8 nor the range of dates when it reads."""
    try:
        return list(batch.to_pylist())
    except (ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            return [error]
        return [value for i in range(batch.num_rows) for value in _values(batch.slice(i, 1))]


def _row(values: dict[str, Any] | ValueError | OverflowError, where: str) -> Row | Fault:
    if isinstance(values, UnicodeDecodeError):
        return fault(where, "invalid_utf8", "a string is not UTF-8")
    if isinstance(values, ValueError | OverflowError):
        return fault(where, "wrong_type", f"a value is beyond what Python holds: {str(values)[:100]}")
    return Row(values, where)


def _seekable(file: DataFile) -> io.BufferedIOBase:
    """The file's bytes; decompressed to a nameless temporary file where needed: Parquet is read from its end."""
    if file.codec is None:
        return open_bytes(file.path, None)
    whole = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller, who closes it
    try:
        with open_bytes(file.path, file.codec) as stream:
            shutil.copyfileobj(stream, whole)
    except Cut as cut:
        whole.close()
        raise _broken(file, file.codec, cut) from cut
    whole.seek(0)
    return whole


def _broken(file: DataFile, kind: str, error: Exception, after: int | None = None) -> SourceError:
    reason = str(error).strip().partition("\n")[0]
    far = "" if after is None else f" beyond row {after}"
    return SourceError(
        f"the {kind} file cannot be read{far}: {reason}",
        where=shown(file.path), mend="it is cut off or broken; fetch or write it again",
    )  # fmt: skip
