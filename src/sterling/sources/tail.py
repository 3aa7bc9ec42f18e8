"""A frozen tail: real items that every generation of a model is asked, each perhaps with the band it is in."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sterling.records import Fault
from sterling.registry import Item
from sterling.sources.files import Files
from sterling.sources.row_source import Draft
from sterling.sources.values import BadRow


def tail_rows(path: str) -> Iterator[Item | Fault]:
    """The rows of a file that `sterling check` reads, in order; `tags` holds the value of a column `band`, if any.

    SourceError for what cannot be read at all.
    """
    place = path if "://" in path else str(Path(path).absolute())
    return _TailRows(name="tail", path=place, max_bad_share=1).read()


class _TailRows(Files):
    """Rows of files with their band."""

    def drafts(self, values: Mapping[str, Any]) -> Iterable[Draft]:
        """The example, with its band as its one tag."""
        band = values.get("band")
        if band is not None and (not isinstance(band, str | int) or isinstance(band, bool) or band == ""):
            raise BadRow("bad_band", f"`band` is {band!r}: a name such as `rare` is wanted")
        for draft in super().drafts(values):
            yield draft._replace(tags=() if band is None else (str(band),))
