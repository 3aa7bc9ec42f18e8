"""Units and scales that follow a number. Names only: nothing is converted, so 1 km is not 1,000 m."""

import re

CURRENCIES = {"$": "$", "\u20ac": "\u20ac", "\u00a3": "\u00a3", "\u00a5": "\u00a5"}
"""Signs that stand before a number, and the unit they are."""
_NAMES = {
    "%-point": "percentage points?|percent points?", "%": "%|percent|per cent|pct",
    "$": "dollars?|USD|US dollars?", "\u20ac": "euros?|EUR", "\u00a3": "GBP|pounds sterling", "\u00a5": "yen|JPY",
    "cent": "cents?", "pound": "pounds?", "km/h": "km/h|kmh|kph|kilomet(?:er|re)s (?:per|an) hour",
    "mph": "mph|miles (?:per|an) hour", "km2": "km\\^?2|square kilomet(?:er|re)s?",
    "m2": "m\\^2|square met(?:er|re)s?",
    "mi2": "square miles?", "km": "km|kilomet(?:er|re)s?", "cm": "cm|centimet(?:er|re)s?",
    "mm": "mm|millimet(?:er|re)s?", "m": "m|met(?:er|re)s?", "mile": "miles?|mi", "foot": "foot|feet|ft",
    "inch": "inch(?:es)?", "yard": "yards?", "kg": "kg|kilos?|kilograms?", "mg": "mg|milligrams?", "g": "g|grams?",
    "tonne": "tonnes?|tons?", "lb": "lbs?", "ounce": "ounces?|oz", "ml": "ml|mL|millilit(?:er|re)s?",
    "l": "L|lit(?:er|re)s?", "gallon": "gallons?", "ms": "ms|milliseconds?", "second": "seconds?|secs?",
    "minute": "minutes?|mins?", "hour": "hours?|hrs?", "day": "days?", "week": "weeks?", "month": "months?",
    "year": "years?|yrs?", "century": "centur(?:y|ies)", "\u00b0C": "\u00b0 ?C|degrees? Celsius",
    "\u00b0F": "\u00b0 ?F|degrees? Fahrenheit", "\u00b0": "\u00b0|degrees?", "kW": "kW|kilowatts?",
    "MW": "MW|megawatts?",
    "GW": "GW|gigawatts?", "mW": "mW|milliwatts?", "W": "W|watts?", "V": "V|volts?", "kHz": "kHz", "MHz": "MHz",
    "GHz": "GHz", "Hz": "Hz|hertz", "kB": "kB|KB|kilobytes?", "MB": "MB|megabytes?", "GB": "GB|gigabytes?",
    "TB": "TB|terabytes?",
}  # fmt: skip
"""Canonical name, and the patterns of how it is written; the longer ones first where one begins another."""
_WAYS = [(name, re.compile(ways)) for name, ways in _NAMES.items()]
_ALL = "|".join(way.pattern for _, way in _WAYS)
UNIT = re.compile(rf"[ -]?({_ALL})(?![\w^/])")
"""A unit right after a number."""
SCALE = re.compile(r"[ -]?(hundred|thousand|million|billion|trillion|mn|bn|k|K|m|M|B|b)(?![\w^])")
"""What a number counts by; `m` only behind a currency."""
_FACTORS = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "mn": 10**6,
    "bn": 10**9, "k": 10**3, "K": 10**3, "m": 10**6, "M": 10**6, "B": 10**9, "b": 10**9,
}  # fmt: skip
_ALIKE = frozenset({("pound", "\u00a3"), ("pound", "lb"), ("\u00b0", "\u00b0C"), ("\u00b0", "\u00b0F")})
_NEVER_BARE = frozenset({"%", "%-point"})


def unit_of(written: str) -> str:
    """The canonical name; "" for what is none."""
    return next((name for name, way in _WAYS if way.fullmatch(written)), "")


def scale_of(written: str, is_money: bool) -> int | None:
    """10**6 for `million`. A single `m`, `M`, `b` or `B` counts behind a currency only."""
    if written in {"m", "M", "b", "B"} and not is_money:
        return None
    return _FACTORS[written]


def agree(one: str, other: str) -> bool:
    """Whether two numbers with these units may be one. A bare number may be of any unit but a percentage.

    So `5 km` is found in a table that says 5, and `5 %` is not: 5 % is neither 5 nor 0.05.
    """
    if one == other or (one, other) in _ALIKE or (other, one) in _ALIKE:
        return True
    return (not one and other not in _NEVER_BARE) or (not other and one not in _NEVER_BARE)
