"""Who is at work in a run's folder: a lock that ends with the process that holds it, however that ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sterling.errors import InputError
from sterling.records.places import on_file_system

if sys.platform != "win32":  # where nothing keeps two runs apart
    import fcntl


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """One run at a time in a folder. InputError when another one is at work there.

    Behind a URL nothing keeps two runs apart: what they finish is the same, but each clears the other's exchange away.
    """
    if not on_file_system(run):
        yield
        return
    with (run / ".lock").open("w") as lock:
        if not _take(lock):
            mend = "wait for it, or give this run a place of its own with --out"
            raise InputError("another run is at work here", where=run, mend=mend)
        yield


def at_work(run: Path) -> bool:
    """Whether some process is. Where there are no such locks, nobody can tell, and the answer is yes."""
    if sys.platform == "win32" or not on_file_system(run):
        return True
    try:
        with (run / ".lock").open("r+") as lock:
            return not _take(lock)
    except FileNotFoundError:
        return False


def _take(lock: IO[str]) -> bool:
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
