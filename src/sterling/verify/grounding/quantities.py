"""Numbers and dates in a text, in one spelling each, so that `1,234`, `1234` and `5 March 1994`, `1994-03-05` meet."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from sterling.verify.grounding.worded import Worded, worded
from sterling.verify.numbers.units import CURRENCIES, SCALE, UNIT, agree, scale_of, unit_of

Kind = Literal["number", "ordinal", "decade", "date", "literal"]
"""`literal`: a time, a version, or a number of more than 40 digits, compared as it is written."""


class Date(NamedTuple):
    """As much of a date as was said."""

    year: int | None
    month: int | None = None
    day: int | None = None

    def says(self, other: "Date") -> bool:
        """Whether every part that the other one names is the same here."""
        return all(theirs is None or mine == theirs for mine, theirs in zip(self, other, strict=True))


class Quantity(NamedTuple):
    """One number or date, and where it stands."""

    kind: Kind
    value: Fraction | Date | str
    start: int
    end: int
    unit: str = ""
    """Canonical; "" where none that is known follows."""
    hedged: bool = False
    """`about`, `nearly`, `more than`: it may be a rounded one."""
    worded: bool = False
    readings: tuple[Date, ...] = ()
    """Of a date with slashes: day first and month first."""


class Numbers:
    """Everything that a passage says in numbers, to look claims up in."""

    def __init__(self, quantities: Sequence[Quantity]) -> None:
        self._units: dict[tuple[str, object], set[str]] = {}
        self._dates: set[Date] = set()
        for one in quantities:
            self._dates.update(one.readings)
            if isinstance(one.value, Date):
                self._dates.add(one.value)
            else:
                self._units.setdefault((one.kind, one.value), set()).add(one.unit)
        self._years = {date.year for date in self._dates if date.year is not None}

    def holds(self, one: Quantity) -> bool:
        """Whether the passage has this number with a unit that agrees, or a date that says at least as much."""
        if isinstance(one.value, Date):
            return any(date.says(wanted) for wanted in (one.value, *one.readings) for date in self._dates)
        if self._written(one.kind, one.value, one.unit):
            return True
        if isinstance(one.value, str):
            return False
        return self._as_year(one, one.value) or (one.hedged and one.kind == "number" and self._nearly(one, one.value))

    def _written(self, kind: str, value: object, unit: str) -> bool:
        return any(agree(unit, theirs) for theirs in self._units.get((kind, value), ()))

    def _as_year(self, one: Quantity, value: Fraction) -> bool:
        if one.kind == "decade":
            return any(year in self._years or self._written("number", Fraction(year), "")
                       for year in range(int(value), int(value) + 10))  # fmt: skip
        return one.kind == "number" and not one.unit and value in self._years

    def _nearly(self, one: Quantity, value: Fraction) -> bool:
        """Whether a number here is this one when rounded to its last digit that is not zero."""
        half = _last_place(value) / 2
        return any(
            isinstance(other, Fraction) and abs(other - value) <= half and any(agree(one.unit, u) for u in units)
            for (kind, other), units in self._units.items() if kind == "number"
        )  # fmt: skip


def quantities(text: str) -> list[Quantity]:
    """Every number and date of a `plain` text, in order.

    Read are `1,234.5`, `-3`, `3/4`, `1 1/2`, `2e6`, `5 million`, `$5m`, `5 %`, `3rd`, `the 1990s`, `twenty-five`, `two
    thirds`, and dates as `3 March 1994`, `March 3rd, 1994`, `March 1994`, `1994-03-03`, `3/4/1994` (both ways round).

    Traps: `12,34` are two numbers, and so is `1 234` with a plain space; a decimal comma is not known; a dash at
    the beginning of a line is a list mark and no minus; `may 3` without
    a capital is no date; `5-10 km` gives its unit to both ends; Roman numerals, `half` and `a dozen` are not read.
    """
    found = [_measured(text, one) for match in _ANY.finditer(text) for one in _read(match)]
    starts = [one.start for one in found]
    found += [_measured(text, _in_words(one)) for one in worded(text) if not _is_within(found, starts, one.start)]
    return _ranged(text, sorted(found, key=lambda one: one.start))


_MONTHS: Mapping[str, int] = {
    name: n + 1
    for n, name in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"))
}
MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_SUFFIX = r"(?:st|nd|rd|th)"
_INTEGER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)"
_ANY = re.compile(
    rf"""
    (?<![\w.])(?P<iso>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?![0-9])
  | (?<![\w.])(?P<d1>[0-9]{{1,2}}){_SUFFIX}?(?:\ of)?\ (?P<m1>{MONTH})(?:,?\ (?P<y1>[0-9]{{4}})(?![0-9]))?
  | \b(?P<m2>{MONTH})\ (?P<d2>[0-9]{{1,2}}){_SUFFIX}?(?![0-9:%]|[.,][0-9])(?:,?\ (?P<y2>[0-9]{{4}})(?![0-9]))?
  | \b(?P<m3>{MONTH}),?\ (?:of\ )?(?P<y3>[0-9]{{4}})(?![0-9,])
  | (?<![\w./])(?P<slash>[0-9]{{1,2}}(?P<dot>[/.])[0-9]{{1,2}}(?P=dot)[0-9]{{4}})(?![0-9/])
  | (?<![\w.,])(?P<decade>[0-9]{{3}}0)'?s\b
  | (?<![\w.:])(?P<literal>[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?(?![0-9:])
      |[0-9]+(?:\.[0-9]+){{2,}}|[0-9.]*[0-9]\^-?[0-9]+)
  | (?<![\w.])(?P<ordinal>{_INTEGER}){_SUFFIX}\b
  | (?<![\w.^])(?P<sign>-?)(?:(?P<currency>[$\u20ac\u00a3\u00a5])\ ?)?
    (?: (?:(?P<whole>[0-9]{{1,9}})\ )?(?P<above>[0-9]{{1,9}})/(?P<below>[0-9]{{1,9}})(?![0-9/])
      | (?P<decimal>(?:{_INTEGER}(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{{1,2}}(?![0-9]))?) )
    """,
    re.VERBOSE,
)
_HEDGE = re.compile(
    r"(?i)\b(?:about|around|approximately|roughly|nearly|almost|some|circa|ca\.|over|under|more than|less than|at least"
    r"|at most|up to|estimated|close to)\s*(?:an?\s+estimated\s+)?-?[$\u20ac\u00a3\u00a5]?$"
)
_TO = re.compile(r"\s?(?:-|to)\s?[$\u20ac\u00a3\u00a5]?")
_AND = re.compile(r"\s(?:and)\s[$\u20ac\u00a3\u00a5]?")
_LONGEST = 40


def _is_within(found: Sequence[Quantity], starts: Sequence[int], at: int) -> bool:
    """Whether a word was read already: the `second` of `5 second`."""
    before = bisect_right(starts, at) - 1
    return before >= 0 and at < found[before].end


def _in_words(one: Worded) -> Quantity:
    return Quantity("ordinal" if one.ordinal else "number", one.value, one.start, one.end, worded=True)


def _read(match: re.Match[str]) -> Iterator[Quantity]:
    start, end = match.span()
    if match["iso"]:
        year, month, day = map(int, match["iso"].split("-"))
        yield Quantity("date", Date(year, month, day), start, end)
    elif match["slash"]:
        one, other, year = map(int, re.split(r"[/.]", match["slash"]))
        readings = tuple(Date(year, m, d) for d, m in ((one, other), (other, one)) if m <= 12)
        yield Quantity("date", readings[0] if readings else Date(year), start, end, readings=readings[1:])
    elif match["m1"] or match["m2"] or match["m3"]:
        yield _named_date(match)
    elif match["decade"]:
        yield Quantity("decade", Fraction(int(match["decade"])), start, end)
    elif match["literal"]:
        yield Quantity("literal", match["literal"], start, end)
    elif match["ordinal"]:
        yield _counted(match["ordinal"], "ordinal", start, end)
    else:
        yield _number(match)


def _named_date(match: re.Match[str]) -> Quantity:
    n = next(n for n in "123" if match[f"m{n}"])
    year, day = match[f"y{n}"], match[f"d{n}"] if n != "3" else None
    date = Date(int(year) if year else None, _MONTHS[match[f"m{n}"][:3]], int(day) if day else None)
    return Quantity("date", date, match.start(), match.end() - match[0].endswith("."))


def _number(match: re.Match[str]) -> Quantity:
    start, end = match.span()
    if match["decimal"]:
        one = _counted(match["decimal"], "number", start, end)
    elif int(match["below"]) == 0:
        one = Quantity("literal", match[0].strip(), start, end)
    else:
        value = int(match["whole"] or 0) + Fraction(int(match["above"]), int(match["below"]))
        one = Quantity("number", value, start, end)
    if match["sign"] and isinstance(one.value, Fraction) and not _is_list_mark(match):
        one = one._replace(value=-one.value)
    return one._replace(unit=CURRENCIES.get(match["currency"] or "", ""))


def _is_list_mark(match: re.Match[str]) -> bool:
    """Whether the dash begins its line."""
    line = match.string[max(0, match.start() - 20) : match.start()]
    return not line.rpartition("\n")[2].strip() and (len(line) < 20 or "\n" in line)


def _counted(written: str, kind: Kind, start: int, end: int) -> Quantity:
    digits = written.replace(",", "")
    if len(digits) > _LONGEST:
        return Quantity("literal", digits, start, end)
    return Quantity(kind, Fraction(digits), start, end)


def _measured(text: str, one: Quantity) -> Quantity:
    """With the scale and unit that follow, and the hedge that precedes."""
    if one.kind != "number" or not isinstance(one.value, Fraction):
        return one
    hedged = _HEDGE.search(text[max(0, one.start - 30) : one.start]) is not None
    value, end, unit = one.value, one.end, one.unit
    scale = SCALE.match(text, end)
    if scale and (factor := scale_of(scale[1], bool(unit))):
        value, end = value * factor, scale.end()
    follows = UNIT.match(text, end)
    if follows:
        unit, end = unit or unit_of(follows[1]), follows.end()
    return one._replace(value=value, end=end, unit=unit, hedged=hedged)


def _ranged(text: str, found: list[Quantity]) -> list[Quantity]:
    """`5 to 10 million km`: scale and unit belong to both ends."""
    for at in range(len(found) - 2, -1, -1):
        one, after = found[at], found[at + 1]
        if one.kind == after.kind == "number" and _is_range(text, one, after):
            factor = _factor(text, after)
            bare = isinstance(one.value, Fraction) and not SCALE.match(text, one.end) and one.end - one.start < 12
            value = one.value * factor if bare and isinstance(one.value, Fraction) else one.value
            found[at] = one._replace(value=value, unit=one.unit or after.unit)
    return found


def _is_range(text: str, one: Quantity, after: Quantity) -> bool:
    between = text[one.end : after.start]
    if _TO.fullmatch(between):
        return True
    return bool(_AND.fullmatch(between)) and text[max(0, one.start - 9) : one.start].lower().endswith("between ")


def _factor(text: str, one: Quantity) -> Fraction:
    scale = SCALE.search(text, one.start, one.end)
    return Fraction(scale_of(scale[1], one.unit in CURRENCIES.values()) or 1) if scale else Fraction(1)


def _last_place(value: Fraction) -> Fraction:
    """What the last digit other than zero stands for: 100 in 1,200, and 1/10 in 3.4."""
    place = Fraction(1)
    while (value / place).denominator != 1 and place > Fraction(1, 10**9):
        place /= 10
    while value and (value / (place * 10)).denominator == 1:
        place *= 10
    return place
