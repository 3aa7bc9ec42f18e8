"""The one way in which anything is written: beside its place, synced, then renamed into it.

Behind a URL there is no renaming: the whole object is put by one call, once all of it is known. With an object store
that is as atomic; with other services (FTP, SSH) a reader may see a part of it.
"""

import io
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sterling.errors import StorageError
from sterling.records.places import on_file_system


def write_atomically(path: Path, write: Callable[[IO[bytes]], object], *, lasting: bool = True) -> None:
    """Give `path` what `write` puts into the file it is handed; on any failure `path` stays as it was.

    What is not `lasting` is not synced to the disk: a file that nobody reads after a crash.

    StorageError when the disk is full, the folder read-only, or the write fails for another reason of the system's.
    """
    try:
        if on_file_system(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_beside_and_rename(path, write, lasting)
        else:
            _put(path, write)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}\n"
            f"  mend: free space or make {path.parent} writable, then run again; finished work is kept"
        ) from error


def write_text(path: Path, text: str) -> None:
    """`write_atomically` for text, as UTF-8."""
    write_atomically(path, lambda file: file.write(text.encode()))


def write_json(path: Path, value: Any) -> None:
    """`write_atomically` for JSON that a person may read."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_parquet(path: Path, table: pa.Table) -> None:
    """`write_atomically` for one Parquet file, zstd-compressed."""
    write_atomically(path, lambda file: pq.write_table(table, file, compression="zstd"))


def _write_beside_and_rename(path: Path, write: Callable[[IO[bytes]], object], lasting: bool) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        beside.chmod(0o644)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _put(path: Any, write: Callable[[IO[bytes]], object]) -> None:
    whole = io.BytesIO()
    write(whole)
    path.fs.pipe_file(path.path, whole.getvalue())
