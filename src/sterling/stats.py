"""Numbers that carry their own uncertainty: `Evidence`, and the intervals that go into it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Z = NormalDist().inv_cdf(0.975)
"""Standard errors on either side of a value that a normal interval of 95 % spans."""


class Interval(NamedTuple):
    """A confidence interval, both ends included, in the unit of the value it belongs to."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number, with what is needed to believe or doubt it."""

    name: str
    """Dotted: room, subject, measure; `diversity.synthetic.distinct_2`."""
    value: float | None
    """None where there was nothing to measure; `method` then says why."""
    n: int
    """Units behind the value: records, tokens, chunks, trials; `method` says which."""
    interval: Interval | None
    """At 95 % unless `method` says otherwise; None for a plain count of the whole."""
    method: str
    """How it was measured, in one line, with the source of the formula."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """What it was measured on: labels, thresholds, digests. JSON values only."""

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary for `evidence/*.json`."""
        return asdict(self) | {"interval": None if self.interval is None else list(self.interval)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Evidence":
        """What `to_json` wrote."""
        interval = plain["interval"]
        return cls(**{**plain, "interval": None if interval is None else Interval(*interval)})


def proportion(name: str, hits: int, n: int, method: str, **inputs: Any) -> Evidence:
    """A share of `n` trials with its exact (Clopper-Pearson) 95 % interval."""
    value = hits / n if n else None
    interval = clopper_pearson(hits, n) if n else None
    return Evidence(name, value, n, interval, f"{method}; Clopper-Pearson 95 %", {"hits": hits, **inputs})


def count(name: str, value: int, method: str, **inputs: Any) -> Evidence:
    """A plain count of the whole, which needs no interval."""
    return Evidence(name, value, value, None, method, inputs)


def mean(name: str, values: Sequence[float], method: str, **inputs: Any) -> Evidence:
    """The mean of independent values with its Student-t 95 % interval (none below two values)."""
    n = len(values)
    if n == 0:
        return Evidence(name, None, 0, None, f"{method}; nothing to measure", inputs)
    centre = math.fsum(values) / n
    if n == 1:
        return Evidence(name, centre, 1, None, f"{method}; one value, no interval", inputs)
    return Evidence(name, centre, n, mean_interval(values), f"{method}; Student t 95 %", inputs)


def mean_interval(values: Sequence[float]) -> Interval:
    """Student's t interval, 95 %, of the mean of independent values, two or more."""
    centre, square = moments(values)
    half = student_t_quantile(0.975, len(values) - 1) * math.sqrt(square)
    return Interval(centre - half, centre + half)


def normal_interval(value: float, error: float) -> Interval:
    """The 95 % interval of a value that is normal about the truth with this standard error."""
    return Interval(value - Z * error, value + Z * error)


def clopper_pearson(hits: float, n: float, level: float = 0.95) -> Interval:
    """Exact interval of a proportion (Clopper and Pearson, Biometrika 26, 1934). `n` must be positive.

    Neither need be whole: a sample in clusters is worth some trials and a part.
    """
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"need 0 <= hits <= n and n > 0, got {hits} of {n}")
    alpha = 1 - level
    low = 0.0 if hits == 0 else _solve(lambda p: betainc(hits, n - hits + 1, p), alpha / 2)
    high = 1.0 if hits == n else _solve(lambda p: betainc(hits + 1, n - hits, p), 1 - alpha / 2)
    return Interval(low, high)


class Contrast(NamedTuple):
    """How much the means of two samples differ."""

    difference: float
    """Mean of the first less mean of the second, in the unit of the values."""
    interval: Interval
    p: float
    """Two-sided: how often chance alone makes the means differ this much or more."""
    df: float
    """Degrees of freedom; infinite where neither sample varies."""


def welch(one: Sequence[float], other: Sequence[float], level: float = 0.95) -> Contrast:
    """Welch's unequal variances t-test (Biometrika 34, 1947), for independent values. ValueError below two of each.

    Where no value varies the means are taken as known: p is 1 if they are equal, and 0 if not.
    """
    if min(len(one), len(other)) < 2:
        raise ValueError("two values of each sample are needed")
    (mean_one, square_one), (mean_other, square_other) = moments(one), moments(other)
    difference, square = mean_one - mean_other, square_one + square_other
    if not square:
        return Contrast(difference, Interval(difference, difference), float(difference == 0), math.inf)
    df = square**2 / (square_one**2 / (len(one) - 1) + square_other**2 / (len(other) - 1))
    return t_contrast(difference, square, df, level)


def t_contrast(difference: float, square: float, df: float, level: float = 0.95) -> Contrast:
    """Of a difference with a squared standard error above 0 and its degrees of freedom, by Student's t."""
    half = student_t_quantile((1 + level) / 2, df) * math.sqrt(square)
    p = betainc(df / 2, 0.5, df / (df + difference**2 / square))
    return Contrast(difference, Interval(difference - half, difference + half), p, df)


def moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean, and its squared standard error; of two values or more."""
    centre = math.fsum(values) / len(values)
    return centre, math.fsum((v - centre) ** 2 for v in values) / (len(values) - 1) / len(values)


class Ratio(NamedTuple):
    """A ratio of sums, with its standard error."""

    value: float
    error: float


def ratio_of_sums(upper: npt.NDArray[Any], lower: npt.NDArray[Any]) -> Ratio:
    """All of one by all of another, over n units, two or more: bits by tokens over documents.

    Its variance by linearisation (Cochran, Sampling Techniques, 1977, 2.11): with residuals e = upper - ratio x lower,
    s = sd(e) / (mean(lower) sqrt(n)). The sum of `lower` must be above 0.
    """
    n, value = len(lower), float(upper.sum() / lower.sum())
    residuals = upper - value * lower
    return Ratio(value, float(np.sqrt((residuals**2).sum() / (n - 1) / n) / lower.mean()))


class Trials(NamedTuple):
    """A rate as it was measured."""

    hits: int
    n: int


def rogan_gladen(found: Trials, sensitivity: Trials, specificity: Trials) -> tuple[float, Interval]:
    """The true share behind an apparent one, and its 95 % interval when both error rates are estimates too.

    p = (apparent + specificity - 1) / (sensitivity + specificity - 1), kept within 0 and 1 (Rogan and Gladen, American
    Journal of Epidemiology 107, 1978). The interval adds z^2 trials to the sample and one success and one failure to
    each rate, and shifts its middle (Lang and Reiczigel, Preventive Veterinary Medicine 113, 2014).
    """
    (hits, n), (a, b), (c, d) = found, sensitivity, specificity
    plain = (hits / n + c / d - 1) / (a / b + c / d - 1)
    se, sp, apparent = (a + 1) / (b + 2), (c + 1) / (d + 2), (hits + Z**2 / 2) / (n + Z**2)
    gain = se + sp - 1
    share = (apparent + sp - 1) / gain
    shift = 2 * Z**2 * (share * se * (1 - se) / (b + 2) - (1 - share) * sp * (1 - sp) / (d + 2))
    variance = apparent * (1 - apparent) / (n + Z**2)
    variance += share**2 * se * (1 - se) / (b + 2) + (1 - share) ** 2 * sp * (1 - sp) / (d + 2)
    half = Z * math.sqrt(variance) / gain
    low, high = (min(1.0, max(0.0, share + shift + side * half)) for side in (-1, 1))
    return min(1.0, max(0.0, plain)), Interval(low, high)


def holm(p_values: Sequence[float]) -> list[float]:
    """P values adjusted for looking at all of them (Holm, Scandinavian Journal of Statistics 6, 1979), in their order.

    Rejecting those at or below alpha keeps the chance of any false rejection at alpha, however they depend.
    """
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = highest
    return adjusted


def student_t_quantile(p: float, df: float) -> float:
    """The value below which a Student t variable with `df` degrees of freedom falls with probability p >= 0.5."""

    def cdf(t: float) -> float:
        return 1 - 0.5 * betainc(df / 2, 0.5, df / (df + t * t))

    high = 2.0
    while cdf(high) < p:
        high *= 2
    return high * _solve(lambda share: cdf(share * high), p)


def betainc(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22), to about 1e-12."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - betainc(b, a, 1 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / a / _beta_fraction(a, b, x)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)), evaluated from the front (modified Lentz)."""
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for i in range(1, 10_000):
        m = i // 2
        numerator = m * (b - m) if i % 2 == 0 else -(a + m) * (a + b + m)
        term = numerator * x / ((a + i - 1) * (a + i))
        d = 1 / ((1 + term * d) or tiny)
        c = (1 + term / c) or tiny
        value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value


def _solve(increasing: Any, target: float) -> float:
    """The argument in (0, 1) at which an increasing function reaches `target`, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if increasing(middle) < target else (low, middle)
    return (low + high) / 2
