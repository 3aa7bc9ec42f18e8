"""Files behind an address with a scheme (`hf://datasets/org/name`), fetched once into a local cache.

A cached copy is found by the address and by what the service says identifies the content (blob id, entity tag,
modification time). Where a service says nothing of the kind, the file is fetched anew each time.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from sterling.errors import MissingExtra, SourceError, StorageError
from sterling.records import canonical_json, digest
from sterling.records.files import write_atomically
from sterling.sources.layout import DataFile, Split, choose, data_file

_IDENTITY = ("blob_id", "etag", "ETag", "checksum", "sha256", "mtime", "created", "last_modified", "LastModified")


class _Place(NamedTuple):
    files: Any
    """An fsspec file system."""
    root: str
    """The address as that file system spells it."""


def remote_files(address: str, split: Split = "train") -> list[DataFile]:
    """The files behind an address, by the same rules as a local folder's. SourceError when it cannot be reached."""
    scheme = address.partition("://")[0]
    with _reaching(address):
        place = _place(address)
        if place.files.isfile(place.root):
            return [data_file(PurePosixPath(place.root).name, address)]
        found = [str(p) for p in place.files.find(place.root)]
        names = sorted(n for p in found if not _hidden(n := p.removeprefix(place.root).lstrip("/")))
        readme = _text(place, "README.md") if "README.md" in names else ""
    if not names:
        raise SourceError("nothing is there", where=address, mend="check the name, and the access it needs")
    chosen = choose(names, readme, address, split, hub=scheme == "hf")
    return [data_file(name, f"{address.rstrip('/')}/{name}") for name in chosen]


def fetched(address: str) -> str:
    """The path of a local copy of the file behind an address."""
    with _reaching(address):
        place = _place(address)
        info = place.files.info(place.root)
        known = {key: str(info[key]) for key in _IDENTITY if info.get(key) is not None}
        identity = digest(address, canonical_json(known), str(info.get("size")))
        copy = _cache() / identity / PurePosixPath(place.root).name
        if not (known and copy.is_file()):
            _copy(place, copy)
    return str(copy)


def local_copies(address: str, split: Split = "train") -> list[str]:
    """Local copies of every file behind an address: their content is what a cache key may rest on."""
    return [fetched(file.path) for file in remote_files(address, split)]


def revision_of(address: str) -> Mapping[str, str]:
    """The address, and for the Hugging Face hub the commit that it stands for now."""
    found = re.match(r"hf://datasets/([^/@]+/[^/@]+)(?:@([^/]+))?", address)
    if found is None:
        return {"address": address}
    with _reaching(address):
        from huggingface_hub import HfApi  # noqa: PLC0415 - heavy, and an extra

        commit = HfApi().dataset_info(found[1], revision=found[2]).sha
    return {"address": address, "revision": str(commit)}


@contextmanager
def _reaching(address: str) -> Iterator[None]:
    try:
        yield
    except (SourceError, StorageError):
        raise
    except ImportError as error:
        raise MissingExtra(f"reading {address.partition('://')[0]}:// addresses", "hf") from error
    except FileNotFoundError as error:
        raise SourceError("nothing is there", where=address, mend="check the name, and the access it needs") from error
    except Exception as error:  # a service may fail in any way, and each of them is the same news to the user
        raise SourceError(
            f"cannot be read: {type(error).__name__}: {_first_line(error)}",
            where=address,
            mend="check the network, the name, and for a private or gated dataset `hf auth login`",
        ) from error


def _place(address: str) -> _Place:
    import fsspec  # noqa: PLC0415 - heavy, and an extra

    files, root = fsspec.core.url_to_fs(address)
    return _Place(files, str(root).rstrip("/"))


def _text(place: _Place, name: str) -> str:
    return bytes(place.files.cat_file(f"{place.root}/{name}")).decode("utf-8", "replace")


def _copy(place: _Place, to: Path) -> None:
    with place.files.open(place.root, "rb") as remote:
        write_atomically(to, lambda file: shutil.copyfileobj(remote, file, 1 << 20))


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "sterling" / "remote"


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "no reason given")[:300]
