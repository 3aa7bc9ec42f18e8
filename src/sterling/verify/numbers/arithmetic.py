r"""Equations of plain arithmetic in a text, and whether they hold.

Read are calculator annotations `<<48/2=24>>`, as GSM8K has them, and plain equations whose sides are arithmetic:
`3 * 4 = 12`, `$5 x 3 = $15`, `10% of 50 = 5`, `2 \times 3 = 6`; of a chain `a = b = c`, each pair of neighbours. What
counts as arithmetic is in `sterling.verify.numbers.expressions`.

A right side with decimals may be rounded or cut off at the last digit shown: `10/3 = 3.33`, `2/3 = 0.67` and `0.66`
hold, `2/3 = 0.68` does not. One without decimals must be exact: `10/3 = 3` is wrong. Only the text around an
annotation, which has the exact value, may go to a neighbouring integer: `10/3 = <<10/3=3.33>>4`. With ten decimals or
more a side may also be off by 1e-12 of its value, for it comes out of a binary computer.
`25/100 = 25%` and `25/100*100 = 25%` both hold.

Traps: a unit may be converted without a word (`90/60 = 1.5 hours`, `30 * 2 = 1 hour`), a quotient may have a remainder,
a number may be in thousands: a plain equation that is false but would hold under such a reading is left open. A sign
before the first number may be a bullet; a number before it may belong to a word (`twice 5 + 3 = 13`).

Not guaranteed: that an equation that holds belongs to the problem; that words between the numbers are seen through
(`3 boxes * 4 = 12` is not read); that a value carried on in rounded form is forgiven (`3.33 * 3 = 10` is wrong).
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, pairwise
from typing import NamedTuple

from sterling.verify.numbers.expressions import MAX_DIGITS, Amount, Token, tokens_of, value_of_tokens

MAX_EQUATIONS = 500
"""Equations of one text that are looked at."""
_MAX_SHOWN = 200
_MAX_REST = 60


class Equation(NamedTuple):
    """One pair of sides."""

    text: str
    """Both sides as they stand there, `48/2=24`."""
    left: str
    right: str
    holds: bool | None
    """None when a side of an annotation is no plain arithmetic, or when units left unsaid may make it hold."""


def equations(text: str) -> list[Equation]:
    """Annotations first, then plain equations, in the order of the text. Time grows with the length of the text."""
    found = [*_annotated(text), *_plain(_LATEX_COMMAND.sub(_command, _ANNOTATION.sub(_GAP, text)))]
    return found[:MAX_EQUATIONS]


def wrong_equations(text: str) -> list[Equation]:
    """Those that do not hold, each once, however it is spaced."""
    wrong: dict[str, Equation] = {}
    for equation in equations(text):
        if equation.holds is False:
            wrong.setdefault(equation.text.replace(" ", ""), equation)
    return list(wrong.values())


class _Sides(NamedTuple):
    """An equation before it is judged."""

    left: Sequence[Token]
    right: Sequence[Token]
    text: str
    written: tuple[str, str]
    rest: str = ""
    """What follows it."""
    annotated: bool = False
    """An annotation stood in it, which has the exact value, so that this one may be rounded to an integer."""

    def equation(self) -> Equation:
        """With the verdict."""
        mine, theirs = value_of_tokens(self.left), value_of_tokens(self.right)
        holds: bool | None = None
        if mine is not None and theirs is not None:
            agree = _agree(mine, theirs, self.written[1], self.annotated)
            holds = True if agree else None if self._may_be_meant(mine, theirs) else False
        left, right = self.written
        return Equation(self.text[:_MAX_SHOWN], left[:_MAX_SHOWN], right[:_MAX_SHOWN], holds)

    def _may_be_meant(self, left: Amount, right: Amount) -> bool:
        """Whether words make of it an equation that holds: `3/3 - 2/3 = 1/3 of $150`."""
        return any(token.text == "of" for token in self.right) or _may_be_converted(left, right, self.rest)


_GAP = "\x1f"
"""A kind of space that is put where an annotation stood."""
_ANNOTATION = re.compile(r"<<([^<>\n]{1,400})>>")


def _annotated(text: str) -> Iterator[Equation]:
    for match in islice(_ANNOTATION.finditer(text), MAX_EQUATIONS):
        for left, right in pairwise(side.strip() for side in match[1].split("=")):
            yield _Sides([*tokens_of(left)], [*tokens_of(right)], f"{left}={right}", (left, right)).equation()


_DECIMALS = re.compile(r"\.([0-9]+)[^0-9]*\Z")


def _agree(left: Amount, right: Amount, written: str, rounded: bool) -> bool:
    unit = Fraction(1, 100) if right.percent else Fraction(1)
    readings = [left.value / unit] if left.percent or not right.percent else [left.value / unit, left.value]
    return any(_close(reading, right.value / unit, written, rounded) for reading in readings)


def _close(value: Fraction, shown: Fraction, written: str, rounded: bool) -> bool:
    """Rounded or cut off at the last digit shown."""
    off = abs(value - shown)
    decimals = _DECIMALS.search(written)
    if off == 0 or decimals is None:
        return off < int(rounded) or off == 0
    places = min(len(decimals[1]), MAX_DIGITS)
    last = Fraction(1, 10**places)
    cut = value * shown >= 0 and 0 < abs(value) - abs(shown) < last
    binary = places >= _BINARY and off <= abs(value) / 10**12
    return cut or off <= last / 2 or binary


_BINARY = 10
"""Decimals from which a number is taken for what a binary computer made of it."""


_CONVERSIONS = frozenset({7, 12, 16, 24, 36, 52, 60, 100, 365, 1000, 1440, 3600, 5280})
"""Ratios of units that are exchanged without a word: days and weeks, inches and feet, cents and dollars."""
_UNIT = re.compile(r"\s?[^\W\d_]|\s?[¢°]")
_OPEN_ENDED = re.compile(
    r"\s?(?:hundred|thousand|million|billion|trillion|dozen|[kKmMbB]n?\b|[Rr]\b|rem|with|and\b"
    r"|[^\W\d_]+,?\s(?:and\s)?[0-9]|[^.\n]{0,30}\b(?:remainder|left ?over|remaining))"
)
"""Words that change the number they follow: scale, remainder, a second unit."""


def _may_be_converted(left: Amount, right: Amount, rest: str) -> bool:
    if _OPEN_ENDED.match(rest):
        return True
    if not _UNIT.match(rest) or not left.value or not right.value:
        return False
    ratio = abs(left.value / right.value)
    return max(ratio, 1 / ratio) in _CONVERSIONS


_LATEX_COMMAND = re.compile(
    r"\\(?:times|cdot|div|left|right)(?![a-zA-Z])|\\[,!;: $%]|[$€£¥](?=-[0-9])"
    r"|(?<![0-9)])(?<![0-9)]\s)\*\*|\*\*(?!\s?[0-9(-])"
)
_COMMANDS = {"\\times": "*", "\\cdot": "*", "\\div": "/", "\\$": "$", "\\%": "%"}


def _command(match: re.Match[str]) -> str:
    """LaTeX operators in plain form; its spacing becomes space, and emphasis goes."""
    return _COMMANDS.get(match[0], "" if match[0] == "**" else " ")


def _plain(text: str) -> Iterator[Equation]:
    """Runs of arithmetic with an equals sign in them."""
    run: list[Token] = []
    before: Token | None = None
    for token in tokens_of(text):
        if token.kind != "other":
            run.append(token)
            continue
        yield from _in_run(text, before, run)
        run, before = [], token
    yield from _in_run(text, before, run)


def _in_run(text: str, before: Token | None, run: list[Token]) -> Iterator[Equation]:
    sides = _sides(run)
    if len(sides) < 2:
        return
    sides[0] = _beginning(text, before, sides[0])
    sides[-1] = _ending(text, sides[-1])
    for at, (left, right) in enumerate(pairwise(sides)):
        if right and _says_something(left, right if at else ()):
            equation = _judged(text, left, right)
            if equation is not None:
                yield equation


def _says_something(*sides: Sequence[Token]) -> bool:
    return bool(sides[0]) and any(token.kind == "operator" for side in sides for token in side)


def _judged(text: str, left: Sequence[Token], right: Sequence[Token]) -> Equation | None:
    """None when a side is no arithmetic: in running text that is no equation."""
    if value_of_tokens(left) is None or value_of_tokens(right) is None:
        return None
    whole = text[left[0].start : right[-1].end]
    written = (_text(text, left), _text(text, right))
    rest = text[right[-1].end : right[-1].end + _MAX_REST]
    return _Sides(left, right, whole.replace(_GAP, ""), written, rest, _GAP in whole).equation()


def _sides(run: Sequence[Token]) -> list[list[Token]]:
    sides: list[list[Token]] = [[]]
    for token in run:
        if token.kind == "=":
            sides.append([])
        else:
            sides[-1].append(token)
    return sides


def _text(text: str, side: Sequence[Token]) -> str:
    return text[side[0].start : side[-1].end].replace(_GAP, "")


_BELONGS = re.compile(
    r"(?:\b(?:twice|thrice|double|triple|half|thirds?|quarters?|of|negative|squared?|root|log|sqrt|plus|minus|times|by"
    r"|over|weeks?|days?|months?|years?|step|case|number|[^\W\d_])|[0-9](?:,|\sand))\s*\Z",
    re.IGNORECASE,
)
"""Words, single letters and halves of numbers that do something to the number after them."""
_FREE = frozenset(" \t\n([:,;\"'“‘*_`|>.—")  # noqa: RUF001
"""What may stand directly before an equation."""


def _beginning(text: str, before: Token | None, side: list[Token]) -> list[Token]:
    """The first side without bullets and unopened brackets; nothing when a word before it may belong to it."""
    side = _unopened(side)
    if not side:
        return side
    if side[0].kind == "operator":
        starts_line = before is None or before.text.startswith("\n")
        bullet = text[side[0].end : side[0].end + 1] == " "
        return [] if not starts_line else side[1:] if bullet else side
    start = side[0].start
    free = start == 0 or text[start - 1] in _FREE
    return side if free and not _BELONGS.search(text[max(0, start - 24) : start]) else []


def _unopened(side: list[Token]) -> list[Token]:
    """What follows the last bracket that is not closed."""
    depth = 0
    for at in range(len(side) - 1, -1, -1):
        depth += (side[at].kind == ")") - (side[at].kind == "(")
        if depth < 0:
            return side[at + 1 :]
    return side


_GOES_ON = re.compile(
    r"[√^{²³π½⅓¼¾!]|\s?\\(?!text|mathrm|mbox|quad|qquad|[^a-zA-Z])|\s?(?:times|plus|minus)\b|[a-zA-Z]\b"
)
"""What makes the number before it another one."""


def _ending(text: str, side: list[Token]) -> list[Token]:
    """The last side up to a bracket that was opened before it; nothing when it goes on with what is no arithmetic."""
    depth = 0
    for at, token in enumerate(side):
        depth += (token.kind == "(") - (token.kind == ")")
        if depth < 0:
            return side[:at]
    goes_on = not side or side[-1].kind == "operator" or _GOES_ON.match(text, side[-1].end)
    return [] if goes_on else side
