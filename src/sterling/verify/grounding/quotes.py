"""Quotations in a text, and whether a passage has them word for word."""

import re
from typing import NamedTuple

from sterling.text import plain_words


class Quote(NamedTuple):
    """What stands between quotation marks, and where."""

    text: str
    start: int
    end: int


class Wording:
    """A passage as a run of words, to look quotations up in."""

    def __init__(self, text: str) -> None:
        self._words = f" {' '.join(plain_words(text))} "

    def reads(self, words: str) -> bool:
        """Whether ` these words ` stand here, as `plain_words` with a space around each."""
        return words in self._words

    def holds(self, one: Quote) -> bool:
        """Whether the words stand here in this order; case and punctuation do not count.

        `...`, `[...]` and an insertion in brackets part a quotation: its parts must come one after the other.
        """
        at = 0
        for part in _GAP.split(one.text):
            words = plain_words(part)
            needle = f" {' '.join(words)} "
            found = self._words.find(needle, at) if words else at
            if found < 0:
                return False
            at = found + len(needle) - 1 if words else at
        return True


def quotes(claim: str) -> list[Quote]:
    """The quotations of a `plain` claim: at least two words between double quotation marks.

    Traps: a single word in marks is irony or emphasis as often as a quotation, so it is none; a mark after a digit is
    inches; a mark without a partner quotes nothing; single marks are not read, because they are apostrophes too.
    """
    found = (Quote(match[1], match.start(1), match.end(1)) for match in _QUOTED.finditer(claim))
    return [one for one in found if len(plain_words(one.text)) > 1]


_QUOTED = re.compile(r'(?<![0-9])"([^"]+)"')
_GAP = re.compile(r"\[[^\]\[]*\]|\.{3,}|(?:\. ){2,}\.")
