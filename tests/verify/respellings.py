"""Other spellings of final answers, certainly right: what `math` must not refuse.

Made from the answer alone, so that each is right by construction and not by the opinion of a comparison. Kinds:
`plain`, `comma`, `zeros`, `fraction`, `latex`, `mixed`, `exponent`, `dress`, `currency`, `text`, `spaces`, `order`.
"""

import random
from collections.abc import Iterator
from fractions import Fraction

from sterling.verify.numbers.equality import Value, value_of
from sterling.verify.numbers.number_misses import Variant, plain
from sterling.verify.numbers.shapes import Shape, shape_of


def right_variants(answer: str, seed: int) -> list[Variant]:
    """Other spellings of the same answer; none for words and expressions. The same for the same seed."""
    rng = random.Random(f"{seed}: {answer}")
    value, shape = value_of(answer), shape_of(answer)
    if value is not None:
        return _once(_right_numbers(value))
    if shape.kind in {"tuple", "interval", "set"} and all(value_of(part) for part in shape.parts):
        return _once(_right_members(shape, rng))
    return []


def _once(variants: Iterator[Variant]) -> list[Variant]:
    return list({variant.answer: variant for variant in variants}.values())


def _united(number: str, unit: str) -> str:
    if unit in {"$", "€", "£", "¥"}:
        return f"-{unit}{number[1:]}" if number.startswith("-") else f"{unit}{number}"
    return number + unit if unit == "%" else f"{number} {unit}".strip()


def _right_numbers(value: Value) -> Iterator[Variant]:
    for variant in (*_spellings(Fraction(value.number)),):
        if value.unit in {"", "%"} or variant.kind in {"plain", "comma", "zeros"}:
            yield Variant(variant.kind, _united(variant.answer, value.unit))
    written = plain(value)
    for dressed in ("${}$", r"\({}\)", "**{}**", " {} ", "{}."):
        yield Variant("dress", dressed.format(written))
    if value.unit == "%":
        yield Variant("text", written.replace("%", r"\%"))
        yield Variant("text", written.replace("%", " percent"))
    elif not value.unit:
        yield Variant("currency", _united(written, "$"))
        yield Variant("currency", f"{written} dollars")
    elif value.unit not in {"$", "€", "£", "¥"}:
        number = plain(Value(value.number))
        yield Variant("text", rf"{number}\text{{ {value.unit}}}")
        yield Variant("text", rf"{number}~\mathrm{{{value.unit}}}")


def _spellings(number: Fraction) -> Iterator[Variant]:
    sign, size = ("-" if number < 0 else ""), abs(number)
    decimal = plain(Value(size))
    if "/" not in decimal:
        whole, _, rest = decimal.partition(".")
        yield Variant("plain", sign + decimal)
        yield Variant("comma", sign + f"{int(whole):,}" + ("." + rest if rest else ""))
        yield Variant("zeros", sign + decimal + ("00" if rest else ".00"))
        if sign:
            yield Variant("plain", "\u2212" + decimal)
        if size.denominator == 1 and size and len(whole) < 16:
            yield Variant("exponent", f"{sign}{whole[0]}.{whole[1:] or '0'}e{len(whole) - 1}")
    yield Variant("fraction", f"{sign}{2 * size.numerator}/{2 * size.denominator}")
    for command in ("frac", "dfrac", "tfrac"):
        yield Variant("latex", rf"{sign}\{command}{{{3 * size.numerator}}}{{{3 * size.denominator}}}")
    if size.denominator > 1 and size > 1:
        whole_part, rest_part = divmod(size.numerator, size.denominator)
        yield Variant("mixed", f"{sign}{whole_part} {rest_part}/{size.denominator}")
        yield Variant("mixed", rf"{sign}{whole_part}\frac{{{rest_part}}}{{{size.denominator}}}")


def _right_members(shape: Shape, rng: random.Random) -> Iterator[Variant]:
    parts, frame = list(shape.parts), shape.frame
    yield Variant("plain", _in_frame(parts, frame))
    yield Variant("spaces", _in_frame(parts, frame).replace(", ", ","))
    yield Variant("latex", _sized(_in_frame(parts, frame)))
    for _ in range(3):
        others = [rng.choice(_once(_spellings(Fraction(value.number)))).answer for p in parts if (value := value_of(p))]
        yield Variant("latex", f"${_in_frame(others, frame)}$")
    if frame == "{}":
        yield Variant("order", _in_frame(rng.sample(parts, len(parts)), frame))


def _in_frame(parts: list[str], frame: str) -> str:
    opening, closing = (rf"\{frame[0]}", rf"\{frame[1]}") if frame == "{}" else (frame[0], frame[1])
    return f"{opening}{', '.join(parts)}{closing}"


def _sized(framed: str) -> str:
    inner = framed.removeprefix("\\").removesuffix("}").removesuffix("\\") if framed.startswith("\\") else framed[1:-1]
    if framed.startswith("\\"):
        return rf"\left\{{{inner[1:]}\right\}}"
    return rf"\left{framed[0]}{inner}\right{framed[-1]}"
