"""The file of principles that `constitution` goes by: who stands for it, since when, and what it says."""

import datetime
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from sterling.generate.talks.written import parse_written, text_of_file, wrong
from sterling.models.terms.signing import is_nobody
from sterling.records import digest

_MEND = "it wants `reviewer:`, `date:` and `principles:`; docs/strategies.md shows one"


def _somebody(name: str) -> str:
    if is_nobody(name):
        raise wrong(f"`reviewer: {name}` is nobody", "write the name of the person who has read these principles")
    return name


def _past(date: datetime.date) -> datetime.date:
    if date > datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1):
        raise wrong(f"`date: {date}` is still to come", "write the day on which the principles were reviewed")
    return date


class Principles(BaseModel):
    """What a person has said that answers shall be held to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reviewer: Annotated[str, AfterValidator(_somebody)]
    """Who has read them and stands for them."""
    date: Annotated[datetime.date, AfterValidator(_past)]
    """When."""
    principles: Mapping[str, Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]] = Field(
        min_length=1
    )
    """Name and wording of each."""


class Reviewed(NamedTuple):
    """The principles of a file, and what provenance says of them."""

    said: Principles
    digest: str
    """Of the file's text."""

    @property
    def provenance(self) -> dict[str, str]:
        """Which principles, who stands for them, and since when."""
        return {"digest": self.digest, "reviewer": self.said.reviewer, "date": self.said.date.isoformat()}


def read_principles(path: str) -> Reviewed:
    """The principles in a YAML file. InputError with the line, also for a reviewer who is a placeholder."""
    return _parsed(path, text_of_file(path))


@lru_cache(maxsize=8)
def _parsed(path: str, text: str) -> Reviewed:
    return Reviewed(parse_written(Principles, path, text, _MEND), digest(text))
