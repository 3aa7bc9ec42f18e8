r"""Where a solution states its final answer.

By these markers, in this order; the first that is there at all decides:

1. `boxed`: `\boxed{...}` or `\fbox{...}`, braces balanced, or `\boxed 5`; of nested boxes the innermost
2. `hashes`: `#### x`, the rest of the line. `####` is also a Markdown heading, so a line counts when `x` is a number
   with an optional unit, or when it is the last line of the text
3. `a`: a line `A: x`, unless the text also has a line `B:` (then these are options, not answers)
4. `prose`: `the answer is x` to the end of the sentence or to `because`, `answer: x` to the end of the line, or of
   its first sentence if that is a value; of `Final answer: the final answer is x` the inner one
5. `bold`: the last line ends in a value in bold, and has no other
6. `whole`: the text is nothing but a value, `42`
7. `last_number`: only on request, because the last number of a text is often not its answer

Several answers by one marker that differ are ambiguous, and so are two numbers that differ by two of the markers 1
to 3: whoever states two answers has not stated one. So is an answer that is followed by `Or`, `No`, `Wait`, `Actually`.
Prose is not held against a marker before it, since it also reports answers on the way.
"""

import re
from collections.abc import Callable
from itertools import islice
from typing import Literal, NamedTuple

from sterling.verify.numbers.equality import INTEGER, MAX_ANSWER, same, value_of

Marker = Literal["boxed", "hashes", "a", "prose", "bold", "whole", "last_number"]
"""How an answer was found."""

MAX_STATED = 32
"""Final answers of one marker that are read; with more than that nobody has stated one."""


class Stated(NamedTuple):
    """One answer, and where its text ends."""

    answer: str
    end: int


class Found(NamedTuple):
    """A final answer in a text."""

    answer: str
    """The last one stated."""
    marker: Marker
    ambiguous: bool = False
    """The text also states another answer, which differs, or takes this one back."""
    end: int = 0
    """Where the answer ends in the text."""


def find_answer(text: str, *, last_number: bool = False) -> Found | None:
    """The final answer that a text states, by the markers in the order above; None when it states none."""
    for rank, (marker, hint, stated) in enumerate(_MARKERS):
        if hint in text:
            found = stated(text)
            if found:
                return _found(text, rank, marker, found)
    whole = text.strip()
    if value_of(whole) is not None:
        return Found(whole, "whole", end=len(text.rstrip()))
    return _last_number(text) if last_number else None


def _found(text: str, rank: int, marker: Marker, stated: list[Stated]) -> Found:
    rivals = _rivals(text, rank) if rank < _EXPLICIT - 1 else ()
    last = stated[-1]
    differ = (rivals or len(stated) > 1) and not _all_same([*rivals, *(one.answer for one in stated)])
    taken_back = last.end < len(text) and _TAKEN_BACK.match(text, last.end) is not None
    return Found(last.answer, marker, bool(differ) or taken_back, last.end)


_TAKEN_BACK = re.compile(
    r"[\s}$).,;:*_\\\]-]*(?:or|no|wait|hold\ on|actually|alternatively|correction|sorry|scratch\ that|hmm+)\b",
    re.IGNORECASE,
)
"""What follows an answer that its writer is not done with."""


def _rivals(text: str, rank: int) -> list[str]:
    """Numbers that the explicit markers after the one at `rank` state as final answers."""
    rivals: list[str] = []
    for _, hint, stated in _MARKERS[rank + 1 : _EXPLICIT]:
        if hint in text:
            rivals += [one.answer for one in stated(text) if value_of(one.answer) is not None]
    return rivals


def _all_same(answers: list[str]) -> bool:
    return len(answers) <= MAX_STATED and all(same(answer, answers[-1]) for answer in answers[:-1])


def _boxed(text: str) -> list[Stated]:
    answers, end = [], 0
    for command in islice(_BOX.finditer(text), MAX_STATED + 1):
        inside = _in_box(text, command)
        if inside is not None and command.start() >= end and inside.strip() and not _BOX.search(inside):
            end = command.end() + len(inside)
            answers.append(Stated(inside.strip(), end))
    return answers


def _in_box(text: str, command: re.Match[str]) -> str | None:
    if command["bare"]:
        return command["bare"]
    return _balanced(text, command.end() - 1)


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


_BOX = re.compile(r"\\(?:boxed|fbox)(?:\s?\{|\s(?P<bare>[-+]?[0-9][0-9.,]*(?<![.,])))")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)


def _hashes(text: str) -> list[Stated]:
    answers: list[Stated] = []
    last_line_ends = len(text.rstrip())
    at = text.find("####")
    while at >= 0 and len(answers) <= MAX_STATED:
        stated, end = _rest_of_line(text, at + 4)
        stated = stated.lstrip("#").strip()
        if stated and (end >= last_line_ends or value_of(stated) is not None):
            answers.append(Stated(stated, end))
        at = text.find("####", end)
    return answers


def _after_a(text: str) -> list[Stated]:
    if "\nB:" in text or text.startswith("B:"):
        return []
    answers: list[Stated] = []
    at = text.find("A:")
    while at >= 0 and len(answers) <= MAX_STATED:
        stated, end = _rest_of_line(text, at + 2)
        stated = stated.strip()
        if stated and (at == 0 or text[at - 1] == "\n" or _starts_line(text, at)):
            answers.append(Stated(stated, end))
        at = text.find("A:", end)
    return answers


def _starts_line(text: str, at: int) -> bool:
    """Whether nothing but emphasis and quotation marks stands before it."""
    return not text[text.rfind("\n", 0, at) + 1 : at].strip(" \t*>")


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
_SENTENCE_END = re.compile(r"\.[*_$]*(?:\s|$)|\s(?:because|since)\b")


def _prose(text: str) -> list[Stated]:
    found = [_sentence(match) for match in islice(_PROSE.finditer(text), MAX_STATED + 1)]
    inner = [one for one in found if not _PROSE.search(one.answer)]
    return inner or found


def _sentence(match: re.Match[str]) -> Stated:
    stated = match["stated"] + (_CUT if len(match["stated"]) > _MAX_SENTENCE else "")
    ending = _SENTENCE_END.search(stated)
    first = stated[: ending.start()] if ending else stated
    answer = first if match["is"] or value_of(first) is not None else stated
    return Stated(answer.strip(), match.start("stated") + len(answer))


_MAX_LINE = 1_000
_BOLD = re.compile(r"\*\*([^*\n]{1,80})\*\*")


def _bold(text: str) -> list[Stated]:
    whole = text.rstrip()
    start = whole.rfind("\n") + 1
    if len(whole) - start > _MAX_LINE:
        return []
    spans = list(_BOLD.finditer(whole, start))
    ends_line = len(spans) == 1 and not whole[spans[0].end() :].strip(" .")
    return [Stated(spans[0][1].strip(), spans[0].end())] if ends_line and value_of(spans[0][1]) is not None else []


_NUMBER_IN_TEXT = re.compile(rf"(?<![\w.])[-+]?[$€£¥]?(?:{INTEGER}(?:\.[0-9]+)?|\.[0-9]+)(?:/{INTEGER})?%?")


def _last_number(text: str) -> Found | None:
    found = None
    for found in _NUMBER_IN_TEXT.finditer(text, max(0, len(text) - MAX_ANSWER)):  # noqa: B007 - the last one is wanted
        pass
    return None if found is None else Found(found[0], "last_number", end=found.end())


_MARKERS: tuple[tuple[Marker, str, Callable[[str], list[Stated]]], ...] = (
    ("boxed", "box", _boxed),
    ("hashes", "####", _hashes),
    ("a", "A:", _after_a),
    ("prose", "nswer", _prose),
    ("prose", "NSWER", _prose),
    ("bold", "**", _bold),
)
"""Marker, a string that every text has which uses it, and what it states there, in order."""
_EXPLICIT = 3
"""So many of them, the first ones, are written for nothing but a final answer."""
