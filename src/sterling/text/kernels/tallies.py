"""What is counted in a text to tell prose from noise: one row of numbers, by name. The definition, without kernels.

Words are what white space separates; plain words are those of `tokens.plain_words`, and n-grams are made of them. Lines
end at a line feed, and lose white space at both ends; blank ones are none. A paragraph is a run of lines that no blank
one divides. Characters are code points. A letter is `A` to `z`, or any word character beyond ASCII.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, groupby

import numpy as np
import numpy.typing as npt

from sterling.text.ngrams import Hashes, token_hashes, window_hashes
from sterling.text.tokens import plain_words

SHORT_LINE = 30
"""Characters below which a line is short (FineWeb, arXiv 2406.17557)."""
TOP, REPEATED = (2, 3, 4), (5, 6, 7, 8, 9, 10)
"""Lengths of the n-grams of which the most frequent is measured, and of those of which every repetition is."""
LONGEST_LOOP = 64
"""Words in the longest phrase that counts as a loop when it is said over and over."""

NAMES = (
    "characters", "controls", "replacements", "hashes",
    "words", "ink", "alphabetic", "sentences", "ellipses", "unspaced",
    "lines", "bullets", "trailing", "ended", "short", "code",
    "line_characters", "repeated_lines", "repeated_line_characters",
    "paragraphs", "repeated_paragraphs", "repeated_paragraph_characters",
    "plain_words", "word_characters", "stop_words", "loop_words", "loop_times",
    *(f"top_{n}" for n in TOP), *(f"repeated_{n}" for n in REPEATED),
)  # fmt: skip
"""What the columns hold, in order.

controls: control characters but tab, line feed, form feed and carriage return. replacements: U+FFFD. hashes: `#`. ink:
characters that are not white space. alphabetic: words with a letter. sentences: words that end one. ellipses: three or
more full stops, or the one character. unspaced: characters of scripts that put no space between words. bullets: lines
that begin with one. trailing: lines that end with an ellipsis. ended: lines that end with terminal punctuation, quotes
included (C4). code: lines that are indented or end as code does. repeated_*: lines and paragraphs that were there
before, and their characters. stop_words: how many of those given occur. loop_*: words of the loop at the end, and how
often its phrase is said; 0 below three times. top_n: characters of plain words in the most frequent n-gram, times its
number; 0 if none is there twice. repeated_n: characters of plain words within n-grams that were there before.
"""
AT = {name: place for place, name in enumerate(NAMES)}
"""The column of each name."""

LINE_CLOSER, LINE_END, CLOSER, END, BULLET, CODE_END, UNSPACED, DASH = (1 << bit for bit in range(8))
"""Bits of `marks`. A dash is a bullet when a space follows."""
_MARKS = {
    LINE_CLOSER: ")]*_",
    LINE_END: ".!?\"'\u2026\u3002\uff01\uff1f\u201d\u2019\u00bb\u300d\u061f\u0964\u06d4",
    CLOSER: ")]*_\"'\u201d\u2019\u00bb\u300d",
    END: ".!?\u2026\u3002\uff01\uff1f\u061f\u0964\u06d4",
    BULLET: "\u2022\u2023\u25e6\u25cf\u25aa\u25a0",
    CODE_END: "{};=([",
    DASH: "-*+",
}
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
)  # fmt: skip
"""Thai and Lao, Burmese, Khmer, kana, Chinese characters of the first plane."""
_IS_UNSPACED = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _UNSPACED) + "]")
_ELLIPSIS = re.compile(r"\.{3,}|\u2026")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_LETTER = re.compile(r"[A-Za-z]|[^\W\x00-\x7f]")


@cache
def marks() -> npt.NDArray[np.uint8]:
    """By code point of the first plane: what it marks, as bits."""
    found = np.zeros(0x10000, np.uint8)
    for bit, characters in _MARKS.items():
        found[[ord(one) for one in characters]] |= bit
    for first, last in _UNSPACED:
        found[first : last + 1] |= UNSPACED
    return found


def tally(text: str, stop: Hashes) -> list[int]:
    """One row of `NAMES`. `stop`: `token_hashes` of up to 64 lower-case words, each once."""
    words, said = text.split(), plain_words(text)
    counted = (
        len(text), len(_CONTROL.findall(text)), text.count("\ufffd"), text.count("#"),
        len(words), sum(map(len, words)), sum(bool(_LETTER.search(word)) for word in words),
        sum(_ends(word, CLOSER, END) for word in words), len(_ELLIPSIS.findall(text)), len(_IS_UNSPACED.findall(text)),
    )  # fmt: skip
    return [*counted, *_lines(text), *_said(said, stop)]


def _ends(text: str, closers: int, ends: int) -> bool:
    return text.rstrip(_MARKS[closers])[-1:] in tuple(_MARKS[ends])


def _lines(text: str) -> Iterator[int]:
    raw = text.split("\n")
    every = [line.strip() for line in raw]
    lines = [line for line in every if line]
    yield len(lines)
    yield sum(line.startswith((*_MARKS[BULLET], "- ", "* ", "+ ")) for line in lines)
    yield sum(line.endswith(("...", "\u2026")) for line in lines)
    yield sum(_ends(line, LINE_CLOSER, LINE_END) for line in lines)
    yield sum(len(line) < SHORT_LINE for line in lines)
    code = tuple(_MARKS[CODE_END])
    yield sum(one.startswith(("  ", "\t")) or line.endswith(code) for one, line in zip(raw, every, strict=True) if line)
    yield sum(map(len, lines))
    yield from _repetitions(lines, [len(line) for line in lines])
    paragraphs = [tuple(run) for there, run in groupby(every, bool) if there]
    yield len(paragraphs)
    yield from _repetitions(paragraphs, [sum(map(len, one)) for one in paragraphs])


def _repetitions(parts: Sequence[object], sizes: Sequence[int]) -> tuple[int, int]:
    """How many parts were there before, and their characters."""
    seen: set[object] = set()
    again = []
    for part, size in zip(parts, sizes, strict=True):
        if part in seen:
            again.append(size)
        seen.add(part)
    return len(again), sum(again)


def _said(words: Sequence[str], stop: Hashes) -> Iterator[int]:
    hashes = token_hashes(words)
    before = np.array([0, *accumulate(map(len, words))], np.int64)
    yield len(words)
    yield int(before[-1])
    yield int(np.isin(stop, hashes).sum())
    yield from loop(hashes.tolist())
    for n in TOP:
        yield _top(window_hashes(hashes, n), before, n)
    for n in REPEATED:
        yield _repeated(window_hashes(hashes, n), before, n)


def loop(words: Sequence[object]) -> tuple[int, int]:
    """(words of the longest loop that a text ends with, how often its phrase is said), or zeros."""
    longest, times = 0, 0
    for period in range(1, min(LONGEST_LOOP, len(words) // 3) + 1):
        run = 0
        while run + period < len(words) and words[-1 - run] == words[-1 - run - period]:
            run += 1
        if run >= 2 * period and run + period > longest:
            longest, times = run + period, (run + period) // period
    return longest, times


def _top(windows: Hashes, before: npt.NDArray[np.int64], n: int) -> int:
    """Of equally frequent n-grams the longest counts."""
    values = windows.tolist()
    sizes = dict(zip(values, (before[n:] - before[: len(before) - n]).tolist(), strict=True)) if values else {}
    times, size = max(((times, sizes[value]) for value, times in Counter(values).items()), default=(0, 0))
    return times * size if times > 1 else 0


def _repeated(windows: Hashes, before: npt.NDArray[np.int64], n: int) -> int:
    seen: set[int] = set()
    covered = np.zeros(len(before) - 1, np.bool_)
    for at, value in enumerate(windows.tolist()):
        if value in seen:
            covered[at : at + n] = True
        seen.add(value)
    return int(np.diff(before)[covered].sum())
