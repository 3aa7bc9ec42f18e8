"""Rows out of files, streamed: `read_rows` gives each row, or the fault that says what became of it.

One bad row costs that row. What makes a whole file unreadable is a `SourceError`.
"""

import io
from collections.abc import Callable, Iterator

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.sources.arrow_rows import arrow_rows, parquet_rows
from sterling.sources.csv_rows import csv_rows
from sterling.sources.json_rows import json_rows, jsonl_rows
from sterling.sources.layout import DataFile, Kind, Split
from sterling.sources.places import files_of
from sterling.sources.remote import fetched
from sterling.sources.row import Row, fault
from sterling.sources.streams import MAX_LINE, Cut, open_text, shown


def read_rows(path: str, split: Split = "train") -> Iterator[Row | Fault]:
    """Every row behind a file, folder, pattern or address, in a stable order, lazily; see `files_of` for which files.

    `Row.where` counts lines for JSONL, CSV and TSV, and rows for JSON, Parquet and Arrow, both from 1; a document has
    its name alone. SourceError when a file is missing, unreadable, empty or broken, or when there is no row at all.
    """
    files = files_of(path, split)
    nothing = True
    for file in files:
        for row in _of_file(file, alone=len(files) == 1):
            nothing = False
            yield row
    if nothing:
        raise SourceError("there is not one row in it", where=shown(path), mend="name a file that has rows")


def _of_file(file: DataFile, *, alone: bool) -> Iterator[Row | Fault]:
    path = file.path
    if "://" in path:
        path = fetched(path)
    try:
        yield from _local(file._replace(path=path), alone=alone)
    except OSError as error:
        raise SourceError(
            f"the file cannot be read: {error.strerror or error}", where=shown(path), mend="make it readable for you"
        ) from error


def _local(file: DataFile, *, alone: bool) -> Iterator[Row | Fault]:
    if file.kind == "parquet":
        yield from parquet_rows(file)
    elif file.kind == "arrow":
        yield from arrow_rows(file)
    else:
        yield from _of_text(file, alone=alone)


def _of_text(file: DataFile, *, alone: bool) -> Iterator[Row | Fault]:
    readable = False
    try:
        with open_text(file.path, file.codec) as stream:
            readable = bool(stream.peek(1))
            if readable:
                yield from _TEXT_READERS[file.kind](stream, file)
            elif alone:
                raise SourceError("the file is empty", where=shown(file.path), mend="name a file that has rows")
            else:
                yield fault(file.name, "empty_file", "the file has no bytes")
    except Cut as cut:
        if not readable:
            raise SourceError(
                f"the file is no {file.codec} file: {cut}", where=shown(file.path), mend="fetch or compress it again"
            ) from cut
        yield fault(file.name, "truncated", f"the {file.codec} file is cut off or broken: {cut}; rows before it stand")


def _document(stream: io.BufferedReader, file: DataFile) -> Iterator[Row | Fault]:
    data = stream.read(MAX_LINE + 1)
    if len(data) > MAX_LINE:
        yield fault(file.name, "text_too_long", f"the document is longer than {MAX_LINE >> 20} MiB")
        return
    try:
        yield Row({"text": data.decode()}, file.name)
    except UnicodeDecodeError as error:
        yield fault(file.name, "invalid_utf8", f"byte {error.start + 1} is not UTF-8")


_TEXT_READERS: dict[Kind, Callable[[io.BufferedReader, DataFile], Iterator[Row | Fault]]] = {
    "jsonl": jsonl_rows, "json": json_rows, "csv": csv_rows, "tsv": csv_rows, "text": _document,
}  # fmt: skip
