"""Telling a column that some rows lack from a column that is not there at all."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.registry import Item
from sterling.sources.row import Row, fault
from sterling.sources.values import MISSING, BadRow, dig

_HELD = 1000
"""Rows without a column after which it counts as not there."""
_NAMES = 1000


class Wanted:
    """Columns that every row needs: each entry names alternatives, of which one must be there."""

    def __init__(self, entries: Sequence[tuple[str, ...]], where: str) -> None:
        self._entries = entries
        self._where = where
        self._never_seen = set(entries)
        self._names: dict[str, None] = {}
        self._held: list[Fault] = []

    def missing(self, row: Row) -> Fault | None:
        """The fault of a row that lacks a column."""
        absent = [e for e in self._entries if all(dig(row.values, name) is MISSING for name in e)]
        if self._never_seen:
            self._never_seen.intersection_update(absent)
            self._note_names(row.values)
        if not absent:
            return None
        return fault(row.where, "missing_column", f"the row has {_none_of(absent[0])}")

    def hold(self, bad: Fault) -> list[Fault]:
        """The faults that may be told now: none while it may turn out that no row at all has the column."""
        self._held.append(bad)
        return self.release() if len(self._held) >= _HELD or not self._never_seen else []

    def release(self) -> list[Fault]:
        """The faults held back. SourceError when a column has been in none of the rows."""
        held, self._held = self._held, []
        if self._never_seen and held:
            raise self._absent(next(e for e in self._entries if e in self._never_seen))
        return held

    def _note_names(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if len(self._names) < _NAMES:
                self._names[name] = None
                self._names |= {f"{name}.{inner}": None for inner in value} if isinstance(value, dict) else {}

    def _absent(self, entry: tuple[str, ...]) -> SourceError:
        there = list(self._names) or ["..."]
        listed = ", ".join(f"`{name}`" for name in there[:20]) + (", ..." if len(there) > 20 else "")
        near = difflib.get_close_matches(entry[0], there, n=1, cutoff=0.6) if len(entry) == 1 else []
        mend = f"did you mean `{near[0]}`?" if near else f"say which is which, as in `columns: {{text: {there[0]}}}`"
        return SourceError(f"there is {_none_of(entry)} in any row; there are {listed}", where=self._where, mend=mend)


def items(rows: Iterable[Row | Fault], wanted: Wanted, make: Callable[[Row], Iterable[Item]]) -> Iterator[Item | Fault]:
    """What `make` makes of each row that has the wanted columns, and a fault for each other.

    SourceError when a wanted column is in no row (or in none of the first thousand).
    """
    for row in rows:
        if isinstance(row, Fault):
            yield row
        elif bad := wanted.missing(row):
            yield from wanted.hold(bad)
        else:
            yield from wanted.release()
            yield from _made(row, make)
    yield from wanted.release()


def _made(row: Row, make: Callable[[Row], Iterable[Item]]) -> Iterator[Item | Fault]:
    try:
        yield from make(row)
    except BadRow as bad:
        yield fault(row.where, bad.reason, bad.message)
    except RecursionError:
        yield fault(row.where, "wrong_type", "nested too deeply")


def _none_of(entry: Sequence[str]) -> str:
    if len(entry) == 1:
        return f"no column `{entry[0]}`"
    return f"none of the columns {', '.join(f'`{name}`' for name in entry)}"
