"""Linear regression on its own predictions behind a verifier: the loop settles at what the verifier believes.

The setting of Yi et al. (arXiv 2510.16657): a label is accepted if it lies within `WIDTH` of the verifier's own
prediction. The verifier's weights are off by `bias` (a length, in units of sigma). Errors are E|w - w*|² in sigma².
"""

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ROWS, FEATURES = 200, 20
"""Of the data of a generation."""
WIDTH = 1.0
"""In units of sigma."""
_DRAWN = 256
"""Rows that are put before the verifier at once."""


def plateau(bias: float) -> float:
    """Where the error settles: bias² + v u / (1 - v²), u = d / (T - d - 1), v the variance of what is let through.

    To first order in the distance between model and verifier: a model off by a small step has its labels cut to a mean
    of v times that step, so the loop contracts by v, and each fit adds the error of noise of variance v.
    """
    let_through = truncated_variance(WIDTH)
    return bias**2 + let_through * FEATURES / (ROWS - FEATURES - 1) / (1 - let_through**2)


def truncated_variance(width: float) -> float:
    """Variance of a standard normal within [-width, width]."""
    density = math.exp(-(width**2) / 2) / math.sqrt(2 * math.pi)
    return 1 - 2 * width * density / math.erf(width / math.sqrt(2))


def simulate(bias: float, generations: int, repetitions: int, seed: int) -> Floats:
    """Errors, repetitions x generations. The first model is fitted to real data, which nobody has to verify."""
    chance = np.random.default_rng(seed)
    believed = np.full(FEATURES, bias / math.sqrt(FEATURES))
    loops = [_loop(chance, believed, generations) for _ in range(repetitions)]
    return np.stack(loops)


def _loop(chance: np.random.Generator, believed: Floats, generations: int) -> Floats:
    x = chance.standard_normal((ROWS, len(believed)))
    y = chance.standard_normal(ROWS)
    errors = []
    for _ in range(generations):
        weights = np.asarray(np.linalg.solve(x.T @ x, x.T @ y))
        errors.append(float(weights @ weights))
        x, y = _accepted(chance, weights, believed)
    return np.array(errors)


def _accepted(chance: np.random.Generator, weights: Floats, believed: Floats) -> tuple[Floats, Floats]:
    """As many rows that the verifier lets through."""
    found: list[Floats] = []
    while sum(map(len, found)) < ROWS:
        x = chance.standard_normal((_DRAWN, len(weights)))
        y = x @ weights + chance.standard_normal(_DRAWN)
        found.append(np.column_stack([x, y])[np.abs(y - x @ believed) <= WIDTH])
    both = np.concatenate(found)[:ROWS]
    return both[:, :-1], both[:, -1]
