"""The frozen tail as questions: what a model is asked, what its answer is judged by, and which band an item is in."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sterling.collapse.models import Form, Tail
from sterling.curate.impact.tails import BANDS
from sterling.errors import InputError
from sterling.records import Fault, canonical_json, digest, payload_text
from sterling.registry import Item
from sterling.sources import tail_rows
from sterling.text.rarity import DocumentFrequencies

_UNSAID = "unsaid"
"""Band of a row without one, where others have one."""
_PROGRAMS = frozenset({"tests", "examples", "cases", "stdin_cases"})
_FORMS: Mapping[str, Form] = {"answer": "calculation", "json_schema": "json"}


class TailItem(NamedTuple):
    """One real item."""

    id: str
    """What its row calls itself, else where it stands: `tail.jsonl:12`."""
    chat: tuple[Mapping[str, Any], ...]
    """What a model is asked."""
    prompt: Any
    """The same as the row has it, for whoever judges: a text or messages."""
    reference: Mapping[str, Any]
    band: str | None
    """Of a column `band`."""

    @property
    def question(self) -> str:
        """The messages as text."""
        return payload_text({"messages": [dict(turn) for turn in self.chat]})

    @property
    def form(self) -> Form:
        """How solutions of it are told apart."""
        if _PROGRAMS & self.reference.keys():
            return "program"
        return next((form for key, form in _FORMS.items() if key in self.reference), "text")


class Paper(NamedTuple):
    """The whole tail."""

    items: list[TailItem]
    tail: Tail
    faults: list[Fault]
    """Rows that nobody can be examined on."""
    banded: str
    """What the bands are made of, in words."""


def read_paper(path: str, needs: Collection[str], real: Iterable[str] | None = None) -> Paper:
    """The items of a file, each once, in its order. `needs`: keys of `reference` of which an item must have one.

    `real`: texts in which words are counted, where the file has no column `band`; unsaid, the items themselves.
    SourceError for a file that cannot be read, InputError where no row of it can be asked and judged.
    """
    items: dict[str, TailItem] = {}
    faults: list[Fault] = []
    names: set[str] = set()
    for found in tail_rows(path):
        made = found if isinstance(found, Fault) else _item(found, needs, names)
        if isinstance(made, Fault):
            faults.append(made)
            continue
        key = digest(canonical_json([dict(turn) for turn in made.chat]), canonical_json(made.reference))
        if items.setdefault(key, made) is not made:
            said = f"the same question with the same reference as {items[key].id}: it counts once"
            faults.append(Fault(made.id, "source", "repeated", said))
    if not items:
        raise InputError(_nothing(faults), where=path, mend=_mend(needs))
    tail, banded = _banded(list(items.values()), real)
    return Paper(list(items.values()), tail, faults, banded)


def _item(found: Item, needs: Collection[str], names: set[str]) -> TailItem | Fault:
    place = found.row if found.given_id is None or found.given_id in names else found.given_id
    names.add(place)
    chat = asked_in(found.payload)
    if chat is None:
        return Fault(place, "source", "no_prompt", "the row has neither a `prompt` nor a message of a user to answer")
    reference = found.reference or {}
    if needs and {*needs}.isdisjoint(reference):
        return Fault(place, "source", "no_reference", f"its `reference` has no {_listed(needs)}")
    prompt = found.payload.get("prompt", chat)
    return TailItem(place, tuple(chat), prompt, reference, found.tags[0] if found.tags else None)


def asked_in(payload: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The messages that a payload asks: its `prompt`, or its chat as far as the last thing a user says."""
    prompt = payload.get("prompt")
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}] if prompt.strip() else None
    turns = [dict(turn) for turn in prompt or payload.get("messages") or ()]
    last = max((at for at, turn in enumerate(turns) if turn.get("role") == "user"), default=None)
    return None if last is None else turns[: last + 1]


def _banded(items: Sequence[TailItem], real: Iterable[str] | None) -> tuple[Tail, str]:
    if any(item.band is not None for item in items):
        bands = {item.id: item.band or _UNSAID for item in items}
        sizes = Counter(bands.values())
        known = [band for band in BANDS if band in sizes]
        others = sorted(sizes.keys() - {*known}, key=lambda band: (-sizes[band], band))
        return Tail(bands, (*known, *others)), "the column `band`"
    seen = DocumentFrequencies.of((item.question for item in items) if real is None else real)
    rarity = [seen.rarity(item.question) for item in items]
    edges = np.quantile(rarity, [0.25, 0.5, 0.75])
    places = np.searchsorted(edges, rarity, "left")
    told = "quarters of the items by how rare their words are " + (
        "among the items" if real is None else f"in {seen.texts:,} real texts"
    )
    bands = {item.id: BANDS[place] for item, place in zip(items, places, strict=True)}
    return Tail(bands, [band for band in BANDS if band in bands.values()]), told


def _nothing(faults: Sequence[Fault]) -> str:
    first = faults[0] if faults else None
    told = "" if first is None else f"; {first.where}: {first.message}"
    return f"no row of {len(faults)} can be asked and judged{told}"


def _mend(needs: Collection[str]) -> str:
    judged = f" and `reference` with {_listed(needs)}" if needs else ""
    return f"give each row `prompt` (or `messages`){judged}, as `sterling check` reads them"


def _listed(needs: Collection[str]) -> str:
    return " or ".join(f"`{key}`" for key in sorted(needs))
