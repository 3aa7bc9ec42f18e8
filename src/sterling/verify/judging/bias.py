"""What gives a judge away over many records: the order of a pair, and the length of an answer."""

import math
from collections.abc import Sequence

import numpy as np

from sterling.stats import Evidence, Interval, Z, proportion


def order_dependence(name: str, model: str, orders: Sequence[tuple[float, float]]) -> Evidence:
    """The share of pairs on which a judge's verdict changed with the order.

    `orders` has for each pair the share of verdicts for `chosen` when it stood first and when it stood second.
    """
    changed = [
        (first, second) for first, second in orders if (first > 0.5, first < 0.5) != (second > 0.5, second < 0.5)
    ]
    method = "share of pairs with another verdict when the answers swap places; one trial a pair"
    towards_first = sum(first > second for first, second in changed)
    inputs = {"model": model, "for_the_first": towards_first, "for_the_second": len(changed) - towards_first}
    return proportion(name, len(changed), len(orders), method, **inputs)


def length_correlation(name: str, scores: Sequence[float], lengths: Sequence[int], **inputs: str) -> Evidence:
    """Spearman's rank correlation of scores with the lengths of what they were given to.

    None below 4 texts, or where all scores or all lengths are equal. The interval is Fisher's with the standard error
    of Bonett and Wright (Psychometrika 65, 2000). Correlation is no proof of bias: a longer answer may be a better one.
    """
    n = len(scores)
    if n < 4 or len(set(scores)) == 1 or len(set(lengths)) == 1:
        return Evidence(name, None, n, None, "too few texts, or all of one score or one length", inputs)
    rho = float(np.corrcoef(_ranks(scores), _ranks(lengths))[0, 1])
    method = "Spearman's correlation of score with characters of the answer; Fisher 95 % (Bonett and Wright 2000)"
    return Evidence(name, rho, n, _fisher(rho, n), method, inputs)


def _fisher(rho: float, n: int) -> Interval:
    half = Z * math.sqrt((1 + rho * rho / 2) / (n - 3))
    centre = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, rho)))
    return Interval(math.tanh(centre - half), math.tanh(centre + half))


def _ranks(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """From 1, equal values sharing the mean of their ranks."""
    _, inverse, counts = np.unique(np.asarray(values, np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], np.float64)
