"""One number over generations: a mark with its interval for each, and what it is held against."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from sterling.report.frames import Frame, generation_ticks
from sterling.report.plots import Tick
from sterling.stats import Evidence, Interval

_FRAME = Frame(width=240, height=110, left=46, right=8, top=8, bottom=20)


class Point(NamedTuple):
    """What was found of one generation."""

    generation: int
    evidence: Evidence
    value: float | None
    """In the unit of the plot; None where nothing can be drawn."""
    interval: Interval | None
    said: str
    """`worse`, `better`, `equal`, `undecided`, or `insufficient sample`: each has a shape of its own."""


class Mark(NamedTuple):
    """A point in SVG units."""

    point: Point
    x: float
    y: float
    low: float
    high: float


class Series(NamedTuple):
    """One plot."""

    title: str
    percent: bool
    points: Sequence[Point]
    """By generation."""
    marks: Sequence[Mark]
    ticks: Sequence[Tick]
    """Generations."""
    scale: Sequence[Tick]
    margin: tuple[float, float] | None
    """Upper and lower edge of what is no matter, in SVG units."""
    reference: float | None
    """Height of no difference, where there is one."""
    trend: Point | None = None
    """Change a generation, in the unit of the plot."""
    harm: str = ""
    """`falls` or `rises`, where it is known which is harm."""
    frame: Frame = _FRAME

    @property
    def unsaid(self) -> list[Point]:
        """Generations of which there is nothing to draw."""
        return [point for point in self.points if point.value is None]

    @property
    def sizes(self) -> tuple[int, int]:
        """The least and the largest n of what is drawn."""
        found = [mark.point.evidence.n for mark in self.marks] or [0]
        return min(found), max(found)


def series(
    title: str, points: Sequence[Point], reference: float | None = 0.0, margin: float | None = None,
    percent: bool = False, generations: Sequence[int] = (),
) -> Series:  # fmt: skip
    """A plot of these points; `generations` are those of the neighbours, so that all have the same axis."""
    points = sorted(points, key=lambda point: point.generation)
    shown = [point.generation for point in points] + list(generations)
    across = _FRAME.across(shown)
    held = [] if reference is None else [reference]
    edges = [one + side for one in held for side in (margin, -margin)] if margin else []
    known = [end for point in points if point.value is not None for end in (point.value, *(point.interval or ()))]
    upward = _FRAME.upward([*known, *edges, *held], percent)
    marks = [
        Mark(point, across.at(point.generation), upward.at(point.value), *map(upward.at, _ends(point)))
        for point in points
        if point.value is not None
    ]
    band = (upward.at(edges[0]), upward.at(edges[1])) if edges else None
    ticks, scale = generation_ticks(across, shown), upward.ticks()
    return Series(title, percent, points, marks, ticks, scale, band, upward.at(held[0]) if held else None)


def _ends(point: Point) -> tuple[float, float]:
    value = point.value or 0.0
    return point.interval or (value, value)


def finite(value: object) -> float | None:
    """A number that can be drawn."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
