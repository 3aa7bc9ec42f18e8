"""What checks made of gold in every run so far: kept where runs may be deleted, so that a verifier's drift is seen."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Reading(NamedTuple):
    """One check, measured once."""

    check: str
    """Name of the check's entry in the recipe."""
    address: str
    """Of the step that judged: the same step is one reading, however often it is looked at."""
    run: str
    time: str
    """ISO 8601."""
    wrong: Mapping[str, bool]
    """By seed's id: whether the check erred."""


class Yardstick:
    """Readings in the order in which they were taken, one a line of a file."""

    def __init__(self, store: Path) -> None:
        self._path = store / "calibration.jsonl"

    def first(self, check: str, address: str, seeds: Collection[str]) -> Reading | None:
        """The earliest other reading of this check that shares seeds. A line that is torn or foreign is passed over."""
        others = (r for r in self._readings() if r.check == check and r.address != address)
        return next((r for r in others if not r.wrong.keys().isdisjoint(seeds)), None)

    def add(self, reading: Reading) -> None:
        """Append, unless this very step has been read before."""
        if any(r.address == reading.address for r in self._readings()):
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(b"\n" * self._torn() + json.dumps(reading._asdict()).encode() + b"\n")

    def _torn(self) -> bool:
        """Whether the last line lacks its end: it was cut off when a process died."""
        return bool(self._path.exists() and not self._path.read_bytes().endswith(b"\n") and self._path.stat().st_size)

    def _readings(self) -> list[Reading]:
        if not self._path.exists():
            return []
        lines = self._path.read_bytes().splitlines()
        return [reading for reading in map(_reading, lines) if reading is not None]


def _reading(line: bytes) -> Reading | None:
    try:
        found: Any = json.loads(line)
        return Reading(**found)
    except (ValueError, TypeError):
        return None
