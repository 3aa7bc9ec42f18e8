"""Three generations and more: where each measure is going.

A trend is the slope of the least-squares line through the means of the generations. Its interval is that of sampling:
what other documents of the same generations would give, and not what another run of the same loop would.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sterling.collapse.comparing import Values
from sterling.collapse.deciding import said
from sterling.collapse.panel import PANEL, Measure
from sterling.stats import Evidence, Interval, holm, normal_interval, t_contrast

LEAST = 3
"""Generations below which nothing is called a trend."""
_METHOD = "slope of the least-squares line through the generations"


class Slope(NamedTuple):
    """Of a line, with its 95 % interval and two-sided p."""

    value: float
    interval: Interval
    p: float


def trends(control: Values, generations: Sequence[Values]) -> list[Evidence]:
    """`collapse.trend.<measure>`: by how much each measure changes a generation; none below three generations.

    `generations`: the measures of the stretches of each, in their order, all stretches of one size. `n` counts
    generations. P values are Holm's over the measures that vote.
    """
    if len(generations) < LEAST or min(map(len, generations)) < 2 or not control:
        return []
    known = [m for m in PANEL if all(m.name in row for rows in (control, *generations) for row in rows)]
    slopes = [slope([[row[m.name] for row in rows] for rows in generations]) for m in known]
    voting = [at for at, m in enumerate(known) if m.family != "shown"]
    adjusted = dict(zip(voting, holm([slopes[at].p for at in voting]), strict=True))
    return [
        _trend(m, change, adjusted.get(at, change.p), _mean(m.name, control), len(generations))
        for at, (m, change) in enumerate(zip(known, slopes, strict=True))
    ]


def slope(values: Sequence[Sequence[float]]) -> Slope:
    """Of the means of some generations in their order, a generation a step; two values of each at least.

    A contrast of means with unequal variances, degrees of freedom by Welch and Satterthwaite.
    """
    parts = _contrast(range(len(values)))
    value = math.fsum(c * float(np.mean(one)) for c, one in zip(parts, values, strict=True))
    squares = [c * c * float(np.var(one, ddof=1)) / len(one) for c, one in zip(parts, values, strict=True)]
    square = math.fsum(squares)
    if not square:
        return Slope(value, Interval(value, value), float(value == 0))
    df = square**2 / math.fsum(s * s / (len(one) - 1) for s, one in zip(squares, values, strict=True))
    found = t_contrast(value, square, df)
    return Slope(value, found.interval, found.p)


def _contrast(generations: Sequence[int]) -> list[float]:
    """Weights of their means whose sum is the slope."""
    centre = sum(generations) / len(generations)
    places = [one - centre for one in generations]
    return [place / math.fsum(p * p for p in places) for place in places]


def _trend(measure: Measure, change: Slope, p: float, real: float, n: int) -> Evidence:
    scale = abs(real) or 1.0
    inputs = {
        "kind": "trend", "measure": measure.name, "family": measure.family, "p": p, "relative": change.value / scale,
        "said": said(change.value, change.interval, p, 0.0, measure.harm),
    }  # fmt: skip
    method = f"{_METHOD}, {measure.formula}; a contrast of means over stretches, Welch-Satterthwaite 95 %"
    return Evidence(f"collapse.trend.{measure.name}", change.value, n, change.interval, method, inputs)


class Accepted(NamedTuple):
    """What a check let pass of one generation."""

    generation: int
    passed: int
    judged: int


def acceptance_trend(check: str, rates: Sequence[Accepted]) -> Iterator[Evidence]:
    """`collapse.trend.accepted.<check>`: change of the share that a check lets pass, a generation.

    None below three generations. The variance of each share is that of (hits + 1) / (n + 2), so that shares of 0 and 1
    have one, too. `p` is two-sided. Guaranteed is nothing about the reason: a generator that gets better, a check that
    was changed and a corpus that collapses into what the check likes all look alike.
    """
    told = [rate for rate in rates if rate.judged]
    if len(told) < LEAST:
        return
    parts = _contrast([rate.generation for rate in told])
    value = math.fsum(c * r.passed / r.judged for c, r in zip(parts, told, strict=True))
    error = math.sqrt(math.fsum(c * c * _variance(r) for c, r in zip(parts, told, strict=True)))
    p = math.erfc(abs(value) / error / math.sqrt(2))
    interval = normal_interval(value, error)
    method = f"{_METHOD}, share that `{check}` kept or flagged; normal 95 %"
    inputs = {"kind": "trend", "check": check, "p": p}
    yield Evidence(f"collapse.trend.accepted.{check}", value, len(told), interval, method, inputs)


def _variance(rate: Accepted) -> float:
    share = (rate.passed + 1) / (rate.judged + 2)
    return share * (1 - share) / rate.judged


def means(values: Values) -> Mapping[str, float]:
    """Of each measure that all stretches have."""
    names = [m.name for m in PANEL if values and all(m.name in row for row in values)]
    return {name: _mean(name, values) for name in names}


def _mean(name: str, values: Values) -> float:
    return float(np.mean([row[name] for row in values]))
