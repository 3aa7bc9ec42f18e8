"""Where an answer stands in a text: numbers by value, anything else as a sequence of words."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from sterling.text import plain_word_spans, plain_words
from sterling.verify.grounding.assertions import plain
from sterling.verify.grounding.quantities import Date, Quantity, quantities
from sterling.verify.numbers.equality import Value, value_of
from sterling.verify.numbers.units import agree, unit_of

_AROUND = 40
"""Characters on either side of an occurrence that evidence shows."""
_SIGNIFICANT = 3
"""Digits from which on a number hardly stands in a question by chance."""
_SHORT = 4
"""Characters below which a single word may be any word."""
_EXPRESSION = 6
"""The same for an expression without words."""
_COMMON = frozenset({"yes", "no", "true", "false", "none", "both", "neither", "left", "right", "more", "less", "same"})
"""Answers that a question may name without meaning them."""
_OR = r"(?:or|oder|ou|eller|lub|veya|\u0438\u043b\u0438|\u0430\u0431\u043e)"
"""The word between alternatives, in some languages."""
_BEFORE = re.compile(rf"(?:\b{_OR}\s+(?:an?\s+|the\s+)?|/\s?)['\"(]?$")
_AFTER = re.compile(rf"['\")]?\s?(?:/|,?\s{_OR}\b)")
_LISTED = re.compile(rf"['\")]?(?:\s?,[^.?!]{{1,80}}?)+,?\s{_OR}\b")


class Occurrence(NamedTuple):
    """One place where a text says the answer."""

    shown: str
    """With what stands around it."""
    is_alternative: bool
    """It is one of the things that the question asks to choose between: `red or green?`."""


class Wanted(NamedTuple):
    """An answer, ready to be looked for."""

    text: str
    value: Value | None
    words: tuple[str, ...]

    @property
    def is_short(self) -> bool:
        """Whether a text may well have it by chance.

        That is a number of fewer than three significant digits (400 has one, 1.5 two), one word of up to three letters,
        words like `yes`, and an expression of up to five signs (`x+1`).
        """
        if self.value is not None:
            return _significant(Fraction(self.value.number)) < _SIGNIFICANT
        if not _WORDED.search(self.text) and len("".join(self.text.split())) < _EXPRESSION:
            return True
        joined = "".join(self.words)
        return len(self.words) == 1 and (len(joined) < _SHORT or joined in _COMMON)


def wanted(answer: str) -> Wanted | None:
    """None for an answer without a letter or digit."""
    text = plain(answer).strip()
    words = tuple(plain_words(text.casefold()))
    return Wanted(text, value_of(text), words) if words else None


def occurrences(one: Wanted, text: str) -> list[Occurrence]:
    """Every place of `text` that says the answer, in order.

    A number is one of the same value whose unit, if both name a known one, is the same; a year also within a date.
    Other answers are compared as words, case and punctuation apart; expressions and programs with their signs, white
    space apart.
    """
    said = plain(text)
    spans = _numbers(one.value, said) if one.value is not None else _phrases(one, said)
    return [Occurrence(_shown(said, start, end), _is_alternative(said, start, end)) for start, end in spans]


def _numbers(value: Value, text: str) -> list[tuple[int, int]]:
    return [(found.start, found.end) for found in quantities(text) if _is_equal(found, value)]


def _is_equal(found: Quantity, value: Value) -> bool:
    if isinstance(found.value, Date):
        return found.value.year is not None and found.value.year == value.number and not value.unit
    if found.kind != "number" or found.value != value.number:
        return False
    mine = value.unit if value.unit in {"%", "$", "\u20ac", "\u00a3", "\u00a5"} else unit_of(value.unit)
    return not mine or not found.unit or agree(mine, found.unit)


def _phrases(one: Wanted, text: str) -> list[tuple[int, int]]:
    folded = text.casefold()
    if _SIGNS.search(one.text) or not _WORDED.search(one.text):
        return _literal(one.text, text)
    spans = plain_word_spans(folded)
    words = tuple(folded[start:end] for start, end in spans)
    places = _places(one.words, words)
    same = len(folded) == len(text)
    return [(spans[at][0], spans[at + len(one.words) - 1][1]) if same else (0, 0) for at in places]


_WORDED = re.compile(r"[^\W\d_]{2}")
_SIGNS = re.compile(r"[=+*^<>{}\[\]();\\]")
"""What makes an expression or a program of an answer: there another sign is another answer."""


def _literal(answer: str, text: str) -> list[tuple[int, int]]:
    """An expression stands for itself, white space and case apart, and not within a longer word or number."""
    places = [at for at, char in enumerate(text) if not char.isspace()]
    packed, needle = "".join(text[at] for at in places).lower(), "".join(answer.split()).lower()
    if len(packed) != len(places):
        return []
    starts = (found.start() for found in re.finditer(re.escape(needle), packed))
    spans = [(places[at], places[at + len(needle) - 1] + 1) for at in starts]
    return [(start, end) for start, end in spans if not _is_within(text, start, end)]


def _is_within(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    opens, closes = text[start].isalnum(), text[end - 1].isalnum()
    return (opens and (before.isalnum() or before in {"_", "."})) or (closes and (after.isalnum() or after == "_"))


def _places(needle: Sequence[str], words: Sequence[str]) -> list[int]:
    size = len(needle)
    first = needle[0]
    return [at for at, word in enumerate(words) if word == first and tuple(words[at : at + size]) == tuple(needle)]


def _is_alternative(text: str, start: int, end: int) -> bool:
    folded = text.lower()
    before, after = folded[max(0, start - 12) : start], folded[end : end + 200]
    return bool(_BEFORE.search(before) or _AFTER.match(after) or _LISTED.match(after))


def _shown(text: str, start: int, end: int) -> str:
    return " ".join(text[max(0, start - _AROUND) : end + _AROUND].split())


def _significant(number: Fraction) -> int:
    """Digits of a decimal without the zeros at its ends; more than any other for a fraction that never ends."""
    value = abs(number)
    for _ in range(12):
        if value.denominator == 1:
            return len(str(value.numerator).strip("0"))
        value *= 10
    return _SIGNIFICANT
