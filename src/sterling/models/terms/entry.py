"""`Terms`: what one document allows with what a model wrote, where it applies, and who has read it."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sterling.models.yaml_file import Patterns

UseKind = Literal["domain-model", "general-model", "evaluation", "research", "internal"]
"""What the data is for: a model for a narrow domain or task that competes with no general one; a general model;
measuring models; research that is published; use that stays in the house."""
USES: tuple[UseKind, ...] = get_args(UseKind)
Says = Literal["permitted", "conditional", "prohibited"]
State = Literal["unreviewed", "postdated", "stale", "reviewed"]
"""Of an entry's review, on a day. Only the last one counts."""

AT_HOME = "local"
"""The service of weights that somebody serves for himself."""
ANYWHERE = "*"
_HOME_SUFFIXES = (".localhost", ".local", ".lan", ".internal", ".home.arpa")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, str_strip_whitespace=True)


def _as_text(value: Any) -> Any:
    """YAML reads `2025-06-17` as a date and `2.0` as a number."""
    return str(value) if isinstance(value, date | int | float) and not isinstance(value, bool) else value


class Document(_Part):
    """The text that says it."""

    title: str = Field(min_length=1)
    url: str = Field(pattern="^https?://")
    version: Annotated[str, BeforeValidator(_as_text)]
    """As the document calls it, or its date."""
    digest: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """SHA-256 of the file that was reviewed. None: nobody kept the text that was read."""


class Applies(_Part):
    """To which models, and where they are served: weights at home and a hosted service are under different terms."""

    models: Patterns = ()
    """Regular expressions, matched from the start of a word of a model's name, case apart. Empty: every model."""
    services: tuple[str, ...] = Field(min_length=1)
    """Hosts, or what a recipe calls a `service`; `local` for servers of one's own; `*` for any."""

    def of(self, model: str) -> bool:
        """Whether a model of this name is meant."""
        found = (re.search(rf"(?<![a-z0-9])(?:{one})", model, re.IGNORECASE) for one in self.models)
        return not self.models or any(found)

    def at(self, places: frozenset[str]) -> bool:
        """Whether something that is served there is meant. Where that is unknown, only `*` says yes."""
        return ANYWHERE in self.services or not places.isdisjoint(self.services)


class Use(_Part):
    """What the document says of one kind of use."""

    says: Says
    conditions: tuple[str, ...] = ()
    """What must hold, each in a sentence."""
    held: str | None = None
    """Why the conditions hold, in the words of the one who reviewed it."""

    @model_validator(mode="before")
    @classmethod
    def _one_word(cls, data: Any) -> Any:
        return {"says": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _conditions_belong(self) -> Self:
        if (self.says == "conditional") != bool(self.conditions):
            raise ValueError("`conditional` needs `conditions`, and nothing else has any")
        if self.held is not None and self.says != "conditional":
            raise ValueError(f"`held` answers conditions, and this is {self.says}")
        return self

    @property
    def settled(self) -> bool:
        """Whether nothing stands in the way of it."""
        return self.says == "permitted" or self.held is not None


class Origin(_Part):
    """Where the words of an entry come from."""

    url: str = Field(pattern="^https?://")
    seen: date
    """When it was looked at."""
    how: str
    """In which form: the page, a stored copy of unknown age, a quotation by others."""


class Terms(_Part):
    """An entry of the registry: one document."""

    id: str = Field(pattern="^[a-z0-9][a-z0-9._-]*$", max_length=80)
    """As a model's `terms:` names it, and as its file is called."""
    provider: str = Field(min_length=1)
    document: Document
    applies: Applies
    uses: Mapping[UseKind, Use] = Field(min_length=1)
    """By the kind of use. Of a kind that is missing the document says nothing."""
    says: str = Field(min_length=1)
    """The document's words on training, shortly and in words of our own. Not legal advice."""
    duties: tuple[str, ...] = ()
    """What follows for whoever passes on the data or a model trained with it: names, notices."""
    sources: tuple[Origin, ...] = ()
    reviewer: str | None = Field(default=None, min_length=1)
    """The person who has read the document and answers for this entry."""
    reviewed: date | None = None
    valid_days: int = Field(default=180, ge=1)
    """Documents change: after so many days the review is stale."""

    @model_validator(mode="after")
    def _signed_whole(self) -> Self:
        if (self.reviewer is None) != (self.reviewed is None):
            raise ValueError("`reviewer` and `reviewed` come together: who has read it, and when")
        return self

    def state(self, today: date) -> State:
        """Of its review. A date of tomorrow is another time zone's; a later one is a mistake."""
        if self.reviewed is None:
            return "unreviewed"
        if self.reviewed > today + timedelta(days=1):
            return "postdated"
        return "stale" if today > self.reviewed + timedelta(days=self.valid_days) else "reviewed"


def place_of(host: str) -> str:
    """`local` for loopback, private addresses and names that no public network resolves; else the host itself.

    Not guaranteed: that what answers there runs the weights. A gateway may pass questions on to a hosted service.
    """
    name = host.strip("[]").lower()
    try:
        return AT_HOME if ipaddress.ip_address(name).is_private else name
    except ValueError:
        return AT_HOME if name and ("." not in name or name.endswith(_HOME_SUFFIXES)) else name
