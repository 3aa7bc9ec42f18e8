"""A linear classifier on which word n-grams a text has: logistic regression with an L2 penalty, in numpy.

The same on every machine up to the last bits of an exponential: all rows in each step, sums in the order of the rows,
no chance in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.lookup import positions
from sterling.text.ngrams import Hashes, window_hashes

Floats = npt.NDArray[np.float64]

_STRENGTH = 3.0
"""How much the data count against the penalty: scikit-learn's C."""
_STEPS = 100
"""Of L-BFGS at most; some thirty do for texts."""
_REMEMBERED = 8
"""Steps from which L-BFGS guesses the curvature."""
_ENOUGH = 1e-4
"""Largest slope at which to stop, of a loss whose weights sum to 1."""


def gram_sets(texts: Sequence[Hashes], longest: int = 2) -> list[Hashes]:
    """Which n-grams of 1 to `longest` tokens each text has, sorted; texts are given as the hashes of their tokens."""
    return [np.unique(np.concatenate([window_hashes(text, n) for n in range(1, longest + 1)])) for text in texts]


class Rows(NamedTuple):
    """A sparse matrix whose entries of one row are all equal: 1 over the root of how many they are."""

    columns: npt.NDArray[np.int64]
    """Of each entry, row by row."""
    sizes: npt.NDArray[np.int64]
    """Entries of each row."""

    def scales(self) -> Floats:
        """The value of each row's entries: rows have length 1, or 0 without entries."""
        return np.maximum(self.sizes, 1).astype(np.float64) ** -0.5

    def times(self, weights: Floats) -> Floats:
        """The product with a vector of columns."""
        owner = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return np.bincount(owner, weights[self.columns], len(self.sizes)).astype(np.float64) * self.scales()

    def gathered(self, weights: Floats, width: int) -> Floats:
        """The product of the transpose with a vector of rows."""
        entries = np.repeat(weights * self.scales(), self.sizes)
        return np.bincount(self.columns, entries, width).astype(np.float64)

    def take(self, chosen: npt.NDArray[np.bool_]) -> "Rows":
        """Some of the rows."""
        return Rows(self.columns[np.repeat(chosen, self.sizes)], self.sizes[chosen])


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The n-grams that are columns."""

    grams: Hashes
    """Sorted."""

    @classmethod
    def of(cls, sets: Sequence[Hashes], least: int = 2) -> "Vocabulary":
        """Those that at least so many texts have: what one text alone has tells nothing of another."""
        every, counts = np.unique(np.concatenate([_NONE, *sets]), return_counts=True)
        return cls(every[counts >= least])

    def rows(self, sets: Sequence[Hashes]) -> Rows:
        """Texts as rows, n-grams that are no column left out."""
        flat = np.concatenate([_NONE, *sets])
        sizes = np.fromiter(map(len, sets), np.int64, len(sets))
        at = self.find(flat)
        owner = np.repeat(np.arange(len(sets)), sizes)[at >= 0]
        return Rows(at[at >= 0], np.bincount(owner, minlength=len(sets)))

    def find(self, grams: Hashes) -> npt.NDArray[np.int64]:
        """The column of each n-gram, or -1."""
        return positions(self.grams, grams)


@dataclass(frozen=True, slots=True)
class Linear:
    """log odds of the positive class = bias + sum of the weights of a text's known n-grams / sqrt(how many)."""

    vocabulary: Vocabulary
    weights: npt.NDArray[np.float32]
    bias: float

    def log_odds(self, sets: Sequence[Hashes]) -> Floats:
        """Of each text."""
        return self.vocabulary.rows(sets).times(self.weights.astype(np.float64)) + self.bias

    def weights_of(self, grams: Hashes) -> Floats:
        """The weight of each n-gram; 0 for one that is no column."""
        at = self.vocabulary.find(grams)
        found = np.zeros(len(grams))
        found[at >= 0] = self.weights[at[at >= 0]]
        return found


def trained(rows: Rows, positive: npt.NDArray[np.bool_], vocabulary: Vocabulary) -> Linear:
    """The classifier of some labelled rows. Both classes weigh the same, however many of each there are.

    Minimises the weighted mean of log(1 + exp(-y (x w + b))) plus |w|^2 / (2 C n), with C = 3 and n rows, by L-BFGS.
    """
    width = len(vocabulary.grams)
    share = np.where(positive, 0.5 / max(1, positive.sum()), 0.5 / max(1, (~positive).sum()))
    sign, penalty = np.where(positive, 1.0, -1.0), 1 / (_STRENGTH * max(1, len(positive)))

    def loss(point: Floats) -> tuple[float, Floats]:
        margin = sign * (rows.times(point[:-1]) + point[-1])
        pull = -share * sign * sigmoid(-margin)
        slope = np.append(rows.gathered(pull, width) + penalty * point[:-1], pull.sum())
        return float((share * np.logaddexp(0, -margin)).sum() + penalty / 2 * (point[:-1] ** 2).sum()), slope

    found = minimum(loss, np.zeros(width + 1))
    return Linear(vocabulary, found[:-1].astype(np.float32), float(found[-1]))


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    found: Floats = 0.5 * (1 + np.tanh(values / 2))
    return found


def minimum(loss: Callable[[Floats], tuple[float, Floats]], point: Floats) -> Floats:
    """Where a smooth convex function is least, from `point` on, by L-BFGS (Nocedal and Wright, 2006, algorithm 7.5).

    `loss` gives value and slope. Steps are halved until the value falls enough (Armijo); a step along which the slope
    does not grow is not learnt from. Ends when no slope is above 1e-4, after 100 steps, or when nothing falls further.
    """
    value, slope = loss(point)
    past: list[tuple[Floats, Floats]] = []
    for _ in range(_STEPS):
        if np.abs(slope).max() < _ENOUGH:
            break
        way = -_newton(slope, past)
        fall, size = _dot(way, slope), 1.0 if past else min(1.0, 1 / float(np.abs(slope).sum()))
        for _ in range(30):
            there, slope_there = loss(point + size * way)
            if there <= value + 1e-4 * size * fall:
                break
            size /= 2
        else:
            break
        step, turn = size * way, slope_there - slope
        if _dot(step, turn) > 1e-10 * _dot(turn, turn):
            past = [*past[1 - _REMEMBERED :], (step, turn)]
        point, value, slope = point + step, there, slope_there
    return point


def _newton(slope: Floats, past: Sequence[tuple[Floats, Floats]]) -> Floats:
    """The slope times the inverse curvature, as far as past steps tell it: the two loops of L-BFGS."""
    way, shares = slope.copy(), []
    for step, turn in reversed(past):
        share = _dot(step, way) / _dot(step, turn)
        way -= share * turn
        shares.append(share)
    if past:
        step, turn = past[-1]
        way *= _dot(step, turn) / _dot(turn, turn)
    for (step, turn), share in zip(past, reversed(shares), strict=True):
        way += step * (share - _dot(turn, way) / _dot(step, turn))
    return way


def _dot(one: Floats, other: Floats) -> float:
    """An inner product whose order of sums does not depend on how many threads a BLAS has."""
    return float((one * other).sum())


_NONE = np.empty(0, np.uint64)
