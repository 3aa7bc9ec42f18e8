"""Where in the journal an answer stands: 20 bytes for each in memory, its text read only when it is asked for."""

import json
import os
from array import array
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

_HEAD = b'{"key":"'
_KEY = slice(len(_HEAD), len(_HEAD) + 64)
_OPEN_FILES = 64
_FRESH = 65_536
"""Entries beside the sorted arrays before they are sorted in."""


class _Scan(NamedTuple):
    """What was found in one file."""

    owner: int
    keys: "array[int]"
    places: "array[int]"

    def take(self, line: bytes, place: int) -> None:
        try:
            key = int(line[_KEY][:16], 16)
        except ValueError:
            return
        self.keys.append(key)
        self.places.append(place)


class Index:
    """Key → (file, offset) of complete lines. The first 64 bits of the key are kept; a read compares all of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[str] = []
        self._numbers: dict[str, int] = {}
        self._read_to: dict[str, int] = {}
        self._keys: npt.NDArray[np.uint64] = np.empty(0, np.uint64)
        self._places: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._owners: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._fresh: dict[int, tuple[int, int]] = {}
        self._open: OrderedDict[int, BinaryIO] = OrderedDict()

    def __len__(self) -> int:
        return len(self._keys) + len(self._fresh)

    def refresh(self, own: str = "") -> None:
        """Scan what every file but `own` (whose lines are added as they are written) has grown by."""
        try:
            found = sorted(entry.name for entry in os.scandir(self._folder) if entry.name.endswith(".jsonl"))
        except FileNotFoundError:
            return
        scans = [self._scan(name) for name in found if name != own]
        if any(len(scan.keys) for scan in scans):
            owners = np.repeat([scan.owner for scan in scans], [len(scan.keys) for scan in scans])
            keys, places = _joined([s.keys for s in scans], np.uint64), _joined([s.places for s in scans], np.int64)
            self._merge(keys, places, owners.astype(np.int32))

    def add(self, key: str, name: str, place: int) -> None:
        """A line that was just written."""
        self._fresh[int(key[:16], 16)] = (self._number(name), place)
        if len(self._fresh) > _FRESH:
            fresh, self._fresh = self._fresh, {}
            owners, places = zip(*fresh.values(), strict=True)
            self._merge(np.fromiter(fresh, np.uint64), np.array(places, np.int64), np.array(owners, np.int32))

    def read(self, key: str) -> Any | None:
        """What was said, or None when there is no line for this key that can be read."""
        short = int(key[:16], 16)
        found = self._fresh.get(short)
        if found is None:
            at = int(np.searchsorted(self._keys, np.uint64(short)))
            while at < len(self._keys) and int(self._keys[at]) == short:
                said = self._line(key, int(self._owners[at]), int(self._places[at]))
                if said is not None:
                    return said
                at += 1
            return None
        return self._line(key, *found)

    def close(self) -> None:
        """Give the files back."""
        while self._open:
            self._open.popitem()[1].close()

    def _line(self, key: str, number: int, place: int) -> Any | None:
        try:
            file = self._reader(number)
            file.seek(place)
            line = file.readline()
        except OSError:
            return None
        if line[_KEY] != key.encode():
            return None
        try:
            return json.loads(line)["said"]
        except (ValueError, KeyError, RecursionError):
            return None

    def _reader(self, number: int) -> BinaryIO:
        if number in self._open:
            self._open.move_to_end(number)
        else:
            if len(self._open) >= _OPEN_FILES:
                self._open.popitem(last=False)[1].close()
            self._open[number] = (self._folder / self._files[number]).open("rb")
        return self._open[number]

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self._files)
            self._files.append(name)
        return self._numbers[name]

    def _scan(self, name: str) -> _Scan:
        place = self._read_to.get(name, 0)
        path = self._folder / name
        scan = _Scan(self._number(name), array("Q"), array("q"))
        if path.stat().st_size <= place:
            return scan
        with path.open("rb") as file:
            file.seek(place)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                if line.startswith(_HEAD) and line.endswith(b"}\n"):
                    scan.take(line, place)
                place += len(line)
        self._read_to[name] = place
        return scan

    def _merge(
        self, keys: npt.NDArray[np.uint64], places: npt.NDArray[np.int64], owners: npt.NDArray[np.int32]
    ) -> None:
        joined = np.concatenate([self._keys, keys])
        order = np.argsort(joined, kind="stable")
        self._keys = joined[order]
        self._places = np.concatenate([self._places, places])[order]
        self._owners = np.concatenate([self._owners, owners])[order]


def _joined(parts: list[Any], kind: Any) -> Any:
    return np.concatenate([np.frombuffer(part, kind) for part in parts if len(part)])
