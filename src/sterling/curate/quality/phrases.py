"""Rules that look for phrases: which there are, and where they stand in a column of texts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sterling.curate.quality.limits import PROFILES, Outcome, Profile
from sterling.models import yaml_file
from sterling.models.yaml_file import Patterns

_START, _END = 200, 300
"""Characters that `start` and `end` look at."""
MEND = "see src/sterling/curate/quality/phrases.yaml for the form: `groups: {reason: {outcome: flag, patterns: [...]}}`"
_PLAIN = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|[ ']")
_MEANT = {" ": r"(?:\s+)", "'": "['\u2019]"}


def _searchable(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Those that Arrow can look for. It knows no look-around and no back references, as they cost time."""
    for pattern in patterns:
        try:
            pc.match_substring_regex(pa.array([""]), widened(pattern))
            _expression((pattern,))
        except (pa.ArrowInvalid, re.error) as error:
            raise ValueError(f"`{pattern}` cannot be searched for: {error}") from None
    return patterns


class Group(BaseModel):
    """One rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    outcome: Outcome
    patterns: Annotated[Patterns, AfterValidator(_searchable)] = Field(min_length=1)
    profiles: tuple[Profile, ...] = PROFILES
    within: Literal["text", "start", "end"] = "text"
    language: str | None = None
    """ISO 639-1 code of the words; None if they are no language's."""
    source: str = ""


class PhraseFile(BaseModel):
    """What a file of phrases says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    groups: Mapping[str, Group] = {}


class Hit(NamedTuple):
    """A group found in a text."""

    row: int
    number: int
    """Of its places."""
    first: str
    """As it stands there."""


def widened(pattern: str) -> str:
    """What a pattern of the file means: any white space for a space, either apostrophe. Not within `[...]`."""
    return _PLAIN.sub(lambda found: _MEANT.get(found[0], found[0]), pattern)


@cache
def ours() -> Mapping[str, Group]:
    """The groups that come with the house."""
    with resources.as_file(resources.files("sterling.curate.quality") / "phrases.yaml") as path:
        return yaml_file.read(PhraseFile, path, MEND).groups


def joined(own: Path | None) -> Mapping[str, Group]:
    """Ours and those of a person's own file. Of the same name, theirs says the outcome and adds its patterns."""
    groups = dict(ours())
    theirs = yaml_file.read(PhraseFile, own, MEND).groups if own else {}
    for name, group in theirs.items():
        known = groups.get(name, group.model_copy(update={"patterns": ()}))
        patterns = (*known.patterns, *group.patterns)
        groups[name] = known.model_copy(update={"patterns": patterns, "outcome": group.outcome})
    return groups


def find(texts: pa.StringArray, groups: Mapping[str, Group]) -> Iterator[tuple[str, Hit]]:
    """Where groups are found in a column, by name. One search for all of them tells which texts are read again."""
    likely = matching(texts, [pattern for group in groups.values() for pattern in group.patterns])
    some = texts.take(pa.array(likely, pa.int64()))
    for name, group in groups.items() if likely else ():
        for at in matching(some, group.patterns):
            hit = _hit(likely[at], some[at].as_py(), group)
            if hit is not None:
                yield name, hit


def _hit(row: int, text: str, group: Group) -> Hit | None:
    part = {"text": text, "start": text[:_START], "end": text[-_END:]}[group.within]
    found = [one[0] for one in _expression(group.patterns).finditer(part)]
    return Hit(row, len(found), found[0].strip()) if found else None


def matching(texts: pa.StringArray, patterns: Sequence[str]) -> list[int]:
    """Rows that hold what one of the patterns says, case apart."""
    if not patterns:
        return []
    whole = "|".join(f"(?:{widened(one)})" for one in patterns)
    return np.flatnonzero(pc.match_substring_regex(texts, whole, ignore_case=True).to_numpy(False)).tolist()


@cache
def _expression(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """In Python's words, where flags of a part are written otherwise."""
    whole = "|".join(f"(?:{_python(widened(one))})" for one in patterns)
    return re.compile(whole, re.IGNORECASE | re.ASCII)


def _python(pattern: str) -> str:
    return f"(?m:{pattern.removeprefix('(?m)')})" if pattern.startswith("(?m)") else pattern
