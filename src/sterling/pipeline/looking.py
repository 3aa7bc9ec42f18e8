"""The first rows of what a recipe reads, before anything runs: what the run would refuse is refused at once."""

from collections.abc import Iterator, Mapping
from itertools import islice

from sterling.errors import InputError, SourceError
from sterling.recipes import Loaded
from sterling.recipes.problems import Path
from sterling.records import Record
from sterling.registry import Source
from sterling.sources.anchor import anchor_records

_LOOK = 20
"""Rows that are looked at."""
_MOST = 300
"""Rows after which it is left to the run whether any is a record."""


def require_rows(loaded: Loaded) -> None:
    """Each local anchor has rows, its columns are there, and some of its first rows are records.

    SourceError with the recipe's line, for the first anchor of which the run would say the same. Reads some twenty
    rows, and more only of a file that seems wrong: up to a thousand where a column is missing. Addresses are left for
    the run: looking at them needs the network. So are sources that read no file of rows.
    """
    for index, source in enumerate(loaded.recipe.anchor):
        if "://" not in str(getattr(source, "path", "://")):
            look(loaded, index, source)


def look(loaded: Loaded, index: int, source: Source) -> None:
    """One of them. SourceError with the recipe's line."""
    found = anchor_records(source, loaded.recipe.roles.shares)
    try:
        seen = [isinstance(one, Record) for one in islice(found, _LOOK)]
        if not any(seen):
            next((one for one in islice(found, _MOST) if isinstance(one, Record)), None)
    except InputError as error:
        raise at_line(loaded, index, source, error) from None


def at_line(loaded: Loaded, index: int, source: Source, error: InputError) -> SourceError:
    """The same error, at the line of the recipe that has to change."""
    path = next(_blamed(source, error), ("path",))
    where = "" if error.where is None or error.where == f"source `{source.name}`" else f"{error.where}: "
    return SourceError(f"{where}{error.what}", where=loaded.where(("anchor", index, *path)), mend=error.mend)


def _blamed(source: Source, error: InputError) -> Iterator[Path]:
    """Which keys name a column that is not there."""
    columns: Mapping[str, str] = getattr(source, "columns", {})
    named: list[tuple[Path, str]] = [(("columns", ours), theirs) for ours, theirs in columns.items()]
    if source.split_by is not None:
        named.append((("split_by",), source.split_by))
    for path, column in named:
        if f"there is no column `{column}`" in error.what:
            yield path
