"""The folder that leaves the house: written whole beside its place, then exchanged with what stood there.

One writer per folder: two at once would take each other's partial folder for what a crash left behind.
"""

import ctypes
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sterling.errors import InputError, StorageError
from sterling.records import canonical_json, digest
from sterling.records.files import write_json, write_text
from sterling.release.card import Written, render_card
from sterling.release.contents import Configuration, Contents
from sterling.release.lineage import sums, write_lineage
from sterling.release.parts import write_parts
from sterling.release.redact import rejected_batches, rejected_schema
from sterling.release.shapes import survey
from sterling.stats import Evidence

_MARKS = ("report.json", "provenance/run.json")
"""What every release has, and no other folder of a user's has by chance."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
"""From linux/fcntl.h and linux/fs.h."""


def write_release(folder: Path, contents: Contents) -> None:
    """Put `contents` at `folder`, whole or not at all: an earlier release there stays as it was on any failure.

    InputError when something stands there that is no release. StorageError when it cannot be written. What streaming
    the records raises comes through as it is.
    """
    folder = Path(os.path.realpath(folder))
    _refuse_clashing_names([c.name for c in contents.configurations])
    recover(folder)
    _refuse_strangers(folder)
    with _beside(folder) as partial:
        _fill(partial, contents)
        _put_in_place(partial, folder)


def recover(folder: Path) -> None:
    """Clear away what a run that was killed left beside `folder`, and put back a release it had moved aside."""
    folder = Path(os.path.realpath(folder))
    for aside in folder.parent.glob(f".{_literally(folder.name)}.old-*"):
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(folder)
    for partial in folder.parent.glob(f".{_literally(folder.name)}.part-*"):
        shutil.rmtree(partial, ignore_errors=True)


def _literally(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _refuse_clashing_names(names: Sequence[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise InputError(f"configuration `{name}` cannot be a folder", mend="use letters, digits, `_`, `-`, `.`")
    if len({name.lower() for name in names}) < len(names):
        raise InputError(f"two configurations share a name: {', '.join(names)}", mend="give each a name of its own")


def _refuse_strangers(folder: Path) -> None:
    mend = "choose another output folder, or move this one away yourself"
    if folder.exists() and not folder.is_dir():
        raise InputError("there is a file where the release should go", where=folder, mend=mend)
    if folder.is_dir() and any(folder.iterdir()) and not all((folder / mark).is_file() for mark in _MARKS):
        raise InputError(
            "this folder holds something other than a release, which would be lost", where=folder, mend=mend
        )


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A new folder in the same parent, gone afterwards unless it was renamed."""
    partial = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.part-"))
        partial.chmod(0o755)
        yield partial
    except OSError as error:
        raise StorageError(
            f"{folder}: the release cannot be written: {error.strerror or error}\n"
            f"  mend: free space or make {folder.parent} writable, then run again; finished steps are kept"
        ) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def _fill(partial: Path, contents: Contents) -> None:
    written = _write_records(partial, contents)
    full = contents.options.rejected == "full"
    write_parts(
        _made(partial / "rejected"), "rejected", rejected_schema(full), rejected_batches(contents.rejected(), full)
    )
    if contents.lineage is not None:
        write_lineage(partial, contents.lineage, reference=contents.options.reference)
    for group, members in _grouped(contents.evidence).items():
        write_json(partial / "evidence" / f"{group}.json", members)
    _made(partial / "evidence")
    if contents.mixture is not None:
        write_text(partial / "mix.csv", contents.mixture)
    write_json(partial / "report.json", contents.report_json)
    write_text(partial / "report.html", contents.report_html)
    report = json.loads(json.dumps(contents.report_json))
    write_text(partial / "README.md", render_card(contents.card, report, written, contents.options))
    write_json(partial / "provenance" / "run.json", {**contents.provenance, "files": sums(partial)})


def _write_records(partial: Path, contents: Contents) -> list[Written]:
    alone = len(contents.configurations) == 1
    stem = f"train-{_mark(contents)}"
    return [
        _write_configuration(partial, c, Path("data", *([] if alone else [c.name]), stem), contents.options.reference)
        for c in contents.configurations
    ]


def _mark(contents: Contents) -> str:
    """What tells the files of one release from those of the next: loaders cache by the names that the card gives."""
    address = contents.provenance.get("address") or digest(canonical_json(contents.provenance))
    return str(address)[:8]


def _write_configuration(partial: Path, configuration: Configuration, stem: Path, reference: bool) -> Written:
    """A configuration without records gets no file: there would be no columns to put into it."""
    name, batches = configuration
    shape = survey(name, batches(), reference)
    if shape is None:
        return Written(name, None, (), 0, None)
    folder = _made(partial / stem.parent)
    rows = write_parts(folder, stem.name, shape.schema, (shape.release(batch) for batch in batches()))
    return Written(name, shape.format, tuple(shape.schema.names), rows, f"{stem.as_posix()}-*.parquet")


def _grouped(evidence: Sequence[Evidence]) -> Mapping[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in evidence:
        group = re.sub(r"[^A-Za-z0-9_-]", "_", one.name.partition(".")[0]) or "_"
        groups.setdefault(group, []).append(one.to_json())
    return groups


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _put_in_place(partial: Path, folder: Path) -> None:
    """Afterwards `partial` is gone or holds the earlier release, which the caller removes."""
    if not folder.exists():
        partial.rename(folder)
    elif not _exchange(partial, folder):
        _step_aside(partial, folder)
    _sync(folder.parent)


def _step_aside(partial: Path, folder: Path) -> None:
    """Two renames where one system call cannot do it; `recover` mends a crash between them."""
    aside = folder.parent / partial.name.replace(".part-", ".old-")
    folder.rename(aside)
    try:
        partial.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step. False where the system or the file system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    here = ctypes.c_int(_AT_FDCWD)
    done = renameat2(here, os.fsencode(one), here, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE))
    return bool(done == 0)


def _sync(folder: Path) -> None:
    if os.name != "posix":  # Windows opens no folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
