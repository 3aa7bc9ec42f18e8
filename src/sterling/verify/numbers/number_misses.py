"""Near misses of final answers, certainly wrong: what `math` is held to.

Made from the answer alone, so that each is wrong by construction and not by the opinion of a comparison.
Kinds of wrong numbers: `digit`, `off_by_one`, `sign`, `shift` (decimal point), `unit` (swapped, left out), `a_or_b`,
`percent`, `separator` (1,234 as 1.234), `inverted`, `power`, `elided`, `range`, `integral`. Of pairs, intervals and
sets: `swapped`, `brackets`, `missing`, `extra`, and a member with one of the kinds above.
"""

import random
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from sterling.verify.numbers.equality import Value, value_of
from sterling.verify.numbers.shapes import Shape, shape_of


class Variant(NamedTuple):
    """An answer made from another one."""

    kind: str
    answer: str


def wrong_variants(answer: str, seed: int) -> list[Variant]:
    """Wrong answers near this one, which is right; none for words and expressions. The same for the same seed."""
    rng = random.Random(f"{seed}: {answer}")  # noqa: S311 - not for secrets
    value, shape = value_of(answer), shape_of(answer)
    if value is not None:
        return _once(_wrong_numbers(value, rng))
    if shape.kind in {"tuple", "interval", "set"} and all(value_of(part) for part in shape.parts):
        return _once(_wrong_members(shape, rng))
    return []


def _once(variants: Iterator[Variant]) -> list[Variant]:
    return list({variant.answer: variant for variant in variants}.values())


def plain(value: Value) -> str:
    """The shortest spelling: an integer, a decimal that ends, or a fraction."""
    return _united(_decimal(Fraction(value.number)) or _ratio(Fraction(value.number)), value.unit)


def _united(number: str, unit: str) -> str:
    if unit in {"$", "€", "£", "¥"}:
        return f"-{unit}{number[1:]}" if number.startswith("-") else f"{unit}{number}"
    return number + unit if unit == "%" else f"{number} {unit}".strip()


def _ratio(number: Fraction) -> str:
    return f"{number.numerator}/{number.denominator}"


def _decimal(number: Fraction) -> str | None:
    """With as many decimals as it has; None when they do not end within 12."""
    for places in range(13):
        scaled = number * 10**places
        if scaled.denominator == 1:
            digits = str(abs(scaled.numerator)).zfill(places + 1)
            cut = len(digits) - places
            return ("-" if number < 0 else "") + digits[:cut] + ("." + digits[cut:] if places else "")
    return None


def _wrong_numbers(value: Value, rng: random.Random) -> Iterator[Variant]:
    number, unit = Fraction(value.number), value.unit
    for kind, other in _other_numbers(number, rng):
        if other != number:
            yield Variant(kind, plain(Value(other, unit)))
    yield from _wrong_units(value)
    written = plain(value)
    second = plain(Value(number + rng.randrange(1, 9), unit))
    yield Variant("a_or_b", f"{written} or {second}")
    yield Variant("a_or_b", f"{second} or {written}")
    yield Variant("a_or_b", f"{written}, {second}")
    yield Variant("elided", f"1 2 ... {written}")
    yield Variant("elided", f"1, 2, \\ldots, {written}")
    yield Variant("range", f"{written} to {second}")
    yield Variant("integral", rf"\int_0^{{{written}}} dx")
    yield Variant("power", f"{written}^2" if abs(number) != 1 and number else f"{written}^2+1")


def _other_numbers(number: Fraction, rng: random.Random) -> Iterator[tuple[str, Fraction]]:
    yield "digit", _with_digit(number, rng)
    yield "off_by_one", number + 1
    yield "off_by_one", number - 1
    yield "sign", -number
    yield "shift", number * 10
    yield "shift", number / 10
    if number:
        yield "inverted", 1 / number
    if number.denominator == 1 and abs(number) >= 1000:
        yield "separator", number / 1000


def _with_digit(number: Fraction, rng: random.Random) -> Fraction:
    """One digit of the numerator is another one."""
    digits = str(abs(number.numerator))
    at = rng.randrange(len(digits))
    other = rng.choice([digit for digit in "0123456789" if digit != digits[at]])
    changed = Fraction(int(digits[:at] + other + digits[at + 1 :]), number.denominator)
    return -changed if number < 0 else changed


_SWAPPED = {"km": "m", "m": "cm", "cm": "mm", "kg": "g", "hour": "minutes", "minute": "seconds", "apple": "oranges"}


def _wrong_units(value: Value) -> Iterator[Variant]:
    number = plain(Value(value.number))
    if value.unit == "%":
        yield Variant("percent", number)
        yield Variant("percent", plain(Value(Fraction(value.number) / 100)))
        return
    yield Variant("percent", f"{number}%")
    yield Variant("percent", plain(Value(Fraction(value.number) * 100)) + "%")
    if value.unit == "$":
        yield Variant("unit", f"{number} cents")
        yield Variant("unit", f"€{number}" if not number.startswith("-") else f"-€{number[1:]}")
    elif value.unit:
        yield Variant("unit", f"{number} {_SWAPPED.get(value.unit, 'apples')}")
        yield Variant("unit", number)


def _wrong_members(shape: Shape, rng: random.Random) -> Iterator[Variant]:
    parts, frame = list(shape.parts), shape.frame
    values = [value for part in parts if (value := value_of(part))]
    for at, value in enumerate(values):
        kind, other = next((k, n) for k, n in _other_numbers(Fraction(value.number), rng) if n != value.number)
        if all(Fraction(one.number) != other for one in values):
            changed = [*parts[:at], plain(Value(other, value.unit)), *parts[at + 1 :]]
            yield Variant(kind, _in_frame(changed, frame))
    for other_frame in ("()", "[]", "(]", "[)", "{}"):
        if other_frame != frame and (len(parts) == 2 or other_frame in {"()", "{}"}):
            yield Variant("brackets", _in_frame(parts, other_frame))
    worth = [value_of(part) or part for part in parts]  # (0.5, 1/2) turned round is the same pair
    if frame != "{}" and worth[::-1] != worth:
        yield Variant("swapped", _in_frame(parts[::-1], frame))
    if len(parts) > 2 and worth[-1] not in worth[:-1]:
        yield Variant("missing", _in_frame(parts[:-1], frame))
    largest = max(Fraction(value.number) for value in values)
    yield Variant("extra", _in_frame([*parts, plain(Value(largest + 1))], frame))


def _in_frame(parts: list[str], frame: str) -> str:
    opening, closing = (rf"\{frame[0]}", rf"\{frame[1]}") if frame == "{}" else (frame[0], frame[1])
    return f"{opening}{', '.join(parts)}{closing}"
