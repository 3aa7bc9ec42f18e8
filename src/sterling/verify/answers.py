r"""Where a solution states its final answer.

By these markers, in this order; the first that is there at all decides:

1. `boxed`: `\boxed{...}` or `\fbox{...}`, braces balanced
2. `hashes`: `#### x`, the rest of the line. `####` is also a Markdown heading, so a line counts when `x` is a number
   with an optional unit, or when it is the last line of the text
3. `a`: a line `A: x`, unless the text also has a line `B:` (then these are options, not answers)
4. `prose`: `the answer is x` to the end of the sentence, `answer: x` to the end of the line
5. `whole`: the text is nothing but a value, `42`
6. `last_number`: only on request, because the last number of a text is often not its answer

Several answers by one marker that differ are ambiguous, and so are two numbers that differ by two of the markers 1
to 3: whoever states two answers has not stated one. Prose is not held against a marker before it, since it also
reports answers on the way.
"""

import re
from collections.abc import Callable
from itertools import islice
from typing import Literal, NamedTuple

from sterling.verify.equality import INTEGER, MAX_ANSWER, same, value_of

Marker = Literal["boxed", "hashes", "a", "prose", "whole", "last_number"]
"""How an answer was found."""

MAX_STATED = 32
"""Final answers of one marker that are read; with more than that nobody has stated one."""


class Found(NamedTuple):
    """A final answer in a text."""

    answer: str
    """The last one stated."""
    marker: Marker
    ambiguous: bool = False
    """The text also states another answer, which differs."""


def find_answer(text: str, *, last_number: bool = False) -> Found | None:
    """The final answer that a text states, by the markers in the order above; None when it states none."""
    for rank, (marker, hints, stated) in enumerate(_MARKERS):
        if hints[0] in text or hints[1] in text:
            answers = stated(text)
            if answers:
                rivals = _rivals(text, rank) if rank < _EXPLICIT else ()
                alone = len(answers) == 1 and not rivals
                return Found(answers[-1], marker, not alone and not _all_same([*rivals, *answers]))
    if value_of(text.strip()) is not None:
        return Found(text.strip(), "whole")
    number = _last_number(text) if last_number else None
    return None if number is None else Found(number, "last_number")


def _rivals(text: str, rank: int) -> list[str]:
    """Numbers that the explicit markers after the one at `rank` state as final answers."""
    rivals: list[str] = []
    for _, hints, stated in _MARKERS[rank + 1 : _EXPLICIT]:
        if hints[0] in text:
            rivals += [answer for answer in stated(text) if value_of(answer) is not None]
    return rivals


def _all_same(answers: list[str]) -> bool:
    return len(answers) <= MAX_STATED and all(same(answer, answers[-1]) for answer in answers[:-1])


def _boxed(text: str) -> list[str]:
    answers, end = [], 0
    for command in islice(_BOX.finditer(text), MAX_STATED + 1):
        inside = _balanced(text, command.end() - 1) if command.start() >= end else None
        if inside is not None and inside.strip():
            end = command.end() + len(inside)
            answers.append(inside.strip())
    return answers


def _balanced(text: str, opening: int) -> str | None:
    """What stands between the brace at `opening` and its partner; None without one within `MAX_ANSWER`."""
    depth = 0
    for brace in _BRACES.finditer(text, opening, opening + MAX_ANSWER):
        if brace[0] == "{":
            depth += 1
        elif brace[0] == "}":
            depth -= 1
            if depth == 0:
                return text[opening + 1 : brace.start()]
    return None


_BOX = re.compile(r"\\(?:boxed|fbox)\s?\{")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)


def _hashes(text: str) -> list[str]:
    answers: list[str] = []
    last_line_ends = len(text.rstrip())
    at = text.find("####")
    while at >= 0 and len(answers) <= MAX_STATED:
        stated, end = _rest_of_line(text, at + 4)
        stated = stated.lstrip("#").strip()
        if stated and (end >= last_line_ends or value_of(stated) is not None):
            answers.append(stated)
        at = text.find("####", end)
    return answers


def _after_a(text: str) -> list[str]:
    answers: list[str] = []
    at = text.find("A:")
    if text.startswith("B:") or "\nB:" in text:
        return answers
    while at >= 0 and len(answers) <= MAX_STATED:
        stated, end = _rest_of_line(text, at + 2)
        starts_line = not text[text.rfind("\n", 0, at) + 1 : at].strip(" \t*>")
        if starts_line and stated.strip():
            answers.append(stated.strip())
        at = text.find("A:", end)
    return answers


_CUT = "…"
"""Ends an answer of which only the beginning was read, so that the beginning does not pass for the whole."""


def _rest_of_line(text: str, start: int) -> tuple[str, int]:
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    if end - start > MAX_ANSWER:
        return text[start : start + MAX_ANSWER] + _CUT, end
    return text[start:end], end


_MAX_SENTENCE = 400
_PROSE = re.compile(
    rf"\banswer\b[*_]*\s?(?:(?P<is>is\b)\s?:?|:|=)[\s*_]*(?=(?P<stated>[^\s*_][^\n]{{0,{_MAX_SENTENCE}}}))",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"\.[*_]*(?:\s|$)")


def _prose(text: str) -> list[str]:
    matches = islice(_PROSE.finditer(text), MAX_STATED + 1)
    return [_sentence(m) for m in matches]


def _sentence(match: re.Match[str]) -> str:
    stated = match["stated"] + (_CUT if len(match["stated"]) > _MAX_SENTENCE else "")
    return (_SENTENCE_END.split(stated, maxsplit=1)[0] if match["is"] else stated).strip()


_NUMBER_IN_TEXT = re.compile(rf"(?<![\w.])[-+]?[$€£¥]?(?:{INTEGER}(?:\.[0-9]+)?|\.[0-9]+)(?:/{INTEGER})?%?")


def _last_number(text: str) -> str | None:
    found = None
    for found in _NUMBER_IN_TEXT.finditer(text, max(0, len(text) - MAX_ANSWER)):  # noqa: B007 - the last one is wanted
        pass
    return None if found is None else found[0]


_MARKERS: tuple[tuple[Marker, tuple[str, str], Callable[[str], list[str]]], ...] = (
    ("boxed", ("\\boxed", "\\fbox"), _boxed),
    ("hashes", ("####", "####"), _hashes),
    ("a", ("A:", "A:"), _after_a),
    ("prose", ("nswer", "NSWER"), _prose),
)
"""Marker, the strings of which one must be in a text that uses it, and what it states there, in order."""
_EXPLICIT = 3
"""So many of them, the first ones, are written for nothing but a final answer."""
