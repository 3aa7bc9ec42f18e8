"""What one arm does better than another, and how sure that is.

Differences are paired by document: the same document is easy or hard for both arms, and that cancels. Two chances
remain, which documents the test happens to hold and which ones the arms happened to be given; so the bootstrap draws
seeds and documents, each document for all seeds at once (hierarchical and crossed; Davison and Hinkley, Bootstrap
Methods and their Application, 1997, 3.8; Owen, The pigeonhole bootstrap, Annals of Applied Statistics 1, 2007).
Documents that belong together are drawn together.

A bootstrap of few seeds is too sure of them, in two ways, and both are mended: the variance of S resampled values is
(S - 1)/S of what it should be, so deviations of seeds are stretched by sqrt(S/(S - 1)); and a percentile knows nothing
of the doubt in that variance, so the interval is stretched by Student's t over the normal quantile, its degrees of
freedom after Satterthwaite (Biometrics Bulletin 2, 1946) from the two parts of the variance.
"""

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.stats import Evidence, Interval, betainc, student_t_quantile

Floats = npt.NDArray[np.float64]
LEAST_SEEDS = 4
"""Below that a bootstrap over seeds says nothing of them."""
_BLOCK, _BLOCKS = 100, 10
"""Draws that are worked on at a time, and how often: a thousand."""
_NORMAL = NormalDist().inv_cdf(0.975)


class Effect(NamedTuple):
    """The mean difference of losses to a control; below 0 is better."""

    value: float
    interval: Interval
    """At 95 %, for this difference alone."""
    seeds: int
    documents: int
    p: float
    """Two-sided: how often chance alone makes a difference this large or larger."""
    control: float
    """The control's mean loss."""
    by_seeds: float
    """Share of the variance that more seeds would shrink; more documents shrink the rest."""

    @classmethod
    def told(cls, value: float, interval: Interval, n: int) -> "Effect":
        """One that was measured elsewhere, of which the control and the seeds are not known; p by a normal law."""
        error = (interval.high - interval.low) / (2 * _NORMAL)
        p = 2 * (1 - NormalDist().cdf(abs(value) / error)) if error else float(value == 0)
        return cls(value, interval, 1, n, p, 0.0, 0.0)

    def evidence(self, name: str, **inputs: object) -> Evidence:
        """As a row of a report."""
        method = (
            f"mean difference of losses over {self.seeds} seeds, paired by document; hierarchical bootstrap over seeds "
            "and documents with Student's t, 95 %"
        )
        return Evidence(name, self.value, self.documents, self.interval, method, {"seeds": self.seeds, **inputs})


def effect(arm: Floats, control: Floats, seed: int = 0, groups: Sequence[object] | None = None) -> Effect:
    """Of losses, seeds x documents, paired in both. ValueError below four seeds or two groups of documents.

    `groups` says of each document what it belongs to; unsaid, each stands for itself. A document without a finite loss
    in every seed of both is left out. Not guaranteed: that seeds stand for training sets drawn anew from the world;
    they stand for whatever the caller varied between them.
    """
    differences = arm - control
    told: npt.NDArray[np.bool_] = np.asarray(np.isfinite(differences).all(axis=0))
    differences = differences[:, told]
    seeds, documents = differences.shape
    homes = _numbered(groups, told)
    if seeds < LEAST_SEEDS or len(np.unique(homes)) < 2:
        what = f"{LEAST_SEEDS} seeds and two documents (or groups of them) are needed"
        raise ValueError(f"{what}, got {seeds} and {len(np.unique(homes))}")
    value = float(differences.mean())
    parts = _parts(differences, homes)
    drawn = _drawn(_stretched(differences), homes, seed)
    wide = student_t_quantile(0.975, parts.df) / _NORMAL
    low, high = (value + wide * (float(end) - value) for end in np.quantile(drawn, [0.025, 0.975]))
    p = _p(value, float(drawn.std()), parts.df)
    base = float(control[:, told].mean())
    return Effect(value, Interval(low, high), seeds, documents, p, base, parts.by_seeds)


class _Parts(NamedTuple):
    """Where the variance of the mean comes from."""

    df: float
    by_seeds: float


def _numbered(groups: Sequence[object] | None, told: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Groups of the documents that are told of, as numbers from 0."""
    if groups is None:
        return np.arange(int(told.sum()))
    names: dict[object, int] = {}
    numbers = np.array([names.setdefault(group, len(names)) for group in groups], np.int64)[told]
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)


def _stretched(differences: Floats) -> Floats:
    """With the deviations of seeds as large as those of a bootstrap must be."""
    seeds = len(differences)
    deviations = differences.mean(axis=1, keepdims=True) - differences.mean()
    stretched: Floats = differences + (np.sqrt(seeds / (seeds - 1)) - 1) * deviations
    return stretched


def _drawn(differences: Floats, homes: npt.NDArray[np.int64], seed: int) -> Floats:
    """Means of resampled seeds and groups of documents. The same groups for all seeds: it is one test set."""
    seeds, groups = len(differences), int(homes.max()) + 1
    sums = np.stack([np.bincount(homes, row, groups) for row in differences], axis=1)
    columns, rows = _times(groups, seed), _times(seeds, seed + 1) / seeds
    means: Floats = ((columns @ sums) * rows).sum(axis=1) / (columns @ np.bincount(homes, minlength=groups))
    return means


@lru_cache(maxsize=4)
def _times(many: int, seed: int) -> Floats:
    """How often each of so many is drawn, draws x many: the same for all arms, which are compared on one test."""
    chance = np.random.default_rng([seed, many])
    blocks = [chance.integers(many, size=(_BLOCK, many)) + many * np.arange(_BLOCK)[:, None] for _ in range(_BLOCKS)]
    counts = [np.bincount(block.ravel(), minlength=_BLOCK * many).reshape(_BLOCK, many) for block in blocks]
    return np.concatenate(counts).astype(np.float64)


def _parts(differences: Floats, homes: npt.NDArray[np.int64]) -> _Parts:
    """Satterthwaite's degrees of freedom of the sum of both variances, and the part that is the seeds'."""
    seeds, groups = len(differences), int(homes.max()) + 1
    of_seeds = float(differences.mean(axis=1).var(ddof=1)) / seeds
    residuals = differences.mean(axis=0) - differences.mean()
    of_groups = float((np.bincount(homes, residuals, groups) ** 2).sum()) / differences.shape[1] ** 2
    of_groups *= groups / (groups - 1)
    whole = of_seeds + of_groups
    if not whole:
        return _Parts(float(seeds - 1), 0.0)
    return _Parts(whole**2 / (of_seeds**2 / (seeds - 1) + of_groups**2 / (groups - 1)), of_seeds / whole)


def _p(value: float, error: float, df: float) -> float:
    if not error:
        return 1.0 if not value else 0.0
    return betainc(df / 2, 0.5, df / (df + (value / error) ** 2)) if value else 1.0
