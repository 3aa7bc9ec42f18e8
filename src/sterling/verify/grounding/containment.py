"""What of a claim its passages must contain word for word: quotations, numbers, names.

Containment refutes and never proves: a claim whose number stands nowhere is not supported, but one whose numbers and
names all stand there may still say something else (`not`, two names swapped).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sterling.text import plain_words
from sterling.verify.grounding.assertions import plain
from sterling.verify.grounding.entities import Names, entities
from sterling.verify.grounding.quantities import Numbers, Quantity, quantities
from sterling.verify.grounding.quotes import Wording, quotes


class Passage(NamedTuple):
    """A text that claims are held against."""

    id: str
    text: str


class Item(NamedTuple):
    """A part of a claim that can be looked up."""

    kind: str
    """`quote`, `number`, `date` or `entity`."""
    text: str
    is_in: Callable[["Ground"], bool]


class Ground(NamedTuple):
    """One passage, read once."""

    wording: Wording
    numbers: Numbers
    names: Names
    vocabulary: frozenset[str]


class Finding(NamedTuple):
    """What containment says of one claim."""

    claim: str
    items: int
    """Parts that could be looked up."""
    missing: tuple[Item, ...] = ()
    """Of these, those that no passage has."""


def find(claims: Iterable[str], passages: Sequence[Passage]) -> list[Finding]:
    """Each `plain` claim against all passages: a part is there when one of them has it."""
    grounds = [ground(passage.text) for passage in passages]
    return [_finding(claim, grounds) for claim in claims]


def items_of(claim: str) -> Iterator[Item]:
    """The parts of a claim that can be looked up. `one`, `first` and `second` in words are no numbers of a claim."""
    for quote in quotes(claim):
        yield Item("quote", quote.text, lambda ground, one=quote: ground.wording.holds(one))  # type: ignore[misc]
    for quantity in quantities(claim):
        if not _is_idle(quantity):
            kind = "date" if quantity.kind == "date" else "number"
            said = claim[quantity.start : quantity.end]
            yield Item(kind, said, lambda ground, one=quantity: ground.numbers.holds(one))  # type: ignore[misc]
    for entity in entities(claim):
        yield Item("entity", entity.text, lambda ground, one=entity: ground.names.holds(one))  # type: ignore[misc]


def nearest(claim: str, passages: Sequence[Passage]) -> Passage:
    """The passage with most of the claim's words; the first of equals."""
    words = frozenset(plain_words(claim))
    return max(passages, key=lambda passage: len(words & ground(passage.text).vocabulary))


def ground(text: str) -> Ground:
    """A passage read for looking up. Those of ordinary length are remembered, because answers share them."""
    return _remembered(text) if len(text) <= _REMEMBERED else _read(text)


_REMEMBERED = 20_000
"""Characters; 256 passages of this length take some hundred megabytes when read."""


def _read(text: str) -> Ground:
    spelled = plain(text)
    numbers = Numbers(quantities(spelled))
    return Ground(Wording(spelled), numbers, Names(spelled), frozenset(plain_words(spelled)))


_remembered = lru_cache(maxsize=256)(_read)


def _finding(claim: str, grounds: Sequence[Ground]) -> Finding:
    items = list(items_of(claim))
    missing = tuple(item for item in items if not any(item.is_in(ground) for ground in grounds))
    return Finding(claim, len(items), missing)


def _is_idle(one: Quantity) -> bool:
    """Words that count nothing most of the time."""
    return one.worded and (one.value == 1 or (one.kind == "ordinal" and one.value == 2))
