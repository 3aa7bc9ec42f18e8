"""What a file or folder held when it was read, as a digest for cache keys and provenance."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from sterling.errors import SourceError


def fingerprint(paths: Iterable[str]) -> list[tuple[str, str]]:
    """(name, SHA-256) of every file. SourceError for a path that is not there: absence must not look like content."""
    return [(name, _digest(path)) for root in paths for name, path in _files(root)]


def _files(root: str) -> Iterator[tuple[str, str]]:
    place = Path(root)
    if not place.exists():
        raise SourceError("there is no such file or folder", where=root, mend="correct the path in the recipe")
    if place.is_file():
        yield place.name, root
    for path in sorted(place.rglob("*")) if place.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            yield f"{place.name}/{path.relative_to(place).as_posix()}", str(path)


def _digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
