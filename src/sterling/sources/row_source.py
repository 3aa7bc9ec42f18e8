"""What every source that reads rows of files has in common: path, column mapping, ids, groups and tags."""

import difflib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, ClassVar, NamedTuple

from pydantic import field_validator

from sterling.records import Fault, Origin
from sterling.registry import Item, Source
from sterling.sources.columns import Wanted, items
from sterling.sources.places import read_by
from sterling.sources.remote import revision_of
from sterling.sources.row import Row
from sterling.sources.rows import read_rows
from sterling.sources.values import MISSING, BadRow, dig, scalar


class Draft(NamedTuple):
    """What a source makes of a row, before it has a place and a group."""

    payload: Mapping[str, Any]
    reference: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    origin: Origin | None = None
    part: str = ""
    """Tells several drafts of one row apart: `#3`."""


class RowSource(Source):
    """Rows of files, through a mapping of columns. Nested values are reached by dotted paths (`meta.topic`).

    Further names that every such source maps: `id` (becomes the record's row; a second row with an id is a fault) and
    `tag.<name>` (becomes the tag `<name>:<value>`; a list gives several). A null there means none.
    """

    path: str
    """File, folder, pattern (`data/*.jsonl`) or address (`hf://datasets/org/name`)."""
    columns: Mapping[str, str] = {}
    """Our names to the user's columns."""

    understood: ClassVar[Mapping[str, str | None]] = {}
    """Every name that `columns` may map, with the column it means when it is not mapped."""

    @field_validator("columns")
    @classmethod
    def _known_names(cls, columns: Mapping[str, str]) -> Mapping[str, str]:
        for name in columns:
            if name not in cls.understood and name != "id" and not name.startswith("tag."):
                raise ValueError(_unknown(name, [*cls.understood, "id", "tag.<name>"]))
        return columns

    @abstractmethod
    def wanted(self) -> Sequence[tuple[str, ...]]:
        """Columns that each row needs; of a tuple of alternatives one."""

    @abstractmethod
    def drafts(self, values: Mapping[str, Any]) -> Iterable[Draft]:
        """What one row yields. BadRow when it yields nothing."""

    def read(self) -> Iterator[Item | Fault]:
        """Every row as its items, or as a fault. Ids seen so far cost about a hundred bytes each."""
        needed = [(self.columns[name],) for name in self.columns if name == "id" or name.startswith("tag.")]
        needed += [(self.split_by,)] if self.split_by else []
        wanted = Wanted(tuple(dict.fromkeys([*self.wanted(), *needed])), self.path)
        ids = _Ids()
        return items(read_rows(self.locate(self.path)), wanted, lambda row: self._items(row, ids))

    def reads(self) -> Sequence[str]:
        """Every file behind the path."""
        return read_by(self.locate(self.path))

    def facts(self) -> Mapping[str, str]:
        """For an address, which revision it stood for."""
        return revision_of(self.path) if "://" in self.path else {}

    def column(self, name: str) -> str:
        """The user's column for one of our names."""
        return self.columns.get(name) or self.understood.get(name) or name

    def found(self, values: Mapping[str, Any], name: str) -> Any:
        """The value under one of our names; None when it is not there."""
        value = dig(values, self.column(name))
        return None if value is MISSING else value

    def _items(self, row: Row, ids: "_Ids") -> Iterator[Item]:
        group = None if self.split_by is None else _named(row.values, self.split_by)
        made = list(self.drafts(row.values))
        name = row.where
        if "id" in self.columns:
            name = _named(row.values, self.columns["id"])
            ids.note(name, row.where)
        tags = tuple(self._tags(row.values))
        own = dig(row.values, self.columns.get("id", "id"))
        given = str(own) if isinstance(own, str | int) else None
        for draft in made:
            yield Item(
                draft.payload, name + draft.part, group, draft.reference, (*tags, *draft.tags), draft.origin, given
            )  # fmt: skip

    def _tags(self, values: Mapping[str, Any]) -> Iterator[str]:
        for name, column in self.columns.items():
            if name.startswith("tag."):
                found = dig(values, column)
                for value in found if isinstance(found, list) else [found]:
                    if value is not None and value != "":
                        yield f"{name.removeprefix('tag.')}:{scalar(value, column)}"


class _Ids:
    """Which ids were there before, and where: eight bytes of digest and a number each, not the strings."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}
        self._files: dict[str, int] = {}

    def note(self, name: str, where: str) -> None:
        """BadRow when the id was there before. Two of a million ids share a digest with a chance of 3 in 10^8."""
        key = int.from_bytes(blake2b(name.encode(errors="surrogatepass"), digest_size=8).digest(), "little")
        file, _, line = where.rpartition(":")
        file, number = (file, int(line)) if file and line.isdecimal() else (where, 0)
        place = self._files.setdefault(file, len(self._files)) << 40 | number
        first = self._first.setdefault(key, place)
        if first != place:
            raise BadRow("duplicate_id", f"its id stood at {self._spoken(first)} before")

    def _spoken(self, place: int) -> str:
        file = list(self._files)[place >> 40]
        number = place & ((1 << 40) - 1)
        return f"{file}:{number}" if number else file


def _named(values: Mapping[str, Any], column: str) -> str:
    value = dig(values, column)
    if value is None or value == "":
        raise BadRow("missing_column", f"`{column}` has no value in this row")
    return scalar(value, column)


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"one of: {', '.join(known)}"
    return f"there is no name `{name}` to map a column to; {hint}"
