"""The one tokeniser of the house: no model, no vocabulary, the same on every machine.

A token is a longest run of unicode word characters (letters of any script, digits, underscore: Python's `\\w`), or
one single character that is neither word nor white space. White space separates and is not counted. So `don't` is
three tokens, `x+=1` four, `naïve` one, and a run of Chinese characters one: scripts without spaces are not segmented.
"""

import re
from itertools import islice

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")


def pieces(text: str) -> list[str]:
    """The tokens of a text in order, case kept."""
    return _TOKEN.findall(text)


def words(text: str) -> list[str]:
    """The tokens of the lower-cased text in order: `pieces(text.lower())`. What n-grams are made of.

    Nothing else is normalised: composed and decomposed accents differ, and so do straight and curly quotes.
    """
    return _TOKEN.findall(text.lower())


def plain_words(text: str) -> list[str]:
    """`words` without the punctuation, which is what copies of one text differ in most."""
    return _WORD.findall(text.lower())


def plain_word_spans(text: str) -> list[tuple[int, int]]:
    """Where each of `plain_words(text)` begins and ends in `text.lower()`."""
    return [found.span() for found in _WORD.finditer(text.lower())]


def plain_word_stretch(text: str, first: int, last: int) -> tuple[int, int]:
    """Where in `text.lower()` the words `first` to `last` of `plain_words(text)` begin and end."""
    found = islice(_WORD.finditer(text.lower()), first, last + 1)
    begin = next(found)
    end = begin
    for end in found:  # noqa: B007 - the last one is wanted
        pass
    return begin.start(), end.end()


def count_tokens(text: str) -> int:
    """The length of a text in the unit in which shares are counted: `len(pieces(text))`.

    It is no model's count and needs none: a share means the same whatever model the data is for.
    """
    return len(_TOKEN.findall(text))
