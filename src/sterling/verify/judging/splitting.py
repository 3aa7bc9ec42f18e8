"""How a solution is cut into steps."""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from sterling.verify.judging.subject import says_nothing

Cut = Literal["numbered", "paragraphs", "lines", "sentences", "whole"]


class Steps(NamedTuple):
    """The steps of a text, in order."""

    texts: tuple[str, ...]
    cut: Cut
    """What they were told apart by."""


def steps_of(text: str) -> Steps:
    """Numbered items if there are two; else paragraphs, else lines, else sentences, whichever gives two first.

    Numbered are lines that begin with `1.`, `2)`, `Step 3` or `(4)`, headings and bold type included; what stands
    before the first is a step as well. Pieces without a word, number or symbol (`---`, a lone bracket) are left out.

    Not guaranteed: that a step is one thought. A full stop after an abbreviation ends a sentence.
    """
    for cut, pieces in _CUTS:
        found = tuple(piece.strip() for piece in pieces(text) if not says_nothing(piece))
        if len(found) > 1:
            return Steps(found, cut)
    return Steps(() if says_nothing(text) else (text.strip(),), "whole")


_MARKER = re.compile(
    r"^[ \t]*(?:#+ *)?(?:\*\*|__)?(?:step +\d{1,3}\b|\(\d{1,3}\) |\d{1,3}[.)][ \t*])", re.IGNORECASE | re.MULTILINE
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(\[$\\])")


def _numbered(text: str) -> list[str]:
    starts = [match.start() for match in _MARKER.finditer(text)]
    if len(starts) < 2:
        return []
    return [text[start:end] for start, end in zip([0, *starts], [*starts, len(text)], strict=True)]


_CUTS: tuple[tuple[Cut, Callable[[str], list[str]]], ...] = (
    ("numbered", _numbered),
    ("paragraphs", re.compile(r"\n[ \t]*\n").split),
    ("lines", str.splitlines),
    ("sentences", _SENTENCE.split),
)
