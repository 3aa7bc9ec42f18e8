"""A distribution over a line of bins, learned again and again from its own output: one error at a time.

Shumailov et al. (Nature 631, 2024) name three errors behind collapse: of finite *samples*, of what a model can
*express*, and of the *procedure* by which it is found and used. Here each can be had alone. The truth has two humps.
Counting is a model that holds any distribution, fitted without error: with it only the sample errs. With so many draws
that their chance is no matter, a model that is too narrow, or a decoder with a preference, is what errs.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Learn = Callable[[Floats], Floats]
"""From the shares of bins that were seen (... x bins) to the distribution that will be drawn from."""

PLACES: Floats = np.linspace(-12, 12, 193)
"""Where the bins are, in units in which a hump has a standard deviation of 0.8."""


def truth() -> Floats:
    """Two thirds of it around -2, a third around +2, and little between."""
    left, right = (np.exp(-((PLACES - centre) ** 2) / (2 * 0.8**2)) for centre in (-2, 2))
    both = 2 * left + right
    return np.asarray(both / both.sum(), np.float64)


def counting(seen: Floats) -> Floats:
    """As often as it was seen: holds every distribution."""
    return seen


def one_hump(seen: Floats) -> Floats:
    """A normal distribution of the mean and the variance that were seen: it cannot have two humps."""
    mean = np.sum(seen * PLACES, axis=-1, keepdims=True)
    variance = np.sum(seen * (PLACES - mean) ** 2, axis=-1, keepdims=True)
    found = np.exp(-((PLACES - mean) ** 2) / (2 * variance))
    return np.asarray(found / found.sum(axis=-1, keepdims=True), np.float64)


BLUR = 0.3
"""Standard deviation of the blur."""


def blurring(seen: Floats) -> Floats:
    """Cannot be sharper than its blur: every bin is smeared over its neighbours (a kernel density estimate)."""
    spread = np.exp(-((PLACES[:, None] - PLACES[None, :]) ** 2) / (2 * BLUR**2))
    return np.asarray(seen @ (spread / spread.sum(axis=1, keepdims=True)), np.float64)


def preferring(temperature: float) -> Learn:
    """Counts, and then prefers what is likely: p to the power 1/T, as a decoder at a temperature below 1 does."""

    def learn(seen: Floats) -> Floats:
        sharper = np.asarray(seen, np.float64) ** (1 / temperature)
        return np.asarray(sharper / sharper.sum(axis=-1, keepdims=True), np.float64)

    return learn


def simulate(learn: Learn, n: int, generations: int, repetitions: int, seed: int, real: float = 0.0) -> Floats:
    """The loop with n draws a generation: repetitions x (1 + generations) x bins, the truth first.

    `real`: the share of every training set that is drawn from the truth anew.
    """
    chance = np.random.default_rng(seed)
    fresh = round(real * n)
    now = np.tile(truth(), (repetitions, 1))
    found = [now]
    for _ in range(generations):
        seen = chance.multinomial(n - fresh, now) + chance.multinomial(fresh, np.tile(truth(), (repetitions, 1)))
        now = learn(seen / n)
        found.append(now)
    return np.stack(found, axis=1)


def without_chance(learn: Learn, generations: int, real: float = 0.0) -> Floats:
    """The same with endless draws: (1 + generations) x bins."""
    found = [truth()]
    for _ in range(generations):
        found.append(learn(real * truth() + (1 - real) * found[-1]))
    return np.stack(found)


def sharpened(generation: int, temperature: float) -> Floats:
    """In closed form: each generation raises the last to 1/T, so after g the truth is raised to T^-g."""
    return preferring(temperature**generation)(truth())


def apart(found: Floats) -> Floats:
    """Total variation distance to the truth: the share of the mass that lies elsewhere."""
    return np.asarray(np.abs(found - truth()).sum(axis=-1) / 2, np.float64)


def variety(found: Floats) -> Floats:
    """Probability that two draws differ (Simpson 1949)."""
    return np.asarray(1 - (found**2).sum(axis=-1), np.float64)


def drift(n: int, generation: int) -> float:
    """Expected `variety` when counts alone are refitted: (1 - 1/n)^g of what it was (Wright 1931)."""
    return float(variety(truth()) * (1 - 1 / n) ** generation)
