"""`sterling init`: a commented recipe that runs as it is, offline, and says what to change for one's own data."""

from importlib import resources
from pathlib import Path

from sterling.errors import InputError
from sterling.recipes.models import Purpose
from sterling.records.files import write_text

_NAME = "recipe.yaml"


def write_starter(folder: Path, purpose: Purpose) -> list[Path]:
    """Write the starter recipe of a purpose into `folder`, made if need be. InputError when one is there already."""
    path = folder / _NAME
    if path.exists():
        raise InputError(
            "there is a recipe already", where=path, mend="name another folder: sterling init other-folder"
        )
    if folder.exists() and not folder.is_dir():
        raise InputError("this is a file, not a folder", where=folder, mend="name a folder")
    text = (resources.files("sterling.recipes") / "starters" / f"{purpose}.yaml").read_text(encoding="utf-8")
    write_text(path, text)
    return [path]
