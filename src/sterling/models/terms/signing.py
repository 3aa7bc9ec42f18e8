"""A review: a person signs a copy of an entry, in a folder of his own."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import get_args

import yaml

from sterling.errors import InputError
from sterling.models.terms.entry import Terms, Use, UseKind
from sterling.records.files import write_text

_NOBODY = re.compile(
    r"^\W*(?:(?:your|the|first|last|full|reviewer'?s?)\W*)*name\W*$|^\W*(?:todo|tbd|n/?a|none|nobody|x+)?\W*$",
    re.IGNORECASE,
)
_HEAD = "# Terms of models: signed by the person below, who has read the document. `sterling terms` shows it.\n"


def is_nobody(name: str) -> bool:
    """Whether it is empty, or a placeholder for a person's name: `YOUR NAME`, `todo`, `n/a`."""
    return _NOBODY.match(name) is not None


def signed(
    entry: Terms, by: str, on: date, document: bytes | None = None, held: Mapping[str, str] | None = None
) -> Terms:
    """The entry with a reviewer and a date, and the digest of the text that was read, if it is given.

    `held` says, by the kind of use, why its conditions hold. InputError where there are none, or nobody signs.
    A digest of an earlier review goes: it was of the text that was read then.
    """
    name = by.strip()
    if not name:
        raise InputError("a review has a name", mend='--by "J. Doe"')
    if is_nobody(name):
        raise InputError(f"`{name}` is nobody", mend="write the name of the person who has read the document")
    digest = None if document is None else hashlib.sha256(document).hexdigest()
    uses = dict(entry.uses) | {_conditional(entry, kind): _held(entry, kind, why) for kind, why in (held or {}).items()}
    made = entry.model_copy(
        update={
            "document": entry.document.model_copy(update={"digest": digest}),
            "uses": uses, "reviewer": name, "reviewed": on,
        }
    )  # fmt: skip
    return Terms.model_validate(made.model_dump())


def write(entry: Terms, folder: Path) -> Path:
    """Write it as a file of a user's folder, made if need be; an earlier copy of the same id is replaced."""
    said = entry.model_dump(mode="json", exclude_defaults=True)
    path = folder / f"{entry.id}.yaml"
    write_text(path, _HEAD + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=110))
    return path


def _conditional(entry: Terms, kind: str) -> UseKind:
    found = next((use for use in get_args(UseKind) if use == kind), None)
    if found is None or found not in entry.uses or entry.uses[found].says != "conditional":
        conditional = [use for use, one in entry.uses.items() if one.says == "conditional"]
        mend = f"it has for {', '.join(conditional)}" if conditional else "leave out --holds"
        raise InputError(f"`{entry.id}` has no conditions for the use `{kind}`", mend=mend)
    result: UseKind = found
    return result


def _held(entry: Terms, kind: str, why: str) -> Use:
    if not why.strip():
        raise InputError(f"nothing says why the conditions of `{kind}` hold", mend=f"--holds '{kind}=WHY'")
    return entry.uses[_conditional(entry, kind)].model_copy(update={"held": why.strip()})
