"""What is remembered of a batch that is under way, so that a killed run finds it again and pays for nothing twice.

One file for each below `.sterling/batches/`, a line at a time: what is asked, then the ids of the uploaded file and of
the batch, each before the next step is taken. It is locked while somebody sees to it, and gone when every answer is in
the journal.
"""

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

from sterling.errors import StorageError
from sterling.models.endpoint import Endpoint
from sterling.models.money.purse import account

if sys.platform != "win32":  # where nothing keeps two processes from seeing to one batch
    import fcntl


class Line(NamedTuple):
    """One question of a batch, as far as its answer's account needs it."""

    hold: str
    """What was set aside for it; empty without a cap."""
    size: int
    """Bytes of the request."""


@dataclass
class Note:
    """One batch."""

    path: Path
    service: str
    """Who does it, as the journal knows it."""
    model: str
    run: str
    """In whose name it was paid; empty outside a run."""
    purpose: str
    lines: Mapping[str, Line]
    """By key of the journal, which is also what the server is told to call the question by."""
    file: str | None = None
    """Id of the uploaded file."""
    batch: str | None = None
    """Id of the batch."""
    lock: IO[bytes] | None = field(default=None, repr=False)

    @classmethod
    def begin(cls, folder: Path, endpoint: Endpoint, lines: Mapping[str, Line]) -> "Note":
        """A new one, locked. StorageError when it cannot be written."""
        now = account()
        path = folder / f"{os.getpid()}-{secrets.token_hex(6)}.jsonl"
        run, purpose = ("", "") if now is None else (now.purse.run, now.purpose)
        note = cls(path, endpoint.identity, endpoint.model, run, purpose, lines)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise _cannot(path, error) from error
        note.take()
        told = {"service": note.service, "model": note.model, "run": run, "for": purpose}
        note.add({**told, "rows": {key: list(line) for key, line in lines.items()}})
        return note

    def add(self, said: Mapping[str, Any]) -> None:
        """One more line, on disk when this returns. `file` and `batch` are remembered."""
        self.file, self.batch = said.get("file", self.file), said.get("batch", self.batch)
        try:
            with self.path.open("ab") as file:
                file.write(json.dumps(said, separators=(",", ":")).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _cannot(self.path, error) from error

    def take(self) -> bool:
        """See to this batch from now on, unless another process does."""
        try:
            lock = self.path.open("rb")
        except FileNotFoundError:
            return False
        if sys.platform != "win32":
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                return False
        self.lock = lock
        return True

    def leave(self) -> None:
        """Let others see to it."""
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def end(self) -> None:
        """Nothing of it is owed any more."""
        self.path.unlink(missing_ok=True)
        self.leave()

    @property
    def gone(self) -> bool:
        """Whether whoever saw to it has brought it to its end."""
        return not self.path.exists()


def notes(folder: Path, endpoint: Endpoint) -> Iterator[Note]:
    """Every batch of this service and model that is under way."""
    for path in sorted(folder.glob("*.jsonl")):
        note = _read(path)
        if note is not None and (note.service, note.model) == (endpoint.identity, endpoint.model):
            yield note


def _read(path: Path) -> Note | None:
    """None for a note whose first line was never finished: of such a batch nothing was sent."""
    said: dict[str, Any] = {}
    try:
        for line in path.read_bytes().splitlines():
            said |= json.loads(line)
    except FileNotFoundError:
        return None
    except ValueError:  # a torn last line: what it would have said is found out from the server
        pass
    if "rows" not in said:
        return None
    lines = {key: Line(*row) for key, row in said["rows"].items()}
    owner = said["service"], said["model"], said["run"], said["for"]
    return Note(path, *owner, lines, said.get("file"), said.get("batch"))


def _cannot(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path}: a batch could not be noted, so it was not sent: {error.strerror}")
