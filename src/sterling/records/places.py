"""Where files lie: on this machine, on a file system that it shares, or behind a URL that fsspec knows.

A place on a file system is a `Path`. One behind a URL (`s3://bucket/runs`) is a `UPath`, which has the same methods,
so nothing but this module and `files` tells them apart. What is behind a URL is written whole and read whole, or in
ranges where only a part is wanted.
"""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from sterling.errors import InputError, MissingExtra


def place(at: str | Path) -> Path:
    """The place that a user names by path or URL, with the credentials that fsspec finds in the environment.

    MissingExtra where URLs need one, InputError for a scheme that fsspec does not know or has no driver for.
    """
    if "://" not in str(at):
        return Path(at)
    try:
        from upath import UPath  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra(f"{at}: a place behind a URL", "store") from None
    try:
        # Other processes write there too: a listing that is remembered would hide what they have finished.
        found = UPath(at, use_listings_cache=False)
        _ = found.fs
    except (ImportError, ValueError) as error:
        mend = "install the driver, or give a path that every process sees"
        raise InputError(str(error), where=str(at), mend=mend) from None
    return Path(found.path) if found.protocol in {"file", "local"} else cast("Path", found)


def on_file_system(at: Path) -> bool:
    """Whether it has a file system's ways: renaming, locks, mapping into memory."""
    return isinstance(at, Path)


def absolute(at: Path) -> Path:
    """The same for a process with another current folder."""
    return at.absolute() if on_file_system(at) else at


def read_parquet(at: Path, **options: Any) -> pa.Table:
    """One Parquet file; `options` as for `pyarrow.parquet.read_table`. FileNotFoundError when it is not there.

    Behind a URL the whole file is fetched by one request, whatever columns are wanted: shards are small.
    """
    return pq.read_table(at if on_file_system(at) else pa.BufferReader(read_bytes(at)), **options)


def read_bytes(at: Path) -> bytes:
    """All of a file, by one request. FileNotFoundError when it is not there."""
    return at.read_bytes() if on_file_system(at) else cast("bytes", cast("Any", at).fs.cat_file(cast("Any", at).path))


def open_parquet(at: Path) -> pq.ParquetFile:
    """One Parquet file, for what it says of itself and for some of its columns; read in this thread."""
    return pq.ParquetFile(at if on_file_system(at) else pa.BufferReader(read_bytes(at)))


def open_ranges(at: Path) -> Any:
    """A file of which some ranges are wanted: mapped into memory, or asked for range by range. A context manager."""
    return pa.memory_map(str(at)) if on_file_system(at) else cast("Any", at).open("rb", cache_type="none")


def remove(at: Path) -> None:
    """A file that may be there, without asking first whether it is."""
    with suppress(FileNotFoundError):
        at.unlink() if on_file_system(at) else cast("Any", at).fs.rm_file(cast("Any", at).path)


def remove_tree(at: Path) -> None:
    """A folder with all that is in it, as far as that is possible."""
    if on_file_system(at):
        shutil.rmtree(at, ignore_errors=True)
    elif at.exists():
        cast("Any", at).fs.rm(cast("Any", at).path, recursive=True)
