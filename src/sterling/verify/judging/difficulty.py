"""How hard tasks are for models, and which of them tell the models apart."""

from collections.abc import Iterator, Sequence
from math import ceil, floor, fsum, isnan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.stats import Evidence, Interval, betainc, clopper_pearson, proportion

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_LOWEST = 10
"""Records with the lowest discrimination that evidence names."""
_MODELS = 3
"""Fewer models rank nothing."""


class Item(NamedTuple):
    """One task, and how often each model solved it."""

    record: str
    rates: tuple[float, ...]
    """In the order of the models, each in [0, 1]."""


def difficulty(name: str, models: Sequence[str], items: Sequence[Item]) -> Iterator[Evidence]:
    """What the pass rates of a set say of it: their distribution, each model's accuracy, discrimination, ceilings.

    The intervals are over tasks; the models are the ones that were asked, and no sample of models.
    """
    if not items:
        return
    yield from _distribution(name, [fsum(item.rates) / len(item.rates) for item in items])
    for at, model in enumerate(models):
        yield _accuracy(f"{name}.accuracy", model, [item.rates[at] for item in items])
    every = sum(min(item.rates) == 1 for item in items)
    nobody = sum(max(item.rates) == 0 for item in items)
    yield proportion(f"{name}.by_all", every, len(items), "share of tasks that every model solved every time")
    yield proportion(f"{name}.by_none", nobody, len(items), "share of tasks that no model ever solved")
    yield from _discrimination(name, items)


def quantile(values: Sequence[float], q: float) -> float:
    """The smallest value that at least a share `q` of the values does not exceed. At least one value is needed."""
    return sorted(values)[max(1, ceil(q * len(values) - 1e-9)) - 1]


def quantile_interval(values: Sequence[float], q: float, bounds: Interval) -> Interval:
    """A 95 % interval of a quantile that assumes no distribution, by order statistics (David and Nagaraja, Order
    Statistics, 2003, 7.1). Where too few values lie on one side, that end is the bound of what is possible."""
    ordered, n = sorted(values), len(values)
    below = [k for k in range(1, n + 1) if _at_most(k - 1, n, q) <= 0.025]
    above = [k for k in range(1, n + 1) if _at_most(k - 1, n, q) >= 0.975]
    low = ordered[below[-1] - 1] if below else bounds.low
    return Interval(low, ordered[above[0] - 1] if above else bounds.high)


def discriminations(rates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """For each task (row) the correlation, over models (columns), of its rate with the mean rate of the other tasks.

    The item-rest correlation of test theory (Henrysson, Psychometrika 28, 1963), which for one answer a model is the
    point-biserial one (M1 - M0) / s * sqrt(p q): p of the models solve the task, M1 is their mean on the other tasks
    and M0 that of the rest, s the standard deviation of all. NaN where all models did equally well on the task or on
    the others, and where there is no other task.
    """
    tasks = rates.shape[0]
    if tasks < 2:
        return np.full(tasks, np.nan)
    rest = (rates.sum(axis=0) - rates) / (tasks - 1)
    mine, theirs = (part - part.mean(axis=1, keepdims=True) for part in (rates, rest))
    spread = np.sqrt((mine**2).sum(axis=1) * (theirs**2).sum(axis=1))
    flat = spread < 1e-9
    told: npt.NDArray[np.float64] = np.where(flat, np.nan, (mine * theirs).sum(axis=1) / np.where(flat, 1, spread))
    return told


def _distribution(name: str, rates: Sequence[float]) -> Iterator[Evidence]:
    method = "quantile of the tasks' pass rates over all answers; 95 % by order statistics (David and Nagaraja 2003)"
    for q in _QUANTILES:
        interval = quantile_interval(rates, q, Interval(0, 1))
        yield Evidence(f"{name}.rate.q{q * 100:.0f}", quantile(rates, q), len(rates), interval, method, {"quantile": q})


def _accuracy(name: str, model: str, rates: Sequence[float]) -> Evidence:
    """Samples of one task are no independent trials, so each task counts as one: a rate between 0 and 1 varies no more
    than a single trial of that mean would."""
    solved, n = fsum(rates), len(rates)
    low, high = clopper_pearson(floor(solved + 1e-9), n).low, clopper_pearson(ceil(solved - 1e-9), n).high
    method = (
        "mean over tasks of the share of answers that pass; Clopper-Pearson 95 % with one trial a task, which is wide"
    )
    return Evidence(name, solved / n, n, Interval(low, high), method, {"model": model})


def _discrimination(name: str, items: Sequence[Item]) -> Iterator[Evidence]:
    if len(items[0].rates) < _MODELS:
        return
    found = discriminations(np.array([item.rates for item in items], np.float64)).tolist()
    told = sorted((r, item.record) for r, item in zip(found, items, strict=True) if not isnan(r))
    models = len(items[0].rates)
    if not told:
        why = "no task that some models solve more often than others, or no other task to compare with"
        yield Evidence(f"{name}.discrimination", None, 0, None, why, {"models": models})
        return
    values = [r for r, _ in told]
    method = (
        "median over tasks of the item-rest correlation over models (point-biserial for one answer a model; Henrysson "
        "1963), of tasks on which the models differ; 95 % by order statistics over tasks, for these models"
    )
    inputs = {"models": models, "lowest": [[record, round(r, 4)] for r, record in told[:_LOWEST]]}
    interval = quantile_interval(values, 0.5, Interval(-1, 1))
    yield Evidence(f"{name}.discrimination", quantile(values, 0.5), len(values), interval, method, inputs)
    against = sum(r < 0 for r in values)
    what = "share of these tasks that weaker models solve more often than stronger ones"
    yield proportion(f"{name}.discrimination.negative", against, len(values), what, models=models)


def _at_most(k: int, n: int, p: float) -> float:
    """The probability of at most `k` successes in `n` trials."""
    return 1.0 if k >= n else betainc(n - k, k + 1, 1 - p)
