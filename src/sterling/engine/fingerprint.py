"""What a file or folder held when it was read, as a digest for cache keys and provenance."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sterling.errors import MissingExtra
from sterling.records import canonical_json, digest


def fingerprint(paths: Iterable[str]) -> list[tuple[str, str]]:
    """(name, SHA-256) of every file; for a remote address what its store says of it. Missing files are left out."""
    return [(name, _digest(path)) for root in paths for name, path in _files(root)]


def _files(root: str) -> Iterator[tuple[str, str]]:
    if "://" in root:
        yield root, root
        return
    place = Path(root)
    if place.is_file():
        yield place.name, root
    for path in sorted(place.rglob("*")) if place.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            yield f"{place.name}/{path.relative_to(place).as_posix()}", str(path)


def _digest(path: str) -> str:
    if "://" in path:
        return _remote(path)
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remote(address: str) -> str:
    """Size, revision and checksums as the store reports them, without reading the file."""
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra(f"reading {address}", "hf") from None
    system, path = url_to_fs(address)
    facts: dict[str, Any] = system.info(path)
    return digest(canonical_json({key: repr(value) for key, value in facts.items()}))
