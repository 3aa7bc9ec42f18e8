"""Every entry that is known: those that come with Sterling, and a user's own, which stand before them."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from sterling.errors import InputError
from sterling.models import yaml_file
from sterling.models.terms.entry import Terms

Registry = Mapping[str, Terms]
"""Entries by id."""


def registry(folder: Path | None = None) -> Registry:
    """What comes with Sterling and what lies in `folder`; an entry of the folder replaces ours of the same id.

    InputError names the file that is wrong. Nobody has reviewed ours for you, so none of them is signed.
    """
    return dict(sorted({**shipped(), **({} if folder is None else dict(_in(folder)))}.items()))


@cache
def shipped() -> Registry:
    """The entries that come with Sterling."""
    files = [one for one in resources.files(__package__).iterdir() if one.name.endswith(".yaml")]
    read = [Terms.model_validate(yaml.safe_load(one.read_text(encoding="utf-8"))) for one in files]
    return {one.id: one for one in sorted(read, key=lambda one: one.id)}


def lookup(id: str, known: Registry) -> Terms:  # noqa: A002 - the word of the domain
    """The entry of this id. InputError with the nearest one when there is none."""
    if id not in known:
        raise InputError(f"there are no terms `{id}`", mend=nearest(id, known))
    return known[id]


def nearest(id: str, known: Registry) -> str:  # noqa: A002
    """What to type in place of an id that is not known."""
    near = difflib.get_close_matches(id, known, n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`? `sterling terms` lists all" if near else "`sterling terms` lists what is known"


def _in(folder: Path) -> Iterator[tuple[str, Terms]]:
    if not folder.is_dir():
        mend = f"`sterling terms review ID --by NAME --to {folder}` writes a first entry into it"
        raise InputError("there is no such folder of terms", where=folder, mend=mend)
    for path in sorted(folder.glob("*.yaml")):
        entry = yaml_file.read(Terms, path, "`sterling terms show ID` prints one; docs/models.md explains its keys")
        if entry.id != path.stem:
            raise InputError(f"its id is `{entry.id}`", where=path, mend=f"call the file {entry.id}.yaml")
        yield entry.id, entry
