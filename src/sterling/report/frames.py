"""A plot over generations: the room for its lines, its two axes, and places for what is written beside it."""

from collections.abc import Sequence
from typing import NamedTuple

from sterling.report.plots import Axis, Tick

_MOST_TICKS = 7


class Frame(NamedTuple):
    """A plot in SVG units, with room for labels on each side."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float

    @property
    def east(self) -> float:
        """Where the plot ends and what is written beside it begins."""
        return self.width - self.right

    @property
    def south(self) -> float:
        """The line of the lower axis."""
        return self.height - self.bottom

    def across(self, generations: Sequence[int]) -> Axis:
        """The axis of generations, with half a step free on both sides where there are few."""
        low, high = min(generations), max(generations)
        room = 0.5 if high - low < _MOST_TICKS else 0.0
        return Axis(low - room, high + room, ends=(self.left, self.east))

    def upward(self, values: Sequence[float], percent: bool) -> Axis:
        """An axis of values that holds all of these; large ones are above."""
        return Axis.holding(values, percent, (self.south, self.top))


def generation_ticks(axis: Axis, generations: Sequence[int]) -> list[Tick]:
    """The first generation and as many others as can be read, evenly spaced."""
    step = -(-(max(generations) - min(generations) + 1) // _MOST_TICKS)
    chosen = range(min(generations), max(generations) + 1, step)
    return [Tick(axis.at(generation), str(generation)) for generation in chosen]


def apart(wanted: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """Places for labels near those wanted, at least `gap` apart where there is room. Of equals the later is above."""
    order = sorted(range(len(wanted)), key=lambda at: (wanted[at], -at))
    gap = min(gap, (highest - lowest) / max(1, len(wanted) - 1))
    places = [0.0] * len(wanted)
    reached = lowest - gap
    for at in order:
        reached = places[at] = max(wanted[at], reached + gap)
    reached = highest + gap
    for at in reversed(order):
        reached = places[at] = min(places[at], reached - gap)
    return [round(place, 2) for place in places]
