"""An earlier release as the next generation reads it: verified first, then streamed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sterling.errors import InputError
from sterling.release.lineage import ANCHOR, CARRIED, sums

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_AGAIN = "run the recipe of that release again, or take the folder from where it is whole"


@dataclass(frozen=True, slots=True)
class EarlierRelease:
    """A release that says what a next generation needs."""

    folder: Path
    told: Mapping[str, Any]
    """Its `provenance/run.json`."""

    @property
    def name(self) -> str:
        """As its recipe said."""
        return str(self.told["name"])

    @property
    def address(self) -> str:
        """Of the run that made it: a digest of all that went in."""
        return str(self.told["address"])

    @property
    def generation(self) -> int:
        """1 where it continued nothing."""
        return int(self.told["generation"])

    @property
    def depth(self) -> int:
        """The greatest depth of a record in it."""
        return int(self.told.get("depth", 0))

    @property
    def chain(self) -> Sequence[Mapping[str, Any]]:
        """`name`, `generation` and `address` of it and of the releases before it, the newest first."""
        mine = {"name": self.name, "generation": self.generation, "address": self.address}
        return (mine, *self.told.get("chain", ()))

    def anchors(self) -> Iterator[pa.RecordBatch]:
        """Batches of `lineage.ANCHOR`: every real record that was ever read."""
        return self._batches("anchor", ANCHOR, 65_536)

    def carried(self, rows: int) -> Iterator[pa.RecordBatch]:
        """Batches of `lineage.CARRIED`, of at most so many rows."""
        return self._batches("synthetic", CARRIED, rows)

    def verify(self) -> None:
        """Hold every file against what `run.json` says of it. InputError for the first that differs."""
        said, found = self.told["files"], sums(self.folder)
        for name in sorted({*said, *found}):
            if name not in found:
                raise InputError(f"`{name}` of this release is gone", where=self.folder, mend=_AGAIN)
            if name not in said:
                what = f"`{name}` is no file that this release was written with"
                raise InputError(what, where=self.folder, mend="move what is not the release's own out of the folder")
            if said[name] != found[name]:
                raise InputError(f"`{name}` is not what this release was written with", where=self.folder, mend=_AGAIN)

    def _batches(self, stem: str, schema: pa.Schema, rows: int) -> Iterator[pa.RecordBatch]:
        for path in sorted((self.folder / "provenance").glob(f"{stem}-*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches(rows, columns=schema.names):
                yield batch.select(schema.names).cast(schema)


def earlier_release(folder: Path) -> EarlierRelease:
    """The release at `folder`, opened and not yet verified. InputError where it is none that can be continued."""
    try:
        told = json.loads((folder / "provenance" / "run.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(_missing(folder), where=folder, mend=_nearby(folder)) from None
    except ValueError as error:
        what = f"its `provenance/run.json` cannot be read: {error}"
        raise InputError(what, where=folder, mend=_AGAIN) from None
    lacking = [key for key in ("name", "address", "generation", "files") if key not in _mapping(told)]
    if lacking:
        what = f"this release does not say what a next generation needs: {', '.join(f'`{key}`' for key in lacking)}"
        raise InputError(what, where=folder, mend="run its recipe again with this version of Sterling")
    if not _NAME.fullmatch(str(told["name"])):
        raise InputError("its name is no name of a release", where=folder, mend=_AGAIN)
    return EarlierRelease(folder, told)


def _mapping(told: Any) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _missing(folder: Path) -> str:
    return "this is no release: it has no `provenance/run.json`" if folder.exists() else "there is no such folder"


def _nearby(folder: Path) -> str:
    near = sorted(path.parent.parent.name for path in folder.parent.glob("*/provenance/run.json"))
    return f"releases there: {', '.join(near)}" if near else "name the folder of a release, meant from the recipe's own"
