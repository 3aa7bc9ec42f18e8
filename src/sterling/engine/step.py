"""`Step`: a folder whose name says what went into it, filled one shard at a time.

    steps/03-check-tests-1f0c.../records/shard-00000.parquet    only where the step makes records
                                 verdicts/shard-00000.parquet    one verdict for each record it was given
                                 faults/shard-00000.parquet
                                 gold/shard-00000.parquet        what a check said of the gold that was mixed in
                                 shard-00000.json                written last: this shard is finished
                                 done.json                       the step is finished

The address is a digest of (Sterling's version, what the step is asked to do, its part's version, the content of every
file it reads, the addresses of the steps before it), so a finished shard is right for whoever asks the same, and is
never made again.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from sterling.records import canonical_json, digest
from sterling.records.files import write_json, write_parquet
from sterling.records.places import read_bytes, remove
from sterling.version import VERSION


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run, on disk. Several processes may fill different shards of it at once."""

    folder: Path
    number: int
    name: str
    address: str

    @classmethod
    def at(cls, run: Path, number: int, name: str, asks: Mapping[str, Any], inputs: Sequence[str]) -> "Step":
        """The step that answers `asks` (JSON values) on the outputs addressed by `inputs`."""
        address = digest(canonical_json({"sterling": VERSION, "name": name, "asks": asks, "inputs": list(inputs)}))
        return cls(run / "steps" / f"{number:02d}-{name}-{address[:12]}", number, name, address)

    def commit(
        self,
        shard: int,
        *,
        records: pa.RecordBatch | None = None,
        verdicts: pa.Table | None = None,
        faults: pa.Table | None = None,
        gold: pa.Table | None = None,
        owed: Collection[str] = (),
        counts: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Write one shard; it counts as finished when this returns, and not a moment earlier.

        With faults that are owed, or other work that is `owed`, it does not count as finished at all: the next run
        makes it again.
        """
        if records is not None:
            write_parquet(self.part("records", shard), pa.Table.from_batches([records]))
        if verdicts is not None:
            write_parquet(self.part("verdicts", shard), verdicts)
        if faults is not None and faults.num_rows:
            write_parquet(self.part("faults", shard), faults)
        else:
            remove(self.part("faults", shard))  # of an earlier time, when work was owed
        if gold is not None:
            write_parquet(self.part("gold", shard), gold)
        still = sorted({*_owed(faults), *owed})
        marker = {
            "records": 0 if records is None else records.num_rows,
            "faults": 0 if faults is None else faults.num_rows,
            "owed": still,
            **(counts or {}),
        }
        write_json(self._owing(shard) if still else self._marker(shard), marker)
        if not still:
            remove(self._owing(shard))
        return marker

    def part(self, kind: str, shard: int) -> Path:
        """Where one kind of a shard's output lies: `records`, `verdicts`, `faults` or `gold`."""
        return self.folder / kind / f"shard-{shard:05d}.parquet"

    def finished(self, shard: int) -> dict[str, Any] | None:
        """What `commit` said of this shard, or None if it is still owed."""
        return _read(self._marker(shard))

    def said(self, shard: int) -> dict[str, Any] | None:
        """What `commit` said of this shard the last time, finished or owed."""
        return self.finished(shard) or _read(self._owing(shard))

    def once(self, shard: int, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The marker of a finished shard, or of the one that `make` commits now."""
        return self.finished(shard) or make()

    def seal(self, summary: Mapping[str, Any]) -> None:
        """Say that every shard is there. `summary` is what `sealed` gives back. With owed work nothing is said."""
        if not summary.get("owed"):
            write_json(self.folder / "done.json", {"step": self.name, "address": self.address, **summary})

    def address_of(self, summary: Mapping[str, Any]) -> str:
        """What the next steps stand on. While work is owed it is another one, so that they are done again after it."""
        owed = summary.get("owed")
        return digest(self.address, canonical_json(owed)) if owed else self.address

    def sealed(self) -> dict[str, Any] | None:
        """The summary of a step that is finished, or None."""
        return _read(self.folder / "done.json")

    def _marker(self, shard: int) -> Path:
        return self.folder / f"shard-{shard:05d}.json"

    def _owing(self, shard: int) -> Path:
        return self.folder / f"owed-{shard:05d}.json"


def _owed(faults: pa.Table | None) -> list[str]:
    """Which work is owed: records or places."""
    if faults is None:
        return []
    rows = faults.filter(faults["owed"]).select(["where", "record"]).to_pylist()
    return [row["record"] or row["where"] for row in rows]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(read_bytes(path))
    except FileNotFoundError:
        return None
    return found
