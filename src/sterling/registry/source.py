"""`Source`: real data in, one `Item` or fault a row."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import Field

from sterling.records import Fault, Origin
from sterling.registry.part import Part


class Item(NamedTuple):
    """One example as a source found it, before it has an origin, a role and an id."""

    payload: Mapping[str, Any]
    row: str
    """Where: `file.jsonl:12`, `textwrap.dedent`, or the user's own id."""
    group: str | None = None
    """Value of the `split_by` column; None when there is none, and the example stands for itself."""
    reference: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    origin: Origin | None = None
    """Set only where the rows themselves tell it apart; None means what the recipe attests."""
    given_id: str | None = None
    """What the row calls itself, if it has an `id`: for telling verdicts apart, not for identity."""


class Source(Part):
    """Real data in."""

    name: str
    """How the rest of the recipe refers to it."""
    origin: Origin = "unknown"
    """`human` only with `attested_by` and `attested_because`; `unknown` never counts as real."""
    attested_by: str | None = None
    """The person who says that the origin is so."""
    attested_because: str | None = None
    """How that person knows."""
    licence: str | None = None
    """SPDX identifier, or `proprietary`."""
    split_by: str | None = None
    """Column that says what belongs together (a person, a document, a module): it gets one role as a whole."""
    personal_data: bool = False
    max_bad_share: float = Field(default=0.05, ge=0, le=1)
    """The run stops when more than this share of the rows is bad."""
    invisible: Literal["strip", "keep"] = "strip"
    """`strip` takes out of the payload what nobody sees and nothing needs: zero-width marks, soft hyphens, hidden data
    (`text.invisible` has the rule). The record's tags tell it, the file stays as it is, and so does the reference."""

    def yields(self) -> Origin:
        """What its rows count as, as far as the recipe tells."""
        return self.origin

    @abstractmethod
    def read(self) -> Iterator[Item | Fault]:
        """Every row as an item or a fault, in a stable order, lazily. SourceError when nothing can be read at all."""

    def facts(self) -> Mapping[str, str]:
        """What only the source knows of itself, for provenance: versions, revisions. Licence when it is given away."""
        return {}
