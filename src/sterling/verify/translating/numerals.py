"""Numbers of two texts in two languages, each read as its own language writes them.

`1.234` is a thousand and more in German and a little over one in English; `3 pm` is `15 Uhr`; `5 million` is `500万`.
So a number has readings, and two numbers agree when they share one. Nothing is converted: 5 miles are not 8 km.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from sterling.verify.grounding.worded import Worded, worded

COMMA = frozenset({
    "bg", "ca", "cs", "da", "de", "el", "es", "et", "fi", "fr", "gl", "hr", "hu", "hy", "id", "is", "it", "ka", "lt",
    "lv", "mk", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk", "vi",
})  # fmt: skip
"""Languages with a decimal comma. Where some of a language's countries write a point (`es-MX`), both are read."""
_EITHER = frozenset({"", "es", "pt", "id", "ca"})
_HOUR = 24


class Numeral(NamedTuple):
    """One number in a text."""

    text: str
    readings: frozenset[Fraction]
    start: int
    end: int
    unit: str = ""
    """A symbol that all languages share: `km`, `%`, `kg`."""
    required: bool = True
    """False for what another language may say in words: months, and whatever is in words here."""

    @property
    def least(self) -> Fraction | None:
        """The smallest of its readings; None for what is only a spelling (`10.0.0.1`)."""
        return min(self.readings, default=None)


def numerals(text: str, language: str) -> list[Numeral]:
    """The numbers of a `plain` text in order; in English also those in words. `language` is "" where nobody knows it.

    Dates and times give a number for each of their parts. Digits within a word (`B2B`) are no numbers; signs are not
    read, because `minus` has many words.
    """
    found = _merged(text, [one for match in _ANY.finditer(text) for one in _read(match, language)])
    if language in {"en", ""}:
        taken = [(one.start, one.end) for one in found]
        said = (one for one in worded(text) if not _overlaps(one.start, one.end, taken))
        found += [_in_words(text, one) for one in said]
    return sorted(found, key=lambda one: one.start)


def missing(mine: Sequence[Numeral], theirs: Sequence[Numeral], their_text: str) -> list[Numeral]:
    """Of my numbers those that the other text has in no reading, nor in the same spelling, nor as a Roman numeral."""
    readings = frozenset[Fraction]().union(*(one.readings for one in theirs))
    spellings = {one.text for one in theirs}
    return [
        one for one in mine
        if one.required and not one.readings & readings
        and one.text not in spellings and not _is_roman(one, their_text)
    ]  # fmt: skip


def misread(mine: Sequence[Numeral], theirs: Sequence[Numeral]) -> list[Numeral]:
    """Of my numbers those that the other text only has in the same spelling, which means another number there."""
    readings = frozenset[Fraction]().union(*(one.readings for one in theirs))
    spellings = {one.text for one in theirs}
    return [one for one in mine if one.readings and not one.readings & readings and one.text in spellings]


def other_units(mine: Sequence[Numeral], theirs: Sequence[Numeral]) -> list[tuple[Numeral, Numeral]]:
    """My numbers beside the same ones with other units, where neither text has them with the right one."""
    pairs = ((one, [other for other in theirs if one.readings & other.readings]) for one in mine if one.unit)
    return [
        (one, same[0]) for one, same in pairs
        if same and all(other.unit and other.unit != one.unit for other in same)
    ]  # fmt: skip


_SCALES = {
    10**3: r"thousand|tausend|mille|mil|duizend|тыс\.?|тысяч\w*|千",
    10**4: r"万|萬|만",
    10**5: r"lakhs?|लाख",
    10**6: r"million\w*|mill[oó]n(?:es)?|milion\w*|milh(?:ão|ões)|miljoen\w*|mln|mio|миллион\w*|млн|百万|百萬|백만",
    10**7: r"crores?|करोड़|千万|千萬|천만",
    10**8: r"亿|億|억",
    10**9: r"milliard\w*|miliard\w*|miljard\w*|mrd|bn|billion|миллиард\w*|млрд|mil millones|十亿|十億|십억",
    10**12: r"trillion|billion\w*|bill[oó]n(?:es)?|兆|조|万亿|трлн|триллион\w*",
}
"""What numbers count by. `billion` has two meanings, so both are readings."""
_SCALED = [(factor, re.compile(rf"(?i)[ -]?(?:{words})(?![A-Za-zÀ-ɏЀ-ӿ])")) for factor, words in _SCALES.items()]
_EAST = frozenset("千万萬만百亿億억十兆조천십백")
_UNITS = re.compile(r"\s?(%|°[CF]|km/h|km|cm|mm|kg|mg|ml|kWh|kW|MW|GW|kHz|MHz|GHz|Hz|kB|MB|GB|TB|m|g|l)(?![\w²³^/%])")
_DECADE = re.compile(r"'?s\b|-?er\b|-\u0445\b")
_LETTER = "A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff_"
_ANY = re.compile(
    rf"""
    (?<![{_LETTER}0-9])(?<![0-9][.,])
    (?: (?P<iso>[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}})(?![0-9])
      | (?P<east>[0-9]{{2,4}}年[0-9]{{1,2}}月(?:[0-9]{{1,2}}[日号])?)
      | (?P<date>[0-9]{{1,2}}(?P<by>[./-])[0-9]{{1,2}}(?P=by)(?:[0-9]{{4}}|[0-9]{{2}}))(?![0-9]|[./-][0-9])
      | (?P<dotted>(?![0-9]{{1,3}}(?:\.[0-9]{{3}})+(?![.0-9]))[0-9]+(?:\.[0-9]+){{3,}})
      | (?P<time>[0-9]{{1,2}}(?:[:h][0-9]{{2}}(?![0-9])(?::[0-9]{{2}})?|\.[0-9]{{2}}(?=\s?(?:Uhr|h\b))))
        (?P<half>\s?[ap]\.?m\b)?
      | (?P<hour>[0-9]{{1,2}})(?P<halved>\s?[ap]\.?m\b)
      | (?P<number>[0-9]{{1,3}}(?:[\x20'][0-9]{{3}})+(?:[.,][0-9]+)?(?![0-9])|[0-9]+(?:[.,'][0-9]+)*)
    )
    """,
    re.VERBOSE,
)


def _read(match: re.Match[str], language: str) -> Iterator[Numeral]:
    start, end = match.span()
    if match["number"]:
        yield _number(match, language)
    elif match["dotted"]:
        yield Numeral(match[0], frozenset(), start, end)
    elif match["time"] or match["hour"]:
        hour, *rest = map(int, re.findall(r"[0-9]+", match["time"] or match["hour"]))
        yield Numeral(match[0], _hours(hour), start, end)
        yield from (Numeral(str(part), _whole(part), start, end) for part in rest if part)
    else:
        parts = re.findall(r"[0-9]+", match[0])
        yield from (Numeral(part, _year_or_day(part), start, end, required=int(part) > 12) for part in parts)


def _in_words(text: str, one: Worded) -> Numeral:
    return Numeral(text[one.start : one.end], frozenset({one.value}), one.start, one.end, required=False)


def _hours(hour: int) -> frozenset[Fraction]:
    return _whole(hour, (hour + 12) % _HOUR) if hour <= _HOUR else _whole(hour)


def _year_or_day(part: str) -> frozenset[Fraction]:
    value = int(part)
    return _whole(value, 1900 + value, 2000 + value) if len(part) == 2 and value > 12 else _whole(value)


def _whole(*values: int) -> frozenset[Fraction]:
    return frozenset(map(Fraction, values))


def _number(match: re.Match[str], language: str) -> Numeral:
    written, end = match["number"], match.end()
    values = _values(written, language)
    if written.isdigit() and len(written) == 4 and _DECADE.match(match.string, end):
        values |= _whole(int(written) % 100)
    for factor, words in _SCALED:
        scale = words.match(match.string, end)
        if scale:
            return Numeral(written, values | {value * factor for value in values}, match.start(), scale.end())
    unit = _UNITS.match(match.string, end)
    return Numeral(written, values, match.start(), end, unit[1] if unit else "")


def _values(written: str, language: str) -> frozenset[Fraction]:
    """What a number with separators may mean in a language."""
    marks = re.findall(r"[^0-9]", written)
    if not marks:
        return frozenset({Fraction(int(written))})
    thousands = Fraction(int(re.sub(r"[^0-9]", "", written)))
    last = marks[-1]
    decimal = Fraction(re.sub(r"[^0-9.]", "", re.sub(rf"[{re.escape(last)}](?=[0-9]*$)", ".", _bare(written, last))))
    if last in " '" or marks.count(last) > 1:
        parts = {Fraction(int(part)) for part in written.split(" ")} if " " in written and len(marks) == 1 else set()
        return frozenset({thousands, *parts})
    if len(set(marks)) > 1 or not re.fullmatch(rf"[1-9][0-9]{{0,2}}{re.escape(last)}[0-9]{{3}}", written):
        return frozenset({decimal})
    if language in _EITHER:
        return frozenset({thousands, decimal})
    return frozenset({decimal if (last == ",") == (language in COMMA) else thousands})


def _bare(written: str, last: str) -> str:
    """Without the marks before the last one."""
    head, _, tail = written.rpartition(last)
    return re.sub(r"[^0-9]", "", head) + last + tail


def _merged(text: str, found: list[Numeral]) -> list[Numeral]:
    """`3億5000万` is one number."""
    merged: list[Numeral] = []
    for one in found:
        before = merged[-1] if merged else None
        if before and before.end == one.start and text[before.end - 1] in _EAST:
            merged[-1] = Numeral(before.text + one.text, _whole(), before.start, one.end)._replace(
                readings=frozenset({max(before.readings) + max(one.readings)})
            )
        else:
            merged.append(one)
    return merged


def _overlaps(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    return any(start < other_end and other_start < end for other_start, other_end in taken)


_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def _is_roman(one: Numeral, text: str) -> bool:
    """Centuries and kings: `19th century` is `XIXe siècle`."""
    value = one.least
    if value is None or value.denominator != 1 or not 0 < value < 40:
        return False
    rest, said = int(value), ""
    for worth, sign in _ROMAN:
        while rest >= worth:
            rest, said = rest - worth, said + sign
    return re.search(rf"(?<!\w){said}(?![A-Z])", text) is not None
