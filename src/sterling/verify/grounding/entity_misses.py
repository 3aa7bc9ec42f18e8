"""Near misses of a grounded answer: one claim changed so that its passages certainly do not support it.

Certain are: a number, date, name or quoted word that no passage has (`changed_number`, `changed_date`,
`changed_entity`, `changed_quote`), the ends of a range or two counted things exchanged (`swapped_dates`,
`swapped_numbers`), and the opposite of a sentence that a passage has word for word (`negated`). Two names of the
passages exchanged are not made: they may be one person's, or both did it.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from sterling.records import Record, digest
from sterling.registry import NearMiss
from sterling.text import plain_words
from sterling.verify.grounding.assertions import answer_text, claims_of, plain, with_answer
from sterling.verify.grounding.containment import Ground, Passage, ground
from sterling.verify.grounding.entities import Entity, entities
from sterling.verify.grounding.passages import own_passages
from sterling.verify.grounding.quantities import Date, Quantity, quantities
from sterling.verify.grounding.quotes import quotes

_NAMES = (
    "Oswin Tarnholt", "Belmara Quist", "Port Ellendry", "Karvosia", "Lake Umbrin", "Thessaly Wrenford", "Mount Dragev",
    "Norvale Institute", "Ysolde Pemberwick", "Castor Blythe", "Grimsund", "Halvard Okonjo", "Fenwick & Stroud",
)  # fmt: skip
"""Made up, so that no passage has them but by chance; whether one does is looked up."""
_WORDS = ("marble", "thirteenth", "reluctantly", "violet", "abandoned", "paper", "northern", "whispering", "copper")
Edit = tuple[int, int, str]
"""Start, end, and what stands there instead."""


def near_misses(record: Record, seed: int) -> list[NearMiss]:
    """At most one of each kind. None for an answer that is not one string, or a record without passages of its own."""
    answer, passages = answer_text(record), own_passages(record.reference)
    if answer is None or isinstance(passages, str):
        return []
    drawn = random.Random(digest(str(seed), record.id))  # noqa: S311 - nothing secret hangs on it
    made = ((kind, miss) for kind, miss in misses_of(plain(answer), passages, drawn))
    payloads = ((kind, with_answer(record, miss)) for kind, miss in made)
    return [NearMiss(replace(record, payload=payload), kind) for kind, payload in payloads if payload is not None]


def misses_of(answer: str, passages: Sequence[Passage], drawn: random.Random) -> Iterator[tuple[str, str]]:
    """(kind, the answer with one claim changed) for each kind that can be made of a `plain` answer."""
    grounds = [ground(passage.text) for passage in passages]
    claims = claims_of(answer)
    drawn.shuffle(claims)
    for kind, change in _KINDS.items():
        found = ((claim, edits) for claim in claims if claim in answer and (edits := change(claim, grounds, drawn)))
        claim, edits = next(found, ("", []))
        if edits:
            yield kind, answer.replace(claim, _edited(claim, edits), 1)


def _edited(claim: str, edits: Sequence[Edit]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        claim = claim[:start] + text + claim[end:]
    return claim


def _changed_number(claim: str, grounds: Sequence[Ground], drawn: random.Random) -> list[Edit]:
    """A whole number; one with a fraction or an exponent would need another kind of change."""
    for one in quantities(claim):
        written = _WHOLE.match(claim, one.start)
        if one.kind == "number" and written and not one.hedged:
            value = int(written[0].replace(",", ""))
            return [(*written.span(), _another(value, max(3, value // 5), grounds, drawn))]
    return []


_WHOLE = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![\w,./^]*[0-9])|[0-9]{1,12}(?![\w,./^]*[0-9]|/)")


def _another(number: int, within: int, grounds: Sequence[Ground], drawn: random.Random) -> str:
    """A number not far from this one that no passage has, as a bare number, a share or a year."""
    while True:
        number += drawn.choice((-1, 1)) * drawn.randint(1, within)
        if number > 1 and not any(_has(ground, quantities(str(number))[0]) for ground in grounds):
            return str(number)


def _has(ground: Ground, one: Quantity) -> bool:
    return any(ground.numbers.holds(one._replace(unit=unit)) for unit in ("", "%", "%-point"))


def _changed_date(claim: str, grounds: Sequence[Ground], drawn: random.Random) -> list[Edit]:
    for one in quantities(claim):
        year = re.search(r"[0-9]{4}", claim[one.start : one.end])
        if isinstance(one.value, Date) and one.value.year and year:
            other = _another(one.value.year, 30, grounds, drawn)
            return [(one.start + year.start(), one.start + year.end(), other.zfill(4))]
    return []


def _changed_entity(claim: str, grounds: Sequence[Ground], drawn: random.Random) -> list[Edit]:
    named = [one for one in entities(claim) if len(one.text) > 2]
    names = [name for name in _NAMES if not any(ground.names.holds(Entity(name, 0, 0)) for ground in grounds)]
    if not named or not names:
        return []
    one = drawn.choice(named)
    possessive = "'s" if one.text.endswith(("'s", "s'")) else ""
    return [(one.start, one.end, drawn.choice(names) + possessive)]


def _changed_quote(claim: str, grounds: Sequence[Ground], drawn: random.Random) -> list[Edit]:
    for quote in quotes(claim):
        words = [word for word in re.finditer(r"[a-z]{4,}", quote.text) if word[0] not in _WORDS]
        others = [word for word in _WORDS if not any(word in ground.vocabulary for ground in grounds)]
        if words and others:
            word = drawn.choice(words)
            return [(quote.start + word.start(), quote.start + word.end(), drawn.choice(others))]
    return []


_RANGE = re.compile(r"(?i)\b(?:from|between) ([0-9]{4}) (?:to|until|and) ([0-9]{4})\b|\(([0-9]{4}) ?- ?([0-9]{4})\)")


def _swapped_dates(claim: str, _grounds: Sequence[Ground], _drawn: random.Random) -> list[Edit]:
    for match in _RANGE.finditer(claim):
        first, last = (1, 2) if match[1] else (3, 4)
        if match[first] < match[last]:
            return [(*match.span(first), match[last]), (*match.span(last), match[first])]
    return []


_COUNTED = re.compile(r"(?<![\w.,$-])([0-9][0-9,]*) ([a-z]{4,})\b")


def _swapped_numbers(claim: str, grounds: Sequence[Ground], _drawn: random.Random) -> list[Edit]:
    """Of two things that are counted, where no passage counts either of them so."""
    counted = [match for match in _COUNTED.finditer(claim) if match[2] not in _NO_THINGS]
    for one, other in pairwise(counted):
        crossed = [f"{one[1]} {other[2]}", f"{other[1]} {one[2]}"]
        if one[1] != other[1] and one[2] != other[2] and not any(_says(grounds, said) for said in crossed):
            return [(*one.span(1), other[1]), (*other.span(1), one[1])]
    return []


_NO_THINGS = frozenset({
    "million", "billion", "thousand", "hundred", "percent", "more", "less", "times", "other", "which", "that",
    "with", "from", "have",
})  # fmt: skip
_NEGATED = re.compile(
    r"\b(is|are|was|were|has been|have been|had been|can|will|could|does|did)\b(?! (?:not|only|n't|also|so|as)\b)"
)


def _negated(claim: str, grounds: Sequence[Ground], _drawn: random.Random) -> list[Edit]:
    verb = _NEGATED.search(claim)
    if not verb or _HEDGED.search(claim) or not _says(grounds, claim):
        return []
    first = re.match(r"\w+", verb[0])
    at = verb.start() + (first.end() if first else 0)
    return [(at, at, " not")]


_HEDGED = re.compile(
    r"(?i)\b(?:not|never|no|if|whether|unless|or|may|might|perhaps|sometimes|often|neither|nor)\b|n't|\?"
)


def _says(grounds: Sequence[Ground], claim: str) -> bool:
    words = f" {' '.join(plain_words(claim))} "
    return any(ground.wording.reads(words) for ground in grounds)


_KINDS: dict[str, Callable[[str, Sequence[Ground], random.Random], list[Edit]]] = {
    "changed_number": _changed_number, "changed_date": _changed_date, "changed_entity": _changed_entity,
    "changed_quote": _changed_quote, "swapped_dates": _swapped_dates, "swapped_numbers": _swapped_numbers,
    "negated": _negated,
}  # fmt: skip
