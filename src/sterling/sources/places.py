"""Which files a path means: one file, a folder, a Hugging Face dataset folder, a pattern, an address."""

import difflib
import os
import re
from pathlib import Path

from sterling.errors import SourceError
from sterling.sources.layout import DataFile, Split, choose, data_file, format_of_name
from sterling.sources.remote import local_copies, remote_files
from sterling.sources.streams import shown


def files_of(path: str, split: Split = "train") -> list[DataFile]:
    """The files behind a path, a folder, a pattern or an address, sorted by name.

    Of a folder every readable file is taken, at any depth, hidden ones left out; if it holds no data files, its
    documents (`.txt`, `.md`) are. Of a Hugging Face dataset folder only what its default configuration calls `train`,
    or `data/train-*`; with `split="test"` what is kept apart from that. SourceError when nothing readable is there.
    """
    if "://" in path:
        return remote_files(path, split)
    local = Path(path)
    if local.is_dir():
        return _in_folder(local, split)
    if local.exists():
        return [_single(local)]
    if re.search(r"[*?\[]", path):
        return _matching(path)
    raise _missing(local)


def read_by(path: str, split: Split = "train") -> list[str]:
    """Local paths of every file behind a path: what a cache key must rest on. Addresses are fetched for it."""
    return local_copies(path, split) if "://" in path else [file.path for file in files_of(path, split)]


def _in_folder(folder: Path, split: Split) -> list[DataFile]:
    """`files_of` for a local folder."""
    saved = (folder / "dataset_dict.json").is_file()
    if saved and split == "train" and (folder / "train").is_dir():
        folder = folder / "train"
    names = _walk(folder)
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
    chosen = choose(names, text, shown(folder), split, hub=saved and split == "test")
    return [data_file(name, str(folder / name)) for name in chosen]


def _single(path: Path) -> DataFile:
    return data_file(path.name, str(path))


def _walk(folder: Path) -> list[str]:
    names = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        at = Path(here).relative_to(folder)
        names += [(at / f).as_posix() for f in files if not f.startswith(".")]
    return sorted(names)


def _matching(path: str) -> list[DataFile]:
    parts = Path(path).parts
    fixed = next(i for i, part in enumerate(parts) if re.search(r"[*?\[]", part))
    root = Path(*parts[:fixed])
    found = sorted(p for p in root.glob(str(Path(*parts[fixed:]))) if p.is_file())
    files = [data_file(p.relative_to(root).as_posix(), str(p)) for p in found if format_of_name(p.name)]
    if not files:
        raise SourceError("no readable file matches this pattern", where=shown(path), mend=f"look into {shown(root)}")
    return files


def _missing(path: Path) -> SourceError:
    parent = next(p for p in path.parents if p.exists())
    child = path.relative_to(parent).parts[0]
    names = sorted(p.name for p in parent.iterdir()) if parent.is_dir() else []
    near = difflib.get_close_matches(child, names, n=3, cutoff=0.6)
    there = f"{shown(parent)} holds {', '.join(f'`{n}`' for n in names[:5])}" if names else f"{shown(parent)} is empty"
    mend = f"did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else there
    return SourceError("there is no such file or folder", where=shown(path), mend=mend)
