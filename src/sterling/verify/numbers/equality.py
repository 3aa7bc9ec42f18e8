"""Whether two final answers are the same: as text, or as exact rational numbers of bounded length.

Nothing is evaluated, so `9**9**9` and `10^100000` are text like any other and cost nothing.
"""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

from sterling.verify.numbers.units import unit_of

Tier = Literal["exact", "rational", "symbolic"]
"""What decided that two answers are equal; `symbolic` is not used here."""

MAX_ANSWER = 2_000
"""Characters of an answer that are read. A longer one is equal to its own copy only."""
MAX_NUMBER = 120
"""Characters above which an answer is text, whatever it looks like."""


class Value(NamedTuple):
    """A rational number and what it counts."""

    number: Fraction | int
    unit: str = ""
    """Canonical: `%` for percent, `$` for dollars, plural and capital of longer words removed."""


def same(answer: str, expected: str) -> Tier | None:
    """What makes the two answers equal, or None.

    A number is never equal to a text, so `5 or 7` is not 5 and `(1,2)` is not `{1,2}`. Units must agree; the one that
    may be left out or added is the dollar, which solutions write as often as not. So 5 % is neither 5 nor 0.05, and
    `5 eggs` is not a bare 5: a verifier would have to know that the question was about eggs.
    """
    if answer.strip() == expected.strip():
        return "exact"
    if max(len(answer), len(expected)) > MAX_ANSWER:
        return None
    mine, theirs = value_of(answer), value_of(expected)
    if mine is not None and theirs is not None:
        return "rational" if equal_values(mine, theirs) else None
    if mine is None and theirs is None and _text_of(answer) == _text_of(expected):
        return "exact"
    return None


def equal_values(mine: Value, theirs: Value) -> bool | None:
    """Whether the numbers are the same of the same; None when that takes knowledge of units or of the question.

    None for equal numbers one of which says less about its unit (`5` and `5 km`, `18 eggs` and `18 duck eggs`), and
    for different numbers of different measures, which may be converted (`5 km` and `5000 m`). Percent is equal to
    percent only.
    """
    same_number = mine.number == theirs.number
    if mine.unit == theirs.unit or _units_agree(mine.unit, theirs.unit):
        return same_number
    if "%" in {mine.unit, theirs.unit}:
        return False
    if same_number:
        one, other = set(mine.unit.split()), set(theirs.unit.split())
        return None if one < other or other < one else False
    return None if unit_of(mine.unit) and unit_of(theirs.unit) else False


@lru_cache(maxsize=4096)
def value_of(answer: str) -> Value | None:
    r"""The number that an answer is, with its unit; None when it is not one number.

    Read are: `1234`, `1,234`, `-3.50`, `.5`, `2e6`, `3/4`, `1 3/4`, `\frac{3}{4}`, a currency sign before and `%` or a
    unit after. A space is no thousands separator and `1, 234` is no number. `5 m` has a unit, `5x` is an expression.
    """
    plain = _PLAIN.fullmatch(answer)
    if plain is not None:
        return Value(int(plain[2]), plain[1])
    if "\n" in answer.strip():
        return None
    tidied = tidy(answer[:MAX_ANSWER])
    match = _VALUE.fullmatch(tidied) if len(tidied) <= MAX_NUMBER else None
    return None if match is None else _value(match)


def _value(match: re.Match[str]) -> Value | None:
    signs = match["sign"] + match["inner"]
    unit = _unit(match["unit"] or "")
    number = _magnitude(match)
    factor = unit.startswith("^") or (len(unit) == 1 and unit.isalpha() and not unit_of(unit))
    if number is None or factor or len(signs) > 1 or (match["currency"] and unit not in {"", "$"}):
        return None
    return Value(-number if signs == "-" else number, match["currency"] or unit)


def _magnitude(match: re.Match[str]) -> Fraction | None:
    if match["decimal"] is not None:
        return Fraction(match["decimal"].replace(",", ""))
    below = int(match["below"].replace(",", ""))
    if below == 0:
        return None
    whole = int((match["whole"] or "0").replace(",", ""))
    return whole + Fraction(int(match["above"].replace(",", "")), below)


_PLAIN = re.compile(r"(\$?)(-?[0-9]{1,40})(?:\.0{1,9})?")
INTEGER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
"""Pattern of an unsigned integer, with or without thousands separators."""
_VALUE = re.compile(
    rf"""
    (?P<sign>[-+]?) \s? (?P<currency>[$€£¥]?) \s? (?P<inner>[-+]?) \s?
    (?: (?: (?P<whole>{INTEGER}) \s+ )? (?P<above>{INTEGER}) \s? / \s? (?P<below>{INTEGER})
      | (?P<decimal> (?: {INTEGER} (?:\.[0-9]+)? | \.[0-9]+ ) (?:[eE][-+]?[0-9]{{1,2}})? ) )
    \s* (?P<unit> % | (?=[^\W\d_]|[°^]) °? [^\W\d_]* (?: [ ./'’·-]+ [^\W\d_]+ )* \.? (?: \^\{{?[23]\}}? )? )?
    """,  # noqa: RUF001 - the typographic apostrophe is meant
    re.VERBOSE,
)


def _units_agree(one: str, other: str) -> bool:
    return one == other or (one in {"", "$"} and other in {"", "$"})


_UNIT_NAMES = {"": "", "%": "%", "Dollar": "$", "Dollars": "$", "Euros": "€", "Percent": "%"}


def _unit(text: str) -> str:
    plain = " ".join(text.translate(_POWERS).rstrip(".").split())
    return _UNIT_NAMES.get(plain) or unit_of(plain) or " ".join(_singular(word) for word in plain.split())


_POWERS = str.maketrans({"²": "^2", "³": "^3", "{": None, "}": None})


def _singular(word: str) -> str:
    """Capitals and plurals go, but of longer words only: `m` is not `M`, and `ms` are not several `m`."""
    if len(word) <= 3 or not word.isalpha() or not (word.islower() or word.istitle() or word.isupper()):
        return word
    word = word.lower()
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


_TRANSLATED = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-", "\u00a0": " ", "\u2009": " ", "\u202f": " "}
    | {chr(0xFF01 + at): chr(0x21 + at) for at in range(94)}
)
"""Typographic minus signs and spaces, and the full width of East Asian text."""
_WRAPPED = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_DRESS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|mbox|operatorname)\s?\{([^{}]*)\}", r"\1"),
        (r"\^\s?\{?\s?\\circ\s?\}?|\\degree", "°"),
        (r"\{,\}", ","),
        (r"\\!", ""),
        (r"\\(?:left|right)(?![A-Za-z])", ""),
        (r"\\[,;: ]|~|\\q?quad(?![A-Za-z])", " "),
        (r"\\([$%#&{}])", r"\1"),
    )
)
_FRACTIONS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\[cdt]?frac\s?\{\s?(-?[0-9,]+)\s?\}\s?\{\s?([0-9,]+)\s?\}", r" \1/\2 "),
        (r"\\[cdt]?frac\s?([0-9])\s?([0-9])", r" \1/\2 "),
    )
)


def undressed(answer: str) -> str:
    """Without what only dresses an answer up: emphasis, mathematics delimiters, LaTeX spacing, one final period."""
    text = answer.translate(_TRANSLATED).strip(" \t\r\n*_`")
    for left, right in _WRAPPED:
        if text.startswith(left) and text.endswith(right) and len(text) > len(left) + len(right):
            text = text[len(left) : -len(right)]
    text = text.removesuffix(".")
    if "\\" in text or "{,}" in text:
        for pattern, replacement in _DRESS:
            text = pattern.sub(replacement, text)
    return " ".join(text.strip(" \t\r\n*_`").split())


def tidy(answer: str) -> str:
    """The same with plain fractions in one line; not to be read as a part of something larger."""
    text = undressed(answer)
    if "frac" not in text:
        return text
    for pattern, replacement in _FRACTIONS:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


_SPACED = re.compile(r"\s?([,;:=+*/(){}\[\]|])\s?")


def _text_of(answer: str) -> str:
    """How answers that are no numbers are compared: brackets, order and case count, spaces around signs do not.

    A single word may be capitalised or not: `Yes` is `yes`, but `mW` is not `MW`.
    """
    text = _SPACED.sub(r"\1", tidy(answer))
    plain = len(text) > 1 and text.isalpha() and (text.islower() or text.istitle() or text.isupper())
    return text.lower() if plain else text
