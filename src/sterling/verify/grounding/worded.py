"""Numbers written in English words: `twenty-five`, `two hundred and fifty`, `two thirds`, `the twenty-first`."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

_DIGITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GREAT = ("thousand", "million", "billion", "trillion")
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth",
)  # fmt: skip
_PARTS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4} | {
    f"{_ORDINALS[n - 1]}{s}": n for n in range(3, 11) for s in ("", "s")
}
_VALUES = (
    {word: n for n, word in enumerate(("zero", *_DIGITS, *_TEENS))}
    | {word: 10 * n for n, word in enumerate(_TENS, 2)}
    | {word: n for n, word in enumerate(_ORDINALS, 1)}
)


def _one_of(words: tuple[str, ...] | dict[str, int]) -> str:
    return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"


_HUNDRED = rf"(?:{_one_of(_TENS)}(?:[ -]{_one_of(_DIGITS)}\b)?|{_one_of(('zero', *_DIGITS, *_TEENS))}\b)"
_REST = rf"{_HUNDRED}(?![ -]hundred)"
_THOUSAND = rf"(?:{_HUNDRED}[ -]hundred(?:(?:[ -]| and ){_REST})?|{_HUNDRED})"
_CARDINAL = rf"(?:{_THOUSAND}[ -]{_one_of(_GREAT)}\b(?:[ -]| and )?)*{_THOUSAND}(?:[ -]{_one_of(_GREAT)}\b)?"
_WORDED = re.compile(
    rf"\b(?:(?P<ordinal>(?:{_one_of(_TENS)}[ -])?{_one_of(_ORDINALS)})"
    rf"|(?P<cardinal>{_CARDINAL})(?:[ -](?P<part>{_one_of(_PARTS)}))?)\b",
    re.IGNORECASE,
)


class Worded(NamedTuple):
    """A number in words, and where it stands."""

    value: Fraction
    start: int
    end: int
    ordinal: bool = False


def worded(text: str) -> Iterator[Worded]:
    """Every number in words of a text. Traps: `half`, `a dozen` and `a hundred` are none, and `no one` holds one."""
    for match in _WORDED.finditer(text):
        if match["ordinal"]:
            yield Worded(Fraction(_sum(match["ordinal"])), *match.span(), True)
        else:
            parts = _PARTS[match["part"].lower()] if match["part"] else 1
            yield Worded(Fraction(_sum(match["cardinal"]), parts), *match.span())


def _sum(words: str) -> int:
    total = current = 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in _GREAT:
            total, current = total + current * 1000 ** (_GREAT.index(word) + 1), 0
        else:
            current = current * 100 if word == "hundred" else current + _VALUES.get(word, 0)
    return total + current
