"""Files of mixing ratios, as other tools write and read them.

olmix (AllenAI) keeps one mixture a line: a CSV with a column `run` or `run_id`, an optional `name`, and a column for
each domain, whose cells sum to 1. What it proposes is JSON: a list of objects with `domain` and `weight`. A plain JSON
object from domain to weight, which DoReMi's implementations write, is read as well.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from sterling.errors import InputError
from sterling.mix.limits import exact

RATIOS_COLUMNS = ("run", "run_id", "name")
"""Columns of a CSV that are no domains."""
_OFF = 0.01
"""By how much ratios may miss 1: tools round them."""
_MOST_BYTES = 2 << 20
_MEND = "a CSV with a column `run` and one for each domain, or JSON of domain and weight"


def read_ratios(place: str) -> Mapping[str, Fraction]:
    """Shares by domain that sum to exactly 1, from a file; `FILE#run` picks one of several rows.

    InputError with file, line and mend for what is not there, no such file, or no mixture.
    """
    named, _, run = place.partition("#")
    path = Path(named)
    text = _text(path)
    start = text.lstrip()[:1]
    shares = _from_json(path, text) if start in {"[", "{"} else _from_csv(path, text, run or None)
    return _whole(path, shares)


def place_of_domain(place: str, domain: str) -> str:
    """Where a file of ratios names a domain: `FILE:LINE, column N`; the file alone where it is not found."""
    path = Path(place.partition("#")[0])
    word = re.compile(rf'(?<![^,"\s]){re.escape(domain)}(?![^,"\s])')
    for number, line in enumerate(_text(path).splitlines(), 1):
        if found := word.search(line):
            return f"{path}:{number}, column {found.start() + 1}"
    return str(path)


def ratios_csv(run: str, shares: Mapping[str, float]) -> str:
    """A mixture as a file with one row that `read_ratios` and olmix read. Domains in the order of their names."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["run", *sorted(shares)])
    writer.writerow([run, *(repr(shares[name]) for name in sorted(shares))])
    return file.getvalue()


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError("there is no such file of ratios", where=path, mend=f"name {_MEND}") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path, mend=f"name {_MEND}") from None
    if len(data) > _MOST_BYTES:
        raise InputError("over 2 MiB is no file of ratios", where=path, mend=f"name {_MEND}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("this is not UTF-8 text", where=f"{path}:{line}", mend=f"name {_MEND}") from None


def _from_csv(path: Path, text: str, run: str | None) -> Mapping[str, Fraction]:
    rows = [(line, row) for line, row in _lines(path, text) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        what = "the file is empty" if not rows else "there is a line of names and no mixture below it"
        raise InputError(what, where=path, mend=f"name {_MEND}")
    head = [name.strip() for name in rows[0][1]]
    if not set(head) - set(RATIOS_COLUMNS):
        raise InputError("no column is a domain", where=f"{path}:{rows[0][0]}", mend=f"name {_MEND}")
    if twice := {name for name in head if head.count(name) > 1}:
        what = f"two columns are called `{min(twice)}`"
        raise InputError(what, where=f"{path}:{rows[0][0]}", mend="give each domain one column")
    line, row = _picked(path, head, rows[1:], run)
    if len(row) != len(head):
        what = f"{len(row)} cells under {len(head)} columns"
        raise InputError(what, where=f"{path}:{line}", mend="give every domain a ratio, 0 where there is none")
    cells = zip(head, row, strict=True)
    return {name: _number(f"{path}:{line}", name, cell) for name, cell in cells if name not in RATIOS_COLUMNS}


def _lines(path: Path, text: str) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"no CSV: {error}", where=f"{path}:{reader.line_num}", mend=f"name {_MEND}") from None


def _picked(
    path: Path, head: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], run: str | None
) -> tuple[int, Sequence[str]]:
    """The one row, or the one whose `run` (or `run_id`, or `name`) was asked for."""
    keys = [number for number, name in enumerate(head) if name in RATIOS_COLUMNS]
    known = [[row[key].strip() for key in keys if key < len(row)] for _, row in rows]
    if run is not None:
        found = [row for row, names in zip(rows, known, strict=True) if run in names]
        if len(found) != 1:
            what = f"{len(found) or 'no'} rows are called `{run}`"
            raise InputError(what, where=path, mend=f"rows: {', '.join(name for names in known for name in names[:1])}")
        return found[0]
    if len(rows) > 1:
        names = ", ".join(name for row in known[:10] for name in row[:1])
        mend = f"say which: `ratios: {path.name}#run`" + (f"; rows: {names}" if names else "")
        raise InputError(f"{len(rows)} mixtures are in it, and only one can be followed", where=path, mend=mend)
    return rows[0]


def _from_json(path: Path, text: str) -> Mapping[str, Fraction]:
    try:
        said = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise InputError("this is no JSON", where=f"{path}:{line}", mend=f"name {_MEND}") from None
    if isinstance(said, list) and all(isinstance(one, dict) and {"domain", "weight"} <= one.keys() for one in said):
        pairs = [(str(one["domain"]), one["weight"]) for one in said]
    elif isinstance(said, dict):
        pairs = list(said.items())
    else:
        what = "neither a list of objects with `domain` and `weight`, nor an object from domain to weight"
        raise InputError(what, where=path, mend=f"name {_MEND}")
    if len(dict(pairs)) < len(pairs):
        raise InputError("a domain is named twice", where=path, mend="give each domain one weight")
    return {name: _number(str(path), name, value) for name, value in pairs}


def _number(where: str, name: str, value: Any) -> Fraction:
    mend = "give shares from 0 to 1 that sum to 1"
    try:
        share = float(str(value).strip())
    except ValueError:
        raise InputError(f"`{value}` under `{name}` is no number", where=where, mend=mend) from None
    if not 0 <= share <= 1 + _OFF:
        raise InputError(f"`{value}` under `{name}` is no share", where=where, mend=mend)
    return exact(share)


def _whole(path: Path, shares: Mapping[str, Fraction]) -> Mapping[str, Fraction]:
    """Divided by their sum, which rounding may have moved off 1. A domain with a share of 0 stays, and stays out."""
    total = sum(shares.values(), Fraction(0))
    if abs(total - 1) > _OFF:
        what = f"the ratios sum to {float(total):g}, not 1"
        raise InputError(what, where=path, mend="give shares from 0 to 1 that sum to 1")
    return {name: share / total for name, share in shares.items()}
