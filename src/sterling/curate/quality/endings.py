"""Texts that stop before they end. A record does not say why its model stopped, so the text itself must.

Four signs, the surest first. `cut_json`: it begins as JSON and ends before that does. `open_fence`: a block of code is
not closed. `cut_off`: the last line ends on a comma, in an open bracket or quotation, or on a word after which no
sentence ends (English). `no_final_stop`: a last line of prose without a mark at its end, though it is long, or in an
answer whose lines have one, or with a sentence that ends within it.

A text that stops at the end of a sentence looks whole, and nothing here sees it.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.curate.quality.judged import CODE, Judged
from sterling.text import fences

LEAST_WORDS = 5
"""Words in a last line that is prose: bare answers have fewer."""
LONG_LINE = 20
"""Words in a last line from which a mark is expected at its end, if sentences of the text have any."""
LEAST_LINES, USUAL = 3, 0.75
"""Lines before the last, and the share of them with a mark at their end, from which it should have one, too."""
_SHOWN = 80
_HANGING = (
    "a an the and or but nor than whose because although while if unless until into onto between among during from "
    "very its their our your my these those every including"
)
"""Not `of`, `to` or `is`, on which questions and headlines do end."""
_HANGS = re.compile(rf"[A-Za-z,]\s(?:such as|{'|'.join(_HANGING.split())})\Z", re.ASCII)
_SIGNED = re.compile(r"(?:\s#\w+|[\"\u201d]\s*[-\u2013\u2014]\s*[A-Z][^\"]{0,60})\Z")
"""Hashtags, and who said it, which have no stop."""
_UNENDED = r"[\pL\pN,(\[\-\x{2013}\x{2014}]\s*\z"
"""Ends with a letter, a digit, or a mark that something follows."""
_JSON = r"\A\s*(?:\{\s*(?:\"|\})|\[\s*(?:\{|\"|\[))"
_FENCE = "(?m)^ {0,3}(?:```|~~~)"
_HEADING = re.compile(r"\s*[#>|]")
_ITEM = re.compile(r"\s*(?:[-*+\u2022]|\d+[.)]\s|[A-Z][A-Za-z ]{0,20}:)")
_INNER = re.compile(r"[a-z]{3}[.!?\u2026][)\]\"'\u201d\u2019]*\s+[A-Z]")
"""A sentence that ends within a line, and the next one begins."""


class Cut(NamedTuple):
    """A text that stops before it ends."""

    row: int
    reason: str
    value: int
    """Words of the last line; for JSON the character at which it ends; for a fence the lines behind it."""
    shown: str
    """Its last characters."""


def cuts(said: Judged, *, english: bool) -> Iterator[Cut]:
    """At most one for each row."""
    told: set[int] = set()
    for cut in (*_structures(said), *_sentences(said, english)):
        if cut.row not in told:
            told.add(cut.row)
            yield cut


def _structures(said: Judged) -> Iterator[Cut]:
    for row in _rows(pc.match_substring_regex(said.texts, _JSON)):
        text = said.texts[row].as_py()
        if (at := _cut_json(text)) is not None:
            yield Cut(row, "cut_json", at, _tail(text))
    for row in _rows(pc.match_substring_regex(said.texts, _FENCE)):
        text = said.texts[row].as_py()
        blocks = fences.split(text).blocks
        if blocks and not blocks[-1].closed:
            yield Cut(row, "open_fence", blocks[-1].body.count("\n") + 1, _tail(text))


def _rows(mask: pa.BooleanArray) -> list[int]:
    return np.flatnonzero(mask.to_numpy(False)).tolist()


def _cut_json(text: str) -> int | None:
    """Where a text ends that is JSON up to there. A mistake before the end is no cut: that is for `format`."""
    whole = text.strip()
    try:
        json.loads(whole)
    except json.JSONDecodeError as error:
        unterminated = error.msg.startswith("Unterminated string")
        return len(whole) if unterminated or error.pos >= len(whole) else None
    except RecursionError:
        return None
    return None


def _sentences(said: Judged, english: bool) -> Iterator[Cut]:
    prose = (said.profiles != CODE) & said.counts.worded() & (said.counts["words"] > LEAST_WORDS)
    suspects = np.flatnonzero(prose & _unended(said.texts))
    lines, ended, sentences = (said.counts[name] for name in ("lines", "ended", "sentences"))
    for row in suspects.tolist():
        text = said.texts[row].as_py().rstrip()
        last = text.rsplit("\n", 1)[-1]
        words = len(last.split())
        if words < LEAST_WORDS or _HEADING.match(last):
            continue
        answers = bool(said.answers[row])
        usual = answers and lines[row] > LEAST_LINES and ended[row] >= USUAL * (lines[row] - 1)
        if last[-1] in ",([" or _open(last) or (english and _HANGS.search(last)):
            yield Cut(row, "cut_off", words, _tail(text))
        elif usual or _expected(last, words, answers=answers, ends=sentences[row] > 0):
            yield Cut(row, "no_final_stop", words, _tail(text))


def _open(line: str) -> bool:
    """Whether a bracket or a quotation is left open in it."""
    return line.count("(") > line.count(")") or line.count("\u201c") > line.count("\u201d") or line.count('"') % 2 == 1


def _expected(last: str, words: int, *, answers: bool, ends: bool) -> bool:
    """Whether a line of prose should end with a mark. People leave it out where they ask, so these must be long."""
    if _ITEM.match(last) or _SIGNED.search(last):
        return False
    return (answers and bool(_INNER.search(last))) or (words >= LONG_LINE and ends)


def _unended(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(texts, _UNENDED).to_numpy(False))


def _tail(text: str) -> str:
    return text.rstrip()[-_SHOWN:]
