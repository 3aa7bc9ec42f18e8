r"""Plain arithmetic read from text and evaluated with exact rationals: `20% of 3*(1,200 + .5)`, `$5 x 3`, `2 1/2`.

No `eval`, and nothing whose cost is not bounded: see the caps. Read are numbers as `equality` reads them (thousands
separators, decimals, `2e6`), percent, currency signs before a number (they are ignored), `+ - * /` with their
typographic relatives, `x` between numbers, `^` or `**` with small integer exponents,
`of` after a percentage or a fraction, parentheses, `3(4)` as a product, mixed numbers. Nothing else: no units, no
functions, no variables.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NamedTuple

from sterling.verify.numbers.equality import INTEGER

MAX_DEPTH = 20
"""Nested parentheses and signs."""
MAX_TOKENS = 100
"""Numbers, operators and parentheses of one expression."""
MAX_DIGITS = 40
"""Digits of one number."""
MAX_EXPONENT = 64
MAX_BITS = 4096
"""Size of a power's result."""

Kind = Literal["number", "operator", "(", ")", "=", "other"]


class Token(NamedTuple):
    """A piece of text; the kind `other` is whatever arithmetic does not know."""

    kind: Kind
    text: str
    start: int
    end: int


class Amount(NamedTuple):
    """A value, and how it was written."""

    value: Fraction
    percent: bool = False
    """`20%`, whose value is 1/5."""
    fraction: bool = False
    """A fraction of two plain numbers, `1/2`: like a percentage, it can be `of` something."""


class Unreadable(ValueError):
    """The text is no arithmetic that is understood, or it is over a cap."""


_NUMBER = rf"(?:[$€£¥]\s?)?(?:{INTEGER}(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{{1,2}}(?![0-9]))?"
_TOKEN = re.compile(
    rf"""
      (?P<clock> [0-9]+ (?: :[0-9]+ )+ )
    | (?P<number> (?: (?<![\w.]) | (?<=[\d)][xX]) ) {_NUMBER} (?![.,:]?[0-9]) (?: \s?% )? )
    | (?P<times> (?<=[\d)%\s]) [xX] (?=\s?[$€£¥(]?\s?\.?[0-9]) )
    | (?P<operator> \b of \b | \*\* | [-+*/^×÷·⋅∙−–] )
    | (?P<open> \( ) | (?P<close> \) )
    | (?P<unequal> [<>!=]=+ | => | = ~ )
    | (?P<equals> = )
    | (?P<other> [0-9][0-9.,:]* | [^\W\d_]\w* | \n\s* | [^\s] )
    """,  # noqa: RUF001 - typographic operators are meant
    re.VERBOSE,
)
_KINDS: dict[str, Kind] = {
    "number": "number", "times": "operator", "operator": "operator", "open": "(", "close": ")", "equals": "=",
}  # fmt: skip
_OPERATORS = {
    "x": "*", "X": "*", "×": "*", "·": "*", "⋅": "*", "∙": "*", "÷": "/", "−": "-", "–": "-",  # noqa: RUF001
    "**": "^",
}  # fmt: skip


def tokens_of(text: str) -> Iterator[Token]:
    """Every piece of the text but spaces, in order. Operators come in their plain form."""
    for match in _TOKEN.finditer(text):
        kind = _KINDS.get(match.lastgroup or "", "other")
        said = _OPERATORS.get(match[0], match[0]) if kind == "operator" else match[0]
        yield Token(kind, said, match.start(), match.end())


def evaluate(text: str) -> Amount | None:
    """What the expression is worth; None when it is no plain arithmetic, has no value, or is over a cap."""
    return value_of_tokens([*tokens_of(text[: MAX_TOKENS * (MAX_DIGITS + 2)])])


def value_of_tokens(tokens: Sequence[Token]) -> Amount | None:
    """The same for text that is already in pieces."""
    if not 0 < len(tokens) <= MAX_TOKENS:
        return None
    try:
        return _Parser(tokens).whole()
    except (Unreadable, ZeroDivisionError):
        return None


class _Parser:
    """Recursive descent: sum, product, power, sign, atom."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Amount:
        """All tokens as one expression."""
        amount = self._sum()
        if self._at < len(self._tokens):
            raise Unreadable
        return amount

    def _next(self, *wanted: str) -> Token | None:
        """The next token if it is one of those, taken."""
        if self._at < len(self._tokens) and self._tokens[self._at].text in wanted:
            self._at += 1
            return self._tokens[self._at - 1]
        return None

    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _sum(self) -> Amount:
        total = self._product()
        while operator := self._next("+", "-"):
            term = self._product()
            if term.percent != total.percent:
                raise Unreadable  # 80 - 20%: whether of the 80 or of one, only the writer knows
            value = total.value + term.value if operator.text == "+" else total.value - term.value
            total = Amount(value, total.percent)
        return total

    def _product(self) -> Amount:
        product = self._power()
        while True:
            operator = self._next("*", "/", "of")
            if operator is None and self._kind() != "(":
                return product
            said = operator.text if operator else "*"
            factor = self._power() if said != "/" else self._divisor()
            product = _combined(product, said, factor)

    def _divisor(self) -> Amount:
        """After a division sign and a space, `1/3` without spaces is one fraction: `25 / 1/3` is 75."""
        around = self._tokens[self._at - 1 : self._at + 3]
        gaps = [before.end < after.start for before, after in pairwise(around)]
        divisor = self._power()
        if gaps == [True, False, False] and around[2].text == "/" and self._next("/"):
            return _combined(divisor, "/", self._power())
        return divisor

    def _power(self) -> Amount:
        base = self._atom()
        if self._next("^"):
            return Amount(_raised(base.value, self._power().value))
        return base

    def _atom(self) -> Amount:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable
        if sign := self._next("-", "+"):
            inner = self._power()
            amount = Amount(-inner.value if sign.text == "-" else inner.value, inner.percent)
        elif self._next("("):
            amount = Amount(*self._sum()[:2])
            if not self._next(")"):
                raise Unreadable
        else:
            amount = self._number()
        self._depth -= 1
        return amount

    def _number(self) -> Amount:
        if self._kind() != "number":
            raise Unreadable
        amount = _read(self._tokens[self._at].text)
        self._at += 1
        return self._mixed(amount) if self._kind() == "number" else amount

    def _mixed(self, whole: Amount) -> Amount:
        r"""`2 1/2`: a whole number, a space, and a proper fraction."""
        texts = [token.text for token in self._tokens[self._at : self._at + 3]]
        if not (len(texts) == 3 and texts[1] == "/" and texts[0].isdigit() and texts[2].isdigit()):
            raise Unreadable
        part = _read(texts[0]).value / _read(texts[2]).value
        if whole.percent or whole.value.denominator != 1 or part >= 1:
            raise Unreadable
        self._at += 3
        return Amount(whole.value + part)


def _combined(left: Amount, operator: str, right: Amount) -> Amount:
    if operator == "of" and not (left.percent or left.fraction):
        raise Unreadable  # 3 of 10
    if operator == "/":
        plain = not (left.fraction or left.percent or right.percent)
        return Amount(left.value / right.value, left.percent and not right.percent, plain)
    return Amount(left.value * right.value)


def _raised(base: Fraction, exponent: Fraction) -> Fraction:
    power = abs(exponent)
    if power.denominator != 1 or power > MAX_EXPONENT:
        raise Unreadable
    if power * max(base.numerator.bit_length(), base.denominator.bit_length()) > MAX_BITS:
        raise Unreadable
    return Fraction(base ** int(exponent))


_CLOCK = re.compile(r"0[0-9]")
"""`0730` is an hour or a label."""


def _read(text: str) -> Amount:
    digits = text.lstrip("$€£¥ \t\n").replace(",", "")
    percent = digits.endswith("%")
    digits = digits.rstrip("% \t\n")
    if len(digits) > MAX_DIGITS or _CLOCK.match(digits):
        raise Unreadable
    value = Fraction(digits)
    return Amount(value / 100 if percent else value, percent)
