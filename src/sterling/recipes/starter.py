"""`sterling init`: a commented recipe that runs as it is, offline, and says what to change for one's own data."""

from importlib import resources
from pathlib import Path

from sterling.errors import InputError
from sterling.recipes.models import Purpose
from sterling.records.files import write_text

_NAME = "recipe.yaml"
_TEXTS = "python-topics"
"""Beside the recipe for pre-training, which names it as its anchor."""


def write_starter(folder: Path, purpose: Purpose) -> list[Path]:
    """Write the starter recipe of a purpose into `folder`, made if need be. InputError when one is there already.

    The answer is what was written; for pre-training that is a folder of text, too.
    """
    path = folder / _NAME
    if path.exists():
        raise InputError(
            "there is a recipe already", where=path, mend="name another folder: sterling init other-folder"
        )
    if folder.exists() and not folder.is_dir():
        raise InputError("this is a file, not a folder", where=folder, mend="name a folder")
    text = (resources.files("sterling.recipes") / "starters" / f"{purpose}.yaml").read_text(encoding="utf-8")
    write_text(path, text)
    return [path, *_texts(folder / _TEXTS)] if purpose == "pretraining" else [path]


def _texts(folder: Path) -> list[Path]:
    """Python's own documentation by topic, a file each, as this interpreter has it; nothing where the folder is there.

    People wrote it, it is under PSF-2.0, and it is on every machine: a folder of text that needs no network.
    """
    from pydoc_data.topics import topics  # noqa: PLC0415 - half a megabyte that nothing else wants

    if folder.exists():
        return []
    for name, text in topics.items():
        write_text(folder / f"{name}.txt", text.strip() + "\n")
    return [folder]
