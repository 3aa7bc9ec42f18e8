"""Geometry of the dot-and-interval plots and of the composition bars. The templates draw it."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sterling.report.model import Slice
from sterling.stats import Evidence

WIDTH, MARGIN = 220.0, 14.0
"""Of a plot in SVG units; the margin leaves room for the outer tick labels."""


class Tick(NamedTuple):
    """A labelled place on an axis."""

    at: float
    label: str


class Dot(NamedTuple):
    """One value with its interval on an axis. `low` and `high` are equal to `x` where there is no interval."""

    x: float
    low: float
    high: float


class Axis:
    """A linear scale from values to SVG units."""

    def __init__(
        self, low: float, high: float, percent: bool = False, ends: tuple[float, float] = (MARGIN, WIDTH - MARGIN)
    ) -> None:
        self.low, self.high, self.percent, self.ends = low, high, percent, ends

    @classmethod
    def around(cls, evidence: Sequence[Evidence]) -> "Axis":
        """An axis that holds every value and interval with a little room. It need not start at zero."""
        known = (one for one in evidence if one.value is not None)
        return cls.holding(end for one in known for end in (one.value, *(one.interval or ())) if end is not None)

    @classmethod
    def holding(
        cls, values: Iterable[float], percent: bool = False, ends: tuple[float, float] = (MARGIN, WIDTH - MARGIN)
    ) -> "Axis":
        """An axis that holds all of these with a little room; those that are not finite are left out."""
        finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
        low, high = min(finite), max(finite)
        room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
        return cls(low - room, high + room, percent, ends)

    def at(self, value: float) -> float:
        """Where a value lies. Values beyond the ends lie on them."""
        share = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        start, end = self.ends
        return round(start + (end - start) * share, 1)

    def ticks(self) -> list[Tick]:
        """Two to six round numbers within the axis."""
        step, places = next(
            (step, places)
            for parts in (4, 6, 8)
            if len(places := self._multiples(step := _round_step((self.high - self.low) / parts))) > 1
        )
        return [Tick(self.at(place * step), self._label(place * step, step)) for place in places]

    def _multiples(self, step: float) -> range:
        return range(math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1)

    def dot(self, evidence: Evidence) -> Dot | None:
        """The mark of one number; None when there is nothing to mark."""
        if evidence.value is None or not math.isfinite(evidence.value):
            return None
        low, high = evidence.interval or (evidence.value, evidence.value)
        return Dot(self.at(evidence.value), self.at(low), self.at(high))

    def _label(self, value: float, step: float) -> str:
        decimals = min(12, max(0, -math.floor(math.log10(step * (100 if self.percent else 1)) + 1e-9)))
        size = f"{abs(value):,.{decimals}{'%' if self.percent else 'f'}}"
        return f"\u2212{size}" if value < 0 and size.strip("0.%") else size


class Segment(NamedTuple):
    """One slice in a bar, in percent of its width, with its colour class."""

    x: float
    width: float
    colour: str


class Composition(NamedTuple):
    """A slice with its shares of the whole, before weighting."""

    slice: Slice
    record_share: float
    token_share: float
    colour: str


TINTS = 5
"""Colours per origin in the style sheet; further strategies share the last."""
_ORIGINS = ("human", "mixed", "synthetic", "unknown")


def compose(slices: Sequence[Slice]) -> list[Composition]:
    """Slices with their shares and colours, human first."""
    ordered = sorted(slices, key=lambda s: (_rank(s.origin), s.depth, s.strategy or ""))
    records, tokens = (sum(counts) or 1 for counts in ([s.records for s in ordered], [s.tokens for s in ordered]))
    return [
        Composition(s, s.records / records, s.tokens / tokens, colour)
        for s, colour in zip(ordered, _colours(ordered), strict=True)
    ]


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
