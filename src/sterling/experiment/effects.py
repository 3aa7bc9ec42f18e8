"""What one arm does better than another, and how sure that is.

Differences are paired by document: the same document is easy or hard for both arms, and that cancels. Two chances
remain, which documents the test happens to hold and which ones the arms happened to be given; so the bootstrap draws
seeds first and documents within them (hierarchical; Davison and Hinkley 1997, 3.8).
"""

import math
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.stats import Evidence, Interval

Floats = npt.NDArray[np.float64]
Word = Literal["helps", "harms", "harms the tail", "inconclusive"]
LEAST_SEEDS = 4
"""Below that a bootstrap over seeds says nothing of them."""
_DRAWS = 2000


class Effect(NamedTuple):
    """The mean difference of losses, bits a token; below 0 is better."""

    value: float
    interval: Interval
    seeds: int
    documents: int

    def evidence(self, name: str, **inputs: object) -> Evidence:
        """As a row of a report."""
        method = f"mean difference of losses over {self.seeds} seeds, paired by document; hierarchical bootstrap, 95 %"
        return Evidence(name, self.value, self.documents, self.interval, method, {"seeds": self.seeds, **inputs})


def effect(arm: Floats, control: Floats, seed: int = 0) -> Effect:
    """Of losses, seeds x documents, paired in both. ValueError below four seeds or without documents."""
    differences = arm - control
    differences = differences[:, np.isfinite(differences).all(axis=0)]
    seeds, documents = differences.shape
    if seeds < LEAST_SEEDS or not documents:
        raise ValueError(f"{LEAST_SEEDS} seeds and a document are needed, got {seeds} and {documents}")
    chance = np.random.default_rng(seed)
    drawn = np.array([_resampled(differences, chance) for _ in range(_DRAWS)])
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Effect(float(differences.mean()), Interval(float(low), float(high)), seeds, documents)


def _resampled(differences: Floats, chance: np.random.Generator) -> float:
    """Documents are drawn once for all seeds: it is the same test set that might have been another one."""
    seeds, documents = differences.shape
    columns = np.bincount(chance.integers(documents, size=documents), minlength=documents)
    rows = np.bincount(chance.integers(seeds, size=seeds), minlength=seeds)
    weighed: Floats = rows[:, None] * differences * columns
    mean: float = weighed.mean()
    return mean


class Verdict(NamedTuple):
    """One word, and the sentence behind it."""

    word: Word
    why: str


def verdict(whole: Effect, tail: Effect, tasks: Effect | None) -> Verdict:
    """What the effects on all documents, on the tail and on real tasks (share of failures) come to.

    The tail gates: what harms it is never said to help. Likelihood alone never says `helps`, since it rewards text that
    is like the generator's.
    """
    if tail.interval.low > 0:
        return Verdict("harms the tail", _told("loss on the tail rises", tail))
    if whole.interval.low > 0:
        return Verdict("harms", _told("loss rises", whole))
    if tasks is not None and tasks.interval.low > 0:
        return Verdict("harms", _told("failures on real tasks rise", tasks))
    if tasks is not None and tasks.interval.high < 0 and whole.interval.high < 0:
        return Verdict("helps", f"{_told('failures on real tasks fall', tasks)}; {_told('loss falls', whole)}")
    if tasks is None and whole.interval.high < 0:
        return Verdict(
            "inconclusive", f"{_told('loss falls', whole)}, but likelihood alone proves no help: bring tasks"
        )
    weakest = whole if tasks is None else max((whole, tasks), key=lambda one: one.interval.high)
    return Verdict(
        "inconclusive", f"would need n = about {_needed(weakest):,} documents; {_told('difference', weakest)}"
    )


def _told(what: str, found: Effect) -> str:
    return f"{what}: {found.value:+.3f} [{found.interval.low:+.3f}, {found.interval.high:+.3f}]"


def _needed(found: Effect) -> int:
    """Documents with which an effect of this size would be told from 0, to two digits; at least twice what there is."""
    half = (found.interval.high - found.interval.low) / 2
    if not found.value:
        return found.documents * 100
    needed = max(2 * found.documents, found.documents * (half / abs(found.value)) ** 2)
    step: int = 10 ** max(0, math.floor(math.log10(needed)) - 1)
    return round(needed / step) * step
