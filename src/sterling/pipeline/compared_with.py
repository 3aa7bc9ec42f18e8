"""What a set check compares with beside the run: the files of its `against` as shards of records."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pyarrow as pa

from sterling.engine.apply import Earlier
from sterling.engine.fingerprint import fingerprint
from sterling.engine.produce import chunks
from sterling.engine.shards import Shard
from sterling.errors import InputError
from sterling.records import Fault, Record, batch_of, canonical_json, digest
from sterling.records.files import write_json, write_parquet
from sterling.registry import Part, SetCheck
from sterling.sources import Files, files_of
from sterling.sources.remote import fetched

_FIRST = 1 << 30
"""Number of the first such shard: far above those of a run."""
_ROWS = 10_000
"""Records of one."""


class _Place(NamedTuple):
    """One file of earlier data."""

    shown: str
    """As a verdict names it: from where the recipe names the folder or the pattern."""
    path: str


def against_files(part: Part) -> list[str]:
    """Local files behind the `against` of a set check; none for any other part. SourceError for one that is not there.

    Addresses are left out: what they hold decides the outcome all the same, so name a revision.
    """
    return [place.path for place in _places(part) if "://" not in place.path]


def compared_with(part: Part, run: Path) -> Earlier:
    """Every record of a set check's `against`, read once for a run. InputError where there is not one record."""
    if not isinstance(part, SetCheck) or not part.against:
        return Earlier()
    folder = run / "exchange" / f"against-{_address(part)}"
    if not (folder / "done.json").exists():
        write_json(folder / "done.json", _write(part, folder))
    told = json.loads((folder / "done.json").read_bytes())
    shards = [Shard(_FIRST + n, _shard(folder, n)) for n in range(told["shards"])]
    return Earlier(shards, told["records"], told["unread"])


def _address(part: SetCheck) -> str:
    shown = [place.shown for place in _places(part)]
    return digest(canonical_json([shown, fingerprint(against_files(part))]))[:12]


def _write(part: SetCheck, folder: Path) -> dict[str, int]:
    records, unread, shards = 0, 0, 0
    for number, chunk in chunks(chain.from_iterable(map(_records, _places(part))), _ROWS):
        good = [record for record in chunk if isinstance(record, Record)]
        write_parquet(_shard(folder, number), pa.Table.from_batches([batch_of(good)]))
        records, unread, shards = records + len(good), unread + len(chunk) - len(good), number + 1
    if not records:
        mend = "name files with rows that a recipe's source could read: a release folder, JSONL, Parquet"
        raise InputError("there is no record in it to compare with", where=_named(part), mend=mend)
    return {"records": records, "unread": unread, "shards": shards}


def _shard(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:05d}.parquet"


def _records(place: _Place) -> Iterator[Record | Fault]:
    """The records of a file under the ids that its rows have, if any; `source` and `row` together say where each is."""
    path = fetched(place.path) if "://" in place.path else place.path
    for item in Files(name="against", path=path, max_bad_share=1).read():
        if isinstance(item, Fault):
            yield item
            continue
        line = item.row.removeprefix(Path(path).name)
        try:
            made = Record.real(item.payload, source=place.shown, row=line, origin="unknown", reference=item.reference)
        except ValueError as error:
            yield Fault(f"{place.shown}{line}", "source", "bad_row", str(error)[:500])
        else:
            yield made if item.given_id is None else replace(made, id=item.given_id)


def _places(part: Part) -> list[_Place]:
    if not isinstance(part, SetCheck):
        return []
    named = [part.against] if isinstance(part.against, str) else part.against
    return [place for path in named for place in _behind(path, part.locate(path))]


def _behind(named: str, located: str) -> Iterator[_Place]:
    """A single file is shown as it was named, one of several by its place below what they have in common."""
    rows = _rows_of(located)
    root = PurePosixPath(_common(named), *(["data"] if rows != located else []))
    for file in files_of(rows):
        yield _Place(named if Path(located).is_file() else str(root / file.name), file.path)


def _common(named: str) -> str:
    """Of a pattern the folders before its first wild character; of a folder all of it."""
    fixed, *wild = re.split(r"[*?\[]", named, maxsplit=1)
    return fixed.rpartition("/")[0] if wild else named


def _rows_of(located: str) -> str:
    """Of a release the folder with its rows: every configuration, and nothing that was rejected."""
    release = Path(located)
    whole = "://" not in located and (release / "provenance").is_dir() and (release / "data").is_dir()
    return str(release / "data") if whole else located


def _named(part: SetCheck) -> str:
    return part.against if isinstance(part.against, str) else ", ".join(part.against)
