"""What several judges are worth together, measured on gold. Pure statistics: nothing here asks a model.

Votes are an array of items by members: 1 for good, -1 for bad, 0 where a member gave no verdict or contradicts itself.
An undecided vote earns half, which is what a coin would get.

Weights are the log-odds of balanced accuracy, the optimal weights of judges that err independently (Nitzan and
Paroush, International Economic Review 23, 1982). Real judges err together, so the rule can be worse than its best
member; therefore it is compared with that member by cross-validation, and gives way to it where it does worse by more
than one standard error (Breiman et al., Classification and Regression Trees, 1984): a smaller loss may be chance.

Not guaranteed: that weights measured on one kind of record hold for another. On LLMBar a judge that is right in 81 %
of natural pairs is right in 27 % of adversarial ones. Gold must look like what is to be judged.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sterling.stats import Interval

Numbers = NDArray[np.float64]
Votes = NDArray[np.int8]

FEWEST = 20
"""Gold items without which nothing is measured: with fewer, chance decides who is the best member."""
RESAMPLES = 1_000
SEED = 20_250_708
"""Of folds and resamples, so that equal gold gives equal numbers."""


class Gold(NamedTuple):
    """What the members said of items of which the truth is known."""

    votes: Votes
    """(items, members)."""
    truth: Votes
    """(items,): 1 for good, -1 for bad."""
    pairs: NDArray[np.bool_]
    """(items,): whether the item is a pair asked in both orders, which stands for its mirror image as well."""

    def take(self, rows: NDArray[np.int64]) -> "Gold":
        """Some of the items."""
        return Gold(self.votes[rows], self.truth[rows], self.pairs[rows])


class Effective(NamedTuple):
    """How many independent judges a panel amounts to."""

    correlation: float | None
    """Mean over pairs of members; None when fewer than two members err, or each always."""
    votes: float | None
    """`n / (1 + (n - 1) * correlation)`; a negative correlation counts as none."""
    interval: Interval | None
    """Of the votes: 95 %, percentile bootstrap over items."""


class Comparison(NamedTuple):
    """A weighting against the best single member, on items that the weighting has not seen."""

    weighted: float
    """Share of right decisions, undecided ones by half."""
    best: float
    """The same for the member that is best on all gold. Hindsight favours it."""
    member: int
    """Who that is."""
    interval: Interval
    """Of the difference, weighted less best: 95 %, percentile bootstrap over items."""

    @property
    def gain(self) -> float:
        """What the panel adds to its best member."""
        return self.weighted - self.best

    @property
    def loses(self) -> bool:
        """Whether the panel is worse by more than one standard error, as wide as a normal interval would have it."""
        return self.gain < -(self.interval.high - self.interval.low) / (2 * 1.96)


class Standing(NamedTuple):
    """The weights that a panel decides with, and why."""

    weights: Numbers
    """(members,): none negative; they add up to 1, or are all 0 when no member beats a coin."""
    comparison: Comparison
    alone: bool
    """Whether the best member decides by itself because the weighted panel loses against it."""


Weighing = Callable[[Gold], Numbers]


def decisions(votes: Votes, weights: Numbers) -> Votes:
    """(items,): the sign of the weighted sum of votes; 0 where it is even."""
    total = votes @ weights
    return np.where(np.abs(total) < 1e-9, 0, np.sign(total)).astype(np.int8)


def majority(votes: Votes) -> Votes:
    """(items,): what more than half of all members say, else 0. A member without a verdict counts as one."""
    half = votes.shape[1] / 2
    good, bad = (votes == 1).sum(1) > half, (votes == -1).sum(1) > half
    return np.where(good, 1, np.where(bad, -1, 0)).astype(np.int8)


def credit(said: Votes, truth: Votes) -> Numbers:
    """1 for right, 0 for wrong, one half for undecided. `said` is (items,) or (items, members)."""
    right = said * (truth if said.ndim == 1 else truth[:, None])
    return (1 + right.astype(np.float64)) / 2


def balanced_accuracy(gold: Gold) -> Numbers:
    """(members,): the mean of the accuracies on good and on bad items, each with one right and one wrong item added.

    That is Laplace's rule: few items say little, and a class that is absent says one half. A pair counts in both
    classes, because it was asked both ways round.
    """
    earned = credit(gold.votes, gold.truth)
    classes = [(gold.truth == side) | gold.pairs for side in (1, -1)]
    shares = [(earned[rows].sum(0) + 1) / (rows.sum() + 2) for rows in classes]
    return np.asarray((shares[0] + shares[1]) / 2)


def log_odds(gold: Gold) -> Numbers:
    """(members,): weights by accuracy, scaled to a sum of 1. Who is no better than a coin gets none."""
    accuracy = balanced_accuracy(gold)
    return _scaled(np.maximum(0.0, np.log(accuracy / (1 - accuracy))))


def settled(gold: Gold) -> Numbers:
    """The weights of `settle`, for use as a weighing of its own."""
    return settle(gold).weights


def settle(gold: Gold) -> Standing:
    """Weights by log-odds, or the best member alone where these lose against it in cross-validation."""
    weights, comparison = log_odds(gold), cross_validate(gold, log_odds)
    alone = comparison.loses and weights.max() > 0
    if alone:
        weights = np.eye(len(weights))[comparison.member]
    return Standing(weights, comparison, alone)


def cross_validate(gold: Gold, weigh: Weighing, folds: int = 10) -> Comparison:
    """The decisions on each fold with weights from the others. ValueError below `FEWEST` items.

    The interval takes items as independent and does not know that the folds share their training items.
    """
    n = len(gold.truth)
    if n < FEWEST:
        raise ValueError(f"{n} gold items, and at least {FEWEST} are needed")
    said = np.zeros(n, np.int8)
    fold = np.random.default_rng(SEED).permutation(n) % folds
    for number in range(folds):
        rest, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        said[held] = decisions(gold.votes[held], weigh(gold.take(rest)))
    mine, singles = credit(said, gold.truth), credit(gold.votes, gold.truth)
    best = int(singles.mean(0).argmax())
    gains = mine - singles[:, best]
    interval = _percentiles([gains[rows].mean() for rows in _resamples(n)])
    return Comparison(float(mine.mean()), float(singles[:, best].mean()), best, interval)


def effective_votes(gold: Gold) -> Effective:
    """How many independent judges the members amount to, by the correlation of their errors.

    The formula is Kish's design effect (Survey Sampling, 1965, 8.2), applied to votes. An error is 1, an undecided
    vote one half, so without undecided votes the correlation of two members is Yule's phi.
    """
    errors = 1 - credit(gold.votes, gold.truth)
    n, members = errors.shape
    correlation = mean_correlation(errors)
    if correlation is None:
        return Effective(None, None, None)
    drawn = (mean_correlation(errors[rows]) for rows in _resamples(n))
    interval = _percentiles([discounted(members, rho) for rho in drawn if rho is not None])
    return Effective(correlation, discounted(members, correlation), interval)


def discounted(members: int, correlation: float) -> float:
    """`n / (1 + (n - 1) * correlation)`, never above n. Six judges at 0.37 are worth 2.1."""
    return members / (1 + (members - 1) * max(0.0, correlation))


def mean_correlation(errors: Numbers) -> float | None:
    """The mean of Pearson's correlation over pairs of columns; a column that never varies is in none."""
    varied = errors[:, errors.std(0) > 0]
    members = varied.shape[1]
    if members < 2:
        return None
    matrix = np.atleast_2d(np.corrcoef(varied, rowvar=False))
    return float(matrix[np.triu_indices(members, 1)].mean())


def _scaled(weights: Numbers) -> Numbers:
    total = weights.sum()
    return weights / total if total > 0 else weights


def _resamples(n: int) -> NDArray[np.int64]:
    return np.random.default_rng(SEED).integers(0, n, (RESAMPLES, n))


def _percentiles(values: list[float]) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(low), float(high))
