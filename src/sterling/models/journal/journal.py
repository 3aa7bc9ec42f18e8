"""The journal: every answer that was paid for, appended as it came, found again by its question.

One JSONL file per writer below `.sterling/journal/`, each line `{"key": …, "path", "service", "model", "at", "said"}`.
What a run asked says after its key which run it was (`run`), which entry of its recipe (`for`), and what it cost
(`paid`). Lines that begin with `run` hold no answer: they keep account of money that brought none (see `purse`).
A line is written with one call the moment its answer is complete, so a killed process owes only what was in flight;
`fsync` follows in groups, so a lost power supply may cost the last fifth of a second. A torn line is no answer: its
question is owed again. Any number of processes may write and read at once.

Failures are not journaled. A refusal costs nothing, and what caused it (a limit of the server, a template, a filter)
may be mended without the request changing.
"""

import json
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sterling.errors import StorageError
from sterling.models.journal.index import Index

_SYNC_EVERY_S = 0.2
_SYNC_EVERY = 64
_AFTER_KEY = len('{"key":"') + 64 + 1


class Journal:
    """The answers below one folder. Safe for threads; `store` gives a forked child one of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = Index(folder)
        self._lock = threading.RLock()
        self._file: int | None = None
        self._name = ""
        self._length = 0
        self._unsynced = 0
        self._synced_at = 0.0

    def refresh(self) -> None:
        """Take notice of what other processes have written since. StorageError when a file cannot be read."""
        with self._lock:
            try:
                self._index.refresh(self._name)
            except OSError as error:
                raise StorageError(f"{self.folder}: the journal cannot be read: {error.strerror}") from error

    def get(self, key: str) -> Any | None:
        """What a server said to the question with this key, or None: nobody asked, or the line is torn."""
        with self._lock:
            return self._index.read(key)

    def put(self, key: str, line: bytes) -> None:
        """Append a line of `line_of`. StorageError when the disk does not take it."""
        with self._lock:
            where = self._write(line)
            self._index.add(key, self._name, where)

    def note(self, run: str, said: Mapping[str, Any]) -> None:
        """Append a line about the money of a run, which is no answer. StorageError when the disk does not take it."""
        with self._lock:
            self._write((json.dumps({"run": run, **said}, separators=(",", ":")) + "\n").encode())

    def heads(self, run: str) -> Iterator[dict[str, Any]]:
        """Everything but the answer itself of each line of a run, in any order. StorageError when one cannot be read.

        Other lines are told apart by their first bytes, and no answer is parsed.
        """
        try:
            for path in sorted(self.folder.glob("*.jsonl")):
                yield from _heads(path, run)
        except OSError as error:
            raise StorageError(f"{self.folder}: the journal cannot be read: {error.strerror}") from error

    def due(self) -> bool:
        """Whether enough was written since the last sync."""
        late = time.monotonic() - self._synced_at >= _SYNC_EVERY_S
        return self._unsynced >= _SYNC_EVERY or (self._unsynced > 0 and late)

    def sync(self) -> None:
        """See that what was written survives a loss of power."""
        with self._lock:
            file, waiting = self._file, self._unsynced
            self._unsynced, self._synced_at = 0, time.monotonic()
        if file is not None and waiting:
            os.fsync(file)

    def close(self) -> None:
        """Sync, and give the file back."""
        with self._lock:
            if self._file is not None:
                self.sync()
                os.close(self._file)
            self._file = None
            self._index.close()

    def _write(self, line: bytes) -> int:
        try:
            return self._append(line)
        except OSError as error:
            self._give_up()
            raise StorageError(f"{self.folder}: an answer could not be kept: {error.strerror}") from error

    def _give_up(self) -> None:
        """Half a line may stand at the end of this file, so nothing more goes into it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append(self, line: bytes) -> int:
        file = self._own()
        start, rest = self._length, memoryview(line)
        while rest:
            written = os.write(file, rest)
            self._length += written
            rest = rest[written:]
        self._unsynced += 1
        return start

    def _own(self) -> int:
        """This journal's own file, made with its first answer."""
        if self._file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._name = f"{os.getpid()}-{secrets.token_hex(6)}.jsonl"
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._file = os.open(self.folder / self._name, flags, 0o600)
            self._length, self._synced_at = 0, time.monotonic()
            _sync_folder(self.folder)
        return self._file


def line_of(key: str, path: str, service: str, model: str, said: Any, head: Mapping[str, Any] | None = None) -> str:
    """One answer as a line. The key comes first, so that finding it needs no parser; then what `head` says."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    rest = {**(head or {}), "path": path, "service": service, "model": model, "at": at, "said": said}
    return f'{{"key":"{key}",' + json.dumps(rest, separators=(",", ":"))[1:] + "\n"


def _heads(path: Path, run: str) -> Iterator[dict[str, Any]]:
    mark = f'"run":"{run}",'.encode()
    answer, note = b"," + mark, b"{" + mark
    with path.open("rb") as file:
        for line in file:
            if line.startswith(answer, _AFTER_KEY) or line.startswith(note):
                head = _head(line)
                if head is not None:
                    yield head


def _head(line: bytes) -> dict[str, Any] | None:
    """A whole line without what was said; None for a torn one, which is no answer and no account."""
    if not line.endswith(b"}\n"):
        return None
    head, found, _ = line.partition(b',"said":')
    try:
        plain: dict[str, Any] = json.loads(head + b"}" if found else line)
    except ValueError:
        return None
    return plain


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
