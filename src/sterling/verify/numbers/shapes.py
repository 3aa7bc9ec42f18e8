r"""What an answer is, before anybody asks whether it is right: one number, several, a pair, a set, an interval, words.

Answers of different kinds are not compared by value: `(1,2)` is not `{1,2}`, `5 or 7` is not 5, and an integral is not
its value. Only text is looked at, and nothing is evaluated.
"""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from sterling.verify.numbers.equality import MAX_ANSWER, MAX_NUMBER, tidy, undressed, value_of

Kind = Literal[
    "number", "letter", "several", "tuple", "interval", "set", "union", "relation", "calculus", "elided", "matrix",
    "words", "expression", "empty",
]  # fmt: skip
"""`several` are `5 or 7` and `5, 7`; `calculus` has an integral, sum, product or limit to evaluate; `elided` leaves
members of a list out; `relation` has an equals sign or an inequality; `letter` is the name of a choice or variable."""

MAX_PARTS = 16
"""Members of a tuple, set or list that are compared."""
_MAX_DEPTH = 20


class Shape(NamedTuple):
    """An answer taken apart."""

    kind: Kind
    text: str
    """Without dress."""
    parts: tuple[str, ...] = ()
    """Members, or sides of a relation."""
    frame: str = ""
    """Brackets of a tuple, interval or set; sign of a relation."""


@lru_cache(maxsize=4096)
def shape_of(answer: str) -> Shape:
    """What the answer is. At most `MAX_ANSWER` characters are looked at."""
    if value_of(answer) is not None:
        return Shape("number", tidy(answer))
    text = undressed(answer[:MAX_ANSWER])
    while _is_wrapped(text):
        text = text[1:-1].strip()
    if value_of(text) is not None:
        return Shape("number", text)
    return _marked(text) or _framed(text) or _listed(text) or Shape(_plain_kind(text), text)


def _is_wrapped(text: str) -> bool:
    """`(C)`, `(5)`: brackets around a single thing."""
    whole = text.startswith("(") and text.endswith(")") and _closing(text, 0) == len(text) - 1
    return whole and len(split_at_top(text[1:-1], ",")) == 1 and bool(text[1:-1].strip())


def too_expensive(answer: str) -> str | None:
    """Why an answer is not worth the cost of reading it: towers of powers, huge factorials, nesting, length."""
    if len(answer) > MAX_ANSWER:
        return "length"
    if _depth(answer) > _MAX_DEPTH:
        return "nesting"
    if _TOWER.search(answer):
        return "power"
    return "factorial" if _FACTORIAL.search(answer) else None


_OPERAND = r"[0-9)}]\s?(?:\^|\*\*)\s?[{(\s]*-?"
_TOWER = re.compile(
    rf"{_OPERAND}[0-9.]*{_OPERAND}[0-9]|{_OPERAND}[0-9,]{{6}}|[0-9]{{{MAX_NUMBER}}}|{_OPERAND}[0-9]+\s?!"
)
_FACTORIAL = re.compile(r"[0-9]{4}\s?!|\^[^!]{0,40}[)}]\s?!|!\s?[)}]?\s?!")


def _depth(text: str) -> int:
    deepest = depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket[0] in "([{" else -1
        deepest = max(deepest, depth)
    return deepest


_BRACKET = re.compile(r"[()\[\]{}]")
_ELIDED = re.compile(r"…|\.\.\.|\\[lcdv]?dots")
_CALCULUS = re.compile(r"\\(?:i*o?int|sum|prod|lim)(?![a-z])|[∫∑∏]|\b(?:lim|integral)\b")
_CHOICE = re.compile(r"\s(?:or|and|to)\s|\\(?:lor|land|pm|mp)(?![a-z])|[±;]")
_RELATION = re.compile(r"<=|>=|!=|\\(?:leq?|geq?|neq?|approx|in|equiv|sim)(?![a-z])|[=<>≤≥≠≈∈~]")


def _marked(text: str) -> Shape | None:
    """Kinds that a single sign decides."""
    if not text:
        return Shape("empty", text)
    if _ELIDED.search(text):
        return Shape("elided", text)
    if _CALCULUS.search(text):
        return Shape("calculus", text)
    if "\\begin" in text:
        return Shape("matrix", text)
    if _CHOICE.search(text):
        return Shape("several", text, tuple(part.strip() for part in _CHOICE.split(text) if part.strip()))
    return _related(text)


def _related(text: str) -> Shape | None:
    signs = _RELATION.findall(text)
    if not signs:
        return None
    sides = tuple(side.strip() for side in _RELATION.split(text))
    return Shape("relation", text, sides, " ".join(_SIGNS.get(sign, sign) for sign in signs))


_SIGNS = {
    "<=": "≤",
    ">=": "≥",
    "!=": "≠",
    "\\le": "≤",
    "\\leq": "≤",
    "\\ge": "≥",
    "\\geq": "≥",
    "\\in": "∈",
    "\\ne": "≠",
}


def _framed(text: str) -> Shape | None:
    union = re.split(r"\s?(?:\\cup(?![a-z])|\u222a)\s?", text)
    if len(union) > 1:
        return Shape("union", text, tuple(union))
    if text[0] not in "([{" or text[-1] not in ")]}" or _closing(text, 0) != len(text) - 1:
        return None
    frame = text[0] + text[-1]
    parts = split_at_top(text[1:-1], ",")
    if frame == "{}":
        return Shape("set", text, parts, frame)
    if frame == "()":
        return Shape("tuple", text, parts, frame)
    return Shape("interval" if len(parts) == 2 else "tuple", text, parts, frame)


def _listed(text: str) -> Shape | None:
    parts = split_at_top(text, ",")
    return None if len(parts) < 2 or _WORDS.search(_spelled(text)) else Shape("several", text, parts)


def _closing(text: str, opening: int) -> int:
    """Where the bracket closes: at any closing bracket, since an interval may be `(1, 2]`. -1 for nowhere."""
    depth = 0
    for bracket in _BRACKET.finditer(text, opening):
        depth += 1 if bracket[0] in "([{" else -1
        if depth == 0:
            return bracket.start()
    return -1


def split_at_top(text: str, sign: str) -> tuple[str, ...]:
    """The parts between signs that no bracket encloses."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == sign and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    return (*parts, text[start:].strip())


FUNCTIONS = (
    "arcsin",
    "arccos",
    "arctan",
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "log",
    "ln",
    "exp",
    "det",
    "gcd",
    "lcm",
)
"""Functions whose names may stand without a backslash."""
_FUNCTION = re.compile(rf"\\?(?:{'|'.join(FUNCTIONS)}|sqrt|pi|binom)(?![a-zA-Z])")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_WORDS = re.compile(r"[^\W\d_]{2,}|[^\W\d_]['’][^\W\d_]")  # noqa: RUF001


_RAISED = dict.fromkeys(map(ord, "²³π"), " ")


def _spelled(text: str) -> str:
    return _COMMAND.sub(" ", _FUNCTION.sub(" ", text.translate(_RAISED)))


def _plain_kind(text: str) -> Kind:
    if len(text) == 1 and text.isalpha():
        return "letter"
    if _WORDS.search(_spelled(text)):
        return "words"
    return "expression"
