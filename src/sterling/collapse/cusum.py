"""Small harm in every generation that adds up (after Page, Biometrika 41, 1954).

All generations are held against the same real text, so its error is in each difference, and a plain CUSUM of them
grows with it although nothing happened. Here a sum of harm is held against its true standard error, in which the
variance of the real text counts with the square of the number of generations, and the limit is simulated.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.collapse.comparing import Values
from sterling.collapse.deciding import ALPHA
from sterling.collapse.panel import PANEL, Measure
from sterling.collapse.trends import LEAST

LONGEST = 20
"""Generations in a row that are summed at most."""
_MATTERS = 0.5
"""Mean harm below this share of the measure's margin is no matter, however certain."""
_ROUNDS = 20_000
_SPREADS = (0.25, 1.0, 4.0)
"""Variances of real text, that of a generation being 1, of which the highest limit is taken."""

Floats = npt.NDArray[np.float64]


class Alarm(NamedTuple):
    """A measure that went wrong slowly."""

    measure: str
    generation: str
    """In which the sum passed the limit."""
    since: str
    """The first generation of the sum."""
    sum: float
    """Of the harm, in its standard errors."""
    limit: float


class _Harm(NamedTuple):
    """Of one measure, in the unit of its margin: the difference to real text, for the worse above 0."""

    differences: Floats
    squares: Floats
    """Squared standard error of each generation."""
    control: float
    """The same of real text."""


def alarms(control: Values, generations: Sequence[Values], names: Sequence[str]) -> Iterator[Alarm]:
    """Measures of which some generations in a row are worse than chance explains; none below three generations.

    Harm must also be more than half the margin, in the mean of these generations. Where there is no harm, the chance of
    any alarm in all measures and generations is `ALPHA` at most (Bonferroni over the measures; simulated for normal
    values over the generations). What is found is sooner found than by single tests where harm stays about the same;
    harm that grows is seen by its trend.
    """
    if len(generations) < LEAST or min(map(len, (control, *generations))) < 2:
        return
    whole = (control, *generations)
    known = [m for m in PANEL if m.family != "shown" and all(m.name in row for rows in whole for row in rows)]
    if not known:
        return
    top = limit(len(control), tuple(map(len, generations)), len(known))
    for measure in known:
        if (passed := _passed(_harm(measure, control, generations), top)) is not None:
            first, last, total = passed
            yield Alarm(measure.name, names[last], names[first], total, top)


def _harm(measure: Measure, control: Values, generations: Sequence[Values]) -> _Harm:
    real, *mine = (np.array([row[measure.name] for row in rows]) for rows in (control, *generations))
    unit = measure.margin * (abs(float(real.mean())) or 1.0) * (1 if measure.harm == "rises" else -1)
    differences = np.array([(one.mean() - real.mean()) / unit for one in mine])
    squares = np.array([one.var(ddof=1) / len(one) / unit**2 for one in mine])
    return _Harm(differences, squares, float(real.var(ddof=1) / len(real) / unit**2))


def _passed(harm: _Harm, top: float) -> tuple[int, int, float] | None:
    """The largest sum up to the first generation in which one passes: where it begins, where it ends, and itself."""
    for last in range(len(harm.differences)):
        sums = {first: _sum(harm, first, last) for first in range(max(0, last + 1 - LONGEST), last + 1)}
        first = max(sums, key=lambda at: sums[at])
        if sums[first] > top:
            return first, last, sums[first]
    return None


def _sum(harm: _Harm, first: int, last: int) -> float:
    """Of the harm from one generation to another, in its standard errors; 0 where its mean is no matter."""
    n, part = last + 1 - first, slice(first, last + 1)
    total, square = float(harm.differences[part].sum()), float(harm.squares[part].sum() + n * n * harm.control)
    return total / math.sqrt(square) if total > _MATTERS * n and square else 0.0


@cache
def limit(control: int, generations: tuple[int, ...], measures: int) -> float:
    """What the largest sum of any generations in a row passes with a chance of `ALPHA` / `measures` without harm.

    `control`, `generations`: stretches of each, two or more. Simulated with a seed of its own, so always the same; 22
    of 20,000 rounds lie above it for nine measures.
    """
    return max(_simulated(control, generations, ALPHA / measures, spread) for spread in _SPREADS)


def _simulated(control: int, generations: tuple[int, ...], chance: float, spread: float) -> float:
    draw, n = np.random.default_rng([6, control, *generations]), np.array(generations)
    real = draw.standard_normal((_ROUNDS, 1)) * math.sqrt(spread / control)
    error = spread * draw.chisquare(control - 1, (_ROUNDS, 1)) / (control - 1) / control
    means = draw.standard_normal((_ROUNDS, len(n))) / np.sqrt(n)
    squares = draw.chisquare(n - 1, (_ROUNDS, len(n))) / (n - 1) / n
    return float(np.quantile(_largest(_summed(means - real), _summed(squares), error), 1 - chance))


def _summed(values: Floats) -> Floats:
    """Sums of the first columns, from none to all."""
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _largest(sums: Floats, squares: Floats, error: Floats) -> Floats:
    """Of each row, the largest sum of columns in a row over its standard error."""
    found = np.full(len(sums), -np.inf)
    for n in range(1, min(LONGEST, sums.shape[1] - 1) + 1):
        spread = np.sqrt(squares[:, n:] - squares[:, :-n] + n * n * error)
        found = np.maximum(found, ((sums[:, n:] - sums[:, :-n]) / spread).max(axis=1))
    return found
