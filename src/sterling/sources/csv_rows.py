"""CSV and TSV (RFC 4180: quotes doubled inside quotes, cells may span lines), with a header line."""

import csv
import io
from collections.abc import Iterator

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.sources.layout import DataFile
from sterling.sources.row import Row, fault
from sterling.sources.streams import MAX_LINE, lines, shown


class _Feed:
    """Lines as text for the `csv` module, which learns nothing of bad ones: they are noted here, by reason."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._lines = lines(stream)
        self.number = 0
        self._trouble: tuple[str, str] | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        if line is None:
            self._trouble = "line_too_long", f"line {self.number} is longer than {MAX_LINE >> 20} MiB"
            return "\n"
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            self._trouble = "invalid_utf8", f"byte {error.start + 1} of line {self.number} is not UTF-8"
            return line.decode(errors="replace")

    def trouble(self) -> tuple[str, str] | None:
        """Reason and message for the lines read since the last call."""
        trouble, self._trouble = self._trouble, None
        return trouble


def csv_rows(stream: io.BufferedReader, file: DataFile) -> Iterator[Row | Fault]:
    """A row or a fault for each record after the header; every value is a string. `where` is its first line.

    SourceError when the header is broken or names a column twice.
    """
    csv.field_size_limit(MAX_LINE)  # process-wide: the module has no other way, and its default refuses long texts
    feed = _Feed(stream)
    reader = csv.reader(feed, delimiter="\t" if file.kind == "tsv" else ",", strict=True)
    header = _header(reader, feed, file)
    while True:
        where = f"{file.name}:{feed.number + 1}"
        try:
            row = _row(header, next(reader), feed.trouble(), where)
        except StopIteration:
            return
        except csv.Error as error:
            row = _broken(error, feed, where)
        if row is not None:
            yield row


def _header(reader: Iterator[list[str]], feed: _Feed, file: DataFile) -> list[str]:
    where, mend = f"{shown(file.path)}:1", "the first line names each column once, in UTF-8"
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise SourceError(f"the header cannot be read: {error}", where=where, mend=mend) from error
    if trouble := feed.trouble():
        raise SourceError(f"the header cannot be read: {trouble[1]}", where=where, mend=mend)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise SourceError(f"two columns are called `{twice[0]}`", where=where, mend=mend)
    return header


def _row(header: list[str], cells: list[str], trouble: tuple[str, str] | None, where: str) -> Row | Fault | None:
    if trouble is not None:
        return fault(where, *trouble)
    if not cells:
        return None
    if len(cells) != len(header):
        return fault(where, "wrong_cells", f"{len(cells)} cells where the header names {len(header)}")
    return Row(dict(zip(header, cells, strict=True)), where)


def _broken(error: csv.Error, feed: _Feed, where: str) -> Fault:
    trouble = feed.trouble()
    if trouble is not None:
        return fault(where, *trouble)
    what = "a quote is never closed" if "unexpected end" in str(error) else str(error)
    return fault(where, "bad_csv", f"{what}; the row is lost up to line {feed.number}")
