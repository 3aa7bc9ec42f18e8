"""Linear regression on its own predictions: errors grow for ever if data is replaced, and stay bounded if it is kept.

The setting of Gerstgrasser et al. (arXiv 2404.01413): T inputs of d normal features, labels x'w + noise of standard
deviation sigma, each generation's labels written by the last model (with the same noise). Errors are E|w - w*|² in
units of sigma² d / (T - d - 1), the error of one honest fit.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Keeping = Literal["replace", "accumulate", "subsample", "fresh", "rotate", "freeze", "all_real_plus_one"]
"""What each generation is fitted to: the last output; everything so far; T rows drawn from everything so far; the last
output and a tenth of real rows (anew from the source, drawn over the anchor, always the same); the anchor and the last
output."""
_SHARE = 0.1


def replace_error(generation: int) -> float:
    """Every generation adds one unit (Theorem 1 of the paper, isotropic features)."""
    return float(generation)


def accumulate_error(generation: int) -> float:
    """The i-th generation's error counts 1/i of the whole, so squares of that add up: below pi²/6 for ever."""
    return float(sum(1 / i**2 for i in range(1, generation + 1)))


def simulate(
    keeping: Keeping, generations: int, repetitions: int, seed: int, rows: int = 200, features: int = 20
) -> Floats:
    """Errors, repetitions x generations, in the unit above; sigma is 1 and the true weights are 0.

    Nothing is lost by that: the error of least squares depends on neither.
    """
    unit = features / (rows - features - 1)
    chance = np.random.default_rng(seed)
    loops = [_loop(keeping, generations, chance, rows, features) for _ in range(repetitions)]
    return np.stack(loops) / unit


class _Rows:
    """Inputs and labels."""

    def __init__(self, x: Floats, y: Floats) -> None:
        self.x, self.y = x, y

    @classmethod
    def written(cls, chance: np.random.Generator, weights: Floats, rows: int) -> "_Rows":
        """New inputs, labelled by a model of these weights."""
        x = chance.standard_normal((rows, len(weights)))
        return cls(x, x @ weights + chance.standard_normal(rows))

    def some(self, chance: np.random.Generator, rows: int) -> "_Rows":
        """Drawn without replacement."""
        chosen = chance.permutation(len(self.y))[:rows]
        return _Rows(self.x[chosen], self.y[chosen])

    def first(self, rows: int) -> "_Rows":
        """Always the same."""
        return _Rows(self.x[:rows], self.y[:rows])

    def fit(self) -> Floats:
        """Least squares."""
        return np.asarray(np.linalg.solve(self.x.T @ self.x, self.x.T @ self.y))

    def __add__(self, other: "_Rows") -> "_Rows":
        return _Rows(np.concatenate([self.x, other.x]), np.concatenate([self.y, other.y]))


def _loop(keeping: Keeping, generations: int, chance: np.random.Generator, rows: int, features: int) -> Floats:
    truth = np.zeros(features)
    anchor = _Rows.written(chance, truth, rows)
    known, diet = anchor, anchor
    errors = []
    for _ in range(generations):
        weights = diet.fit()
        errors.append(float(weights @ weights))
        output = _Rows.written(chance, weights, rows)
        known = known + output if keeping in {"accumulate", "subsample"} else known
        diet = _diet(keeping, chance, anchor, known, output)
    return np.array(errors)


def _diet(keeping: Keeping, chance: np.random.Generator, anchor: _Rows, known: _Rows, output: _Rows) -> _Rows:
    rows, part = len(anchor.y), round(_SHARE * len(anchor.y))
    rest = output.first(rows - part)
    diets: dict[Keeping, Callable[[], _Rows]] = {
        "replace": lambda: output,
        "accumulate": lambda: known,
        "subsample": lambda: known.some(chance, rows),
        "fresh": lambda: _Rows.written(chance, np.zeros(anchor.x.shape[1]), part) + rest,
        "rotate": lambda: anchor.some(chance, part) + rest,
        "freeze": lambda: anchor.first(part) + rest,
        "all_real_plus_one": lambda: anchor + output,
    }
    return diets[keeping]()
