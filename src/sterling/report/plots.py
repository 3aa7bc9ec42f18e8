"""Geometry of the dot-and-interval plots and of the composition bars. The templates draw it."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from sterling.report.model import Slice
from sterling.stats import Evidence

WIDTH, MARGIN = 220.0, 14.0
"""Of a plot in SVG units; the margin leaves room for the outer tick labels."""


class Tick(NamedTuple):
    """A labelled place on an axis."""

    x: float
    label: str


class Dot(NamedTuple):
    """One value with its interval on an axis. `low` and `high` are equal to `x` where there is no interval."""

    x: float
    low: float
    high: float


class Axis:
    """A linear scale from values to SVG units."""

    def __init__(self, low: float, high: float, percent: bool = False) -> None:
        self.low, self.high, self.percent = low, high, percent

    @classmethod
    def around(cls, evidence: Sequence[Evidence]) -> "Axis":
        """An axis that holds every value and interval with a little room. It need not start at zero."""
        ends = [end for one in evidence if one.value is not None for end in (one.value, *(one.interval or ()))]
        ends = [end for end in ends if math.isfinite(end)] or [0.0, 1.0]
        low, high = min(ends), max(ends)
        room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
        return cls(low - room, high + room)

    def x(self, value: float) -> float:
        """Where a value lies. Values beyond the ends lie on them."""
        share = (value - self.low) / (self.high - self.low)
        return round(MARGIN + (WIDTH - 2 * MARGIN) * min(1.0, max(0.0, share)), 2)

    def ticks(self) -> list[Tick]:
        """Two to five round numbers within the axis."""
        step = _round_step((self.high - self.low) / 4)
        places = range(math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1)
        return [Tick(self.x(place * step), self._label(place * step, step)) for place in places]

    def dot(self, evidence: Evidence) -> Dot | None:
        """The mark of one number; None when there is nothing to mark."""
        if evidence.value is None or not math.isfinite(evidence.value):
            return None
        low, high = evidence.interval or (evidence.value, evidence.value)
        return Dot(self.x(evidence.value), self.x(low), self.x(high))

    def _label(self, value: float, step: float) -> str:
        if self.percent:
            return f"{value:.0%}"
        return f"{value:,.{min(12, max(0, -math.floor(math.log10(step) + 1e-9)))}f}"


class Segment(NamedTuple):
    """One slice in a bar, in percent of its width, with its colour class."""

    x: float
    width: float
    colour: str


class Composition(NamedTuple):
    """A slice with its share of the whole and its place in both bars."""

    slice: Slice
    record_share: float
    token_share: float
    by_records: Segment
    by_tokens: Segment


TINTS = 5
"""Colours per origin in the style sheet; further strategies share the last."""
_ORIGINS = ("human", "mixed", "synthetic", "unknown")


def compose(slices: Sequence[Slice]) -> list[Composition]:
    """Slices, human first, with the geometry of the bar by tokens and the bar by records."""
    ordered = sorted(slices, key=lambda s: (_rank(s.origin), s.depth, s.strategy or ""))
    colours = _colours(ordered)
    records = _segments([s.records for s in ordered], colours)
    tokens = _segments([s.tokens for s in ordered], colours)
    return [
        Composition(s, r.width / 100, t.width / 100, r, t) for s, r, t in zip(ordered, records, tokens, strict=True)
    ]


def _segments(counts: Sequence[int], colours: Sequence[str]) -> list[Segment]:
    total, done, segments = sum(counts), 0, []
    for count, colour in zip(counts, colours, strict=True):
        x, width = (100 * done / total, 100 * count / total) if total else (0.0, 0.0)
        segments.append(Segment(round(x, 3), round(width, 3), colour))
        done += count
    return segments


def _colours(slices: Sequence[Slice]) -> list[str]:
    seen: dict[str, int] = {}
    colours = []
    for part in slices:
        origin = part.origin if part.origin in _ORIGINS else "unknown"
        colours.append(f"{origin}-{min(seen.setdefault(origin, 0), TINTS - 1)}")
        seen[origin] += 1
    return colours


def _rank(origin: str) -> int:
    return _ORIGINS.index(origin) if origin in _ORIGINS else len(_ORIGINS)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
