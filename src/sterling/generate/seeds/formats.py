"""Formats of a text that are told without a model: its length, its script, and what it is made of beside prose."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from sterling.text import plain_words

_SHARE = 0.2
"""Of the letters, from which a second script counts."""
_TAG = re.compile(r"</?[a-zA-Z][\w-]*(?:\s[^<>]*)?/?>")
_CODE = re.compile(r"```|^\s*(?:def |class |import |#include|function |SELECT |public |\$ \w)", re.MULTILINE)
_TABLE = re.compile(r"^\s*\|.*\|.*\|\s*$|^[^\t\n]*\t[^\t\n]*\t", re.MULTILINE)
_ITEMS = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+\S", re.MULTILINE)
_LINK = re.compile(r"https?://\S+|\bwww\.\S+")
_QUOTED = re.compile(r"^>", re.MULTILINE)
_EMPTY_FIELD = re.compile(
    r"^[^\W\d][\w /-]{0,40}[:=][ \t]*(?:n/?a|null|none|-+|\?+)?[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_PICTURES = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_QUESTION = re.compile("[?\uff1f\u061f]")
_LATIN = frozenset({None, "LATIN"})
_AGAIN = re.compile(r"\b(\w+)(?:\W+\1\b){3,}|(.)\2{5,}", re.IGNORECASE)


class Format(NamedTuple):
    """A property of texts."""

    name: str
    wanted: str
    """What a text of this format is, in a clause that ends a sentence."""
    fits: Callable[[str], bool]


def formats_of(text: str) -> frozenset[str]:
    """Names of the formats that a text has."""
    return frozenset(one.name for one in FORMATS if one.fits(text))


def scripts_of(text: str) -> Counter[str]:
    """Letters by script: `LATIN`, `CYRILLIC`, `CJK`, `HIRAGANA`, by the first word of their names in Unicode."""
    return Counter(script for letter in text if letter.isalpha() and (script := _script(letter)))


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _chief(text: str) -> str | None:
    scripts = scripts_of(text)
    return scripts.most_common(1)[0][0] if scripts else None


def _mixed(text: str) -> bool:
    scripts = scripts_of(text)
    return sum(n >= _SHARE * scripts.total() for n in scripts.values()) > 1


def _capitals(text: str) -> bool:
    return text.upper() == text and text.lower() != text and len(plain_words(text)) > 3


def _json(text: str) -> bool:
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    try:
        found, _ = json.JSONDecoder().raw_decode(text[start:]) if start >= 0 else (None, 0)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict | list) and len(found) > 1


def _digits(text: str) -> bool:
    dense = [sign for sign in text if not sign.isspace()]
    return bool(dense) and sum(map(str.isdigit, dense)) >= 0.4 * len(dense)


FORMATS: tuple[Format, ...] = (
    Format("very_short", "it consists of one to three words", lambda text: 0 < len(plain_words(text)) <= 3),
    Format("very_long", "it is very long: three hundred words or more", lambda text: len(plain_words(text)) >= 300),
    Format("latin_script", "it is written in the Latin script", lambda text: _chief(text) == "LATIN"),
    Format("other_script", "it is written in another script than the Latin one", lambda t: _chief(t) not in _LATIN),
    Format("mixed_scripts", "it mixes two languages that are written in different scripts", _mixed),
    Format("capitals", "it is written in capitals throughout", _capitals),
    Format("no_letters", "it has no words, only digits and signs", lambda t: bool(t.strip()) and not scripts_of(t)),
    Format("digits", "it consists mostly of numbers", _digits),
    Format("pictures", "it has emoji in the place of some words", lambda text: bool(_PICTURES.search(text))),
    Format("markup", "it holds a piece of HTML or XML", lambda text: len(_TAG.findall(text)) > 1),
    Format("code", "it holds a piece of program code", lambda text: bool(_CODE.search(text))),
    Format("json", "it holds a JSON object", _json),
    Format("table", "it holds a table, with columns set off by | or by tabs", lambda t: len(_TABLE.findall(t)) > 1),
    Format("items", "it is a list of points, one to a line", lambda text: len(_ITEMS.findall(text)) > 2),
    Format("link", "it holds a link", lambda text: bool(_LINK.search(text))),
    Format("quoted_mail", "it quotes an earlier message, each line of it after >", lambda t: bool(_QUOTED.search(t))),
    Format("empty_fields", "it is a form, filled in but for some empty fields", lambda t: bool(_EMPTY_FIELD.search(t))),
    Format("many_questions", "it asks four questions or more at once", lambda text: len(_QUESTION.findall(text)) > 3),
    Format("repetition", "it repeats a word or a sign over and over", lambda text: bool(_AGAIN.search(text))),
)  # fmt: skip
