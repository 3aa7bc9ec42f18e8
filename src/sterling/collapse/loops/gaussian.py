"""One Gaussian, fitted again and again to samples of itself: errors add up, and the variance dies.

Each generation draws n values and fits mean and variance to them (arXiv 2307.01850 and 2305.17493 for the setting).
Errors of the mean are told in units of sigma²/n, the error of one honest fit.
"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Real = Literal["none", "fresh", "rotated", "frozen"]
"""Where the real part of each sample comes from: nowhere, the source itself, or a finite anchor of n values, drawn over
the whole of it or always the same part."""


def mean_error(generation: int, real: Real = "none", share: float = 0.0) -> float:
    """n E[mu²] / sigma² after so many generations with known variance.

    Each step multiplies the error of the mean by 1 - share and adds 1/n. A finite anchor adds its own error once
    (`rotated`: an upper bound, since what is drawn is a part of the anchor), and a frozen part of it (share * n values)
    the error of that part, which the loop takes over step by step.
    """
    if real == "none":
        return generation
    kept = (1 - share) ** 2
    later = (1 - kept ** (generation - 1)) / (1 - kept)
    if real == "fresh":
        return 1 + kept * later
    if real == "rotated":
        return 1 + later
    left = (1 - share) ** generation
    return (1 - left) ** 2 / share + left**2 / (1 - share) + (1 - share) * later


def weighted_error(weight: float) -> float:
    """The same in the long run, when n fresh real values weigh `weight` and n written ones the rest.

    Least at the golden ratio, where it equals the weight itself (arXiv 2502.18049).
    """
    rest = (1 - weight) ** 2
    return (weight**2 + rest) / (1 - rest)


def transport_error(generation: int) -> float:
    """n E[W2²] / sigma², mean and standard deviation together, about; the latter errs half as much as the former."""
    return 1.5 * generation


def median_variance(generation: int, n: int) -> float:
    """Median of the fitted variance, in units of the true one: exp(g (digamma((n-1)/2) - ln((n-1)/2))).

    The log of the variance is a random walk with this drift, below 0 for every n: it goes to 0 almost surely.
    """
    half = (n - 1) / 2
    return math.exp(generation * (digamma(half) - math.log(half)))


def digamma(x: float) -> float:
    """The derivative of ln gamma, for x > 0: recurrence up to 6, then the asymptotic series (error below 1e-10)."""
    lift = 0.0
    while x < 6:
        lift -= 1 / x
        x += 1
    inverse = 1 / (x * x)
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132))))
    return lift + math.log(x) - 1 / (2 * x) - series


def refit(n: int, generations: int, repetitions: int, seed: int) -> tuple[Floats, Floats]:
    """(means, variances), each repetitions x generations: the loop without real data, by its sufficient statistics.

    The mean of n values and their unbiased variance are independent: normal, and chi-square with n - 1 degrees of
    freedom over n - 1 (Cochran 1934). So nothing needs to hold the samples.
    """
    chance = np.random.default_rng(seed)
    mean, variance = np.zeros(repetitions), np.ones(repetitions)
    means, variances = np.empty((repetitions, generations)), np.empty((repetitions, generations))
    for generation in range(generations):
        mean = mean + np.sqrt(variance / n) * chance.standard_normal(repetitions)
        variance = variance * chance.chisquare(n - 1, repetitions) / (n - 1)
        means[:, generation], variances[:, generation] = mean, variance
    return means, variances


def mixed(n: int, generations: int, repetitions: int, real: Real, share: float, seed: int) -> Floats:
    """Means, repetitions x generations, of the loop with known variance 1 and a real part in each sample."""
    chance = np.random.default_rng(seed)
    part = round(share * n)
    anchor = chance.standard_normal((repetitions, n))
    mean = anchor.mean(axis=1)
    means = np.empty((repetitions, generations))
    for generation in range(generations):
        if generation:
            written = chance.normal(mean, 1 / math.sqrt(n - part), repetitions)
            mean = share * _real_mean(chance, anchor, part, real) + (1 - share) * written
        means[:, generation] = mean
    return means


def _real_mean(chance: np.random.Generator, anchor: Floats, part: int, real: Real) -> Floats:
    if real == "frozen":
        return np.asarray(anchor[:, :part].mean(axis=1))
    if real == "rotated":
        return np.asarray(chance.permuted(anchor, axis=1)[:, :part].mean(axis=1))
    return chance.normal(0.0, 1 / math.sqrt(part), len(anchor))


def weighted(n: int, generations: int, repetitions: int, weight: float, seed: int) -> Floats:
    """Means, repetitions x generations, of the loop with n fresh real values and n written ones, so weighted."""
    chance = np.random.default_rng(seed)
    mean = chance.normal(0.0, 1 / math.sqrt(n), repetitions)
    means = np.empty((repetitions, generations))
    for generation in range(generations):
        if generation:
            fresh, written = (chance.normal(centre, 1 / math.sqrt(n), repetitions) for centre in (0.0, mean))
            mean = weight * fresh + (1 - weight) * written
        means[:, generation] = mean
    return means
