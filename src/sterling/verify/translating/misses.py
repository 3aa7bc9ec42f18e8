"""Near misses of a translation: wrong, and hard to tell."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace

from sterling.records import Record, digest
from sterling.registry import NearMiss
from sterling.verify.completions import answer_of, answering
from sterling.verify.grounding.assertions import plain
from sterling.verify.translating.numerals import numerals
from sterling.verify.translating.tongue import sentences

_WHOLE = re.compile(r"(?<![\w.,:/%-])[1-9][0-9]{0,8}(?![\w.,:/-]*[0-9]|\w)")


def near_misses(record: Record, language: str, seed: int) -> list[NearMiss]:
    """`wrong_number`, `dropped_sentence`, `untranslated`: each where it can be made, and all certainly wrong."""
    text, source = answer_of(record), (record.reference or {}).get("source_text")
    if text is None or not isinstance(source, str):
        return []
    drawn = random.Random(digest(str(seed), record.id))  # noqa: S311 - nothing secret hangs on it
    left = [] if "pivot_language" in (record.reference or {}) else [("untranslated", source)]  # no mistake there
    made = [*_numbers(text, language, drawn), *_sentences(text, source), *left]
    return [NearMiss(_without_way_back(answering(record, miss)), kind) for kind, miss in made]


def _numbers(text: str, language: str, drawn: random.Random) -> Iterator[tuple[str, str]]:
    """A whole number that the text does not have."""
    found = list(_WHOLE.finditer(text))
    if not found:
        return
    known = {reading for one in numerals(plain(text), language) for reading in one.readings}
    match = drawn.choice(found)
    value = int(match[0])
    others = [n for n in range(max(2, value - 9), value + 10) if n not in known and len(str(n)) == len(match[0])]
    if others:
        yield "wrong_number", text[: match.start()] + str(drawn.choice(others)) + text[match.end() :]


def _sentences(text: str, source: str) -> Iterator[tuple[str, str]]:
    """Without its longest sentence, where the source has several, too."""
    said = sentences(text)
    if len(said) > 1 and len(sentences(source)) > 1:
        longest = max(said, key=len)
        yield "dropped_sentence", text.replace(longest, "", 1).strip()


def _without_way_back(record: Record) -> Record:
    """The way back was that of the right translation."""
    reference = {key: value for key, value in (record.reference or {}).items() if key != "round_trip"}
    return replace(record, reference=reference)
