"""What can be said against releasing what a model wrote, under the terms that it names."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from sterling.models.endpoint import Endpoint
from sterling.models.terms.entry import AT_HOME, USES, Terms, UseKind, place_of
from sterling.models.terms.registry import Registry, nearest


class Served(NamedTuple):
    """A model, and where it answered."""

    model: str | None
    """None where only the rows of a file say it."""
    places: frozenset[str]
    """Its host, and what a recipe calls the service. Empty: nobody knows."""
    terms: str | None
    """The entry that it names."""

    @classmethod
    def by(cls, endpoint: Endpoint) -> Self:
        """As a recipe describes it. `local` is told by the host, whatever the service is called."""
        label = {endpoint.service} - {None, AT_HOME}
        host = place_of(urlsplit(endpoint.endpoint).hostname or "")
        return cls(endpoint.model, frozenset({host, *(one for one in label if one)}), endpoint.terms)

    @classmethod
    def said(cls, model: str | None, service: str | None, terms: str | None) -> Self:
        """As a record or a file of completions says it. A word without a dot is what somebody calls a service."""
        host = place_of(service) if service and "." in service else service
        return cls(model, frozenset(one for one in (service, host) if one), terms)

    def __str__(self) -> str:
        who = "a model that its rows name" if self.model is None else f"`{self.model}`"
        return f"{who} ({', '.join(sorted(self.places)) or 'nobody says where'})"


class Doubt(NamedTuple):
    """One thing that stands against it."""

    reason: str
    """`unnamed`, `unknown`, `elsewhere`, `unreviewed`, `postdated`, `stale`, `prohibited`, `silent`, `conditional` or
    `unsaid`."""
    what: str
    mend: str


def today() -> date:
    """The day on which terms are judged, in UTC."""
    return datetime.now(UTC).date()


def doubts(served: Served, use: UseKind | None, known: Registry, day: date) -> list[Doubt]:
    """Everything against it: none means known, meant for this model there, reviewed, current, and permitting the use.

    `use` None is an intended use whose kind nobody said: only terms that permit every kind are content with it.
    """
    if served.terms is None:
        return [Doubt("unnamed", f"{served} names no terms", _name_one(served, known))]
    if served.terms not in known:
        return [Doubt("unknown", f"{served} names the terms `{served.terms}`, which nobody describes",
                      nearest(served.terms, known))]  # fmt: skip
    entry = known[served.terms]
    return [*_elsewhere(served, entry, known), *_unread(entry, day), *_use(entry, use)]


def candidates(served: Served, known: Registry) -> list[str]:
    """Ids of the entries that speak of this model there."""
    if served.model is None:
        return []
    return [one.id for one in known.values() if one.applies.of(served.model) and one.applies.at(served.places)]


def _name_one(served: Served, known: Registry) -> str:
    if not served.places:
        return "say where it answered (`service: local`, or a host) and `terms: ID`; `sterling terms` lists them"
    found = candidates(served, known)
    if found:
        return f"say `terms: {found[0]}`, which speaks of it" + (f" (or {', '.join(found[1:])})" if found[1:] else "")
    return "no entry speaks of it: describe its terms in a folder of your own, as docs/models.md shows, and name them"


def _elsewhere(served: Served, entry: Terms, known: Registry) -> Iterator[Doubt]:
    applies = entry.applies
    if not served.places and not applies.at(served.places):
        mend = f"say `service:` where it is named; `{entry.id}` speaks of {', '.join(applies.services)}"
        yield Doubt("elsewhere", f"nobody says where {served.model or 'the model'} answered", mend)
    elif not applies.at(served.places) or (served.model is not None and not applies.of(served.model)):
        models = ", ".join(applies.models) or "every model"
        what = f"`{entry.id}` speaks of {models} at {', '.join(applies.services)}, not of {served}"
        yield Doubt("elsewhere", what, _name_one(served, known))


def _unread(entry: Terms, day: date) -> Iterator[Doubt]:
    state = entry.state(day)
    mend = f"read {entry.document.url}, then `sterling terms review {entry.id} --by NAME --to FOLDER`; the recipe says "
    mend += "`terms: FOLDER`"
    if state == "unreviewed":
        yield Doubt(state, f"nobody has reviewed `{entry.id}`", mend)
    elif state == "postdated":
        yield Doubt(state, f"the review of `{entry.id}` is dated {entry.reviewed}, which has not come", mend)
    elif state == "stale":
        what = f"`{entry.id}` was reviewed by {entry.reviewer} on {entry.reviewed}, over {entry.valid_days} days ago"
        yield Doubt(state, what, mend)


def _use(entry: Terms, use: UseKind | None) -> Iterator[Doubt]:
    if use is None:
        yield from _any_use(entry)
    elif use not in entry.uses:
        mend = f"read {entry.document.url}; add `{use}` to a copy of the entry in a folder of your own"
        yield Doubt("silent", f"`{entry.id}` says nothing of the use `{use}`", mend)
    elif entry.uses[use].says == "prohibited":
        mend = "take another model, ask the provider, or waive with the reason and your name"
        yield Doubt("prohibited", f"`{entry.id}` prohibits the use `{use}`", mend)
    elif not entry.uses[use].settled:
        what = f"`{entry.id}` permits `{use}` only if {'; and '.join(entry.uses[use].conditions)}"
        mend = f"say why that holds: `sterling terms review {entry.id} --by NAME --holds '{use}=WHY'`"
        yield Doubt("conditional", what, mend)


def _any_use(entry: Terms) -> Iterator[Doubt]:
    if not all(use in entry.uses and entry.uses[use].settled for use in USES):
        what = f"`{entry.id}` does not permit every use, and the recipe does not say its kind"
        mend = f"`intended_use: {{kind: KIND, text: …}}`; KIND is one of {', '.join(USES)}"
        yield Doubt("unsaid", what, mend)
