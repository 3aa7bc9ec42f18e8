"""Which types are still there after some generations: survival as a branching process, in closed form.

A type that a training set holds M times is written Poisson(kappa * M) times by the model trained on it, independently
of all others: right for rare types, whose share of the text is small (Galton and Watson 1875 for the process, with
immigration where real data comes in again). What a training set holds of a type follows from the policy: of the real
copies and of each earlier generation's output a share, either as a *draw* (each copy is in with that probability) or as
a *weight* (each copy is in, but counts that much less). Both are generating functions, so the probability that a type
of k real copies is absent from generation g is a product, taken from the last generation backwards; no simulation.

What it does not see: bursts in what a model writes, and smoothing that lets it write what it never read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = Sequence[int] | npt.NDArray[np.number]

How = Literal["drawn", "frozen", "weighted"]
"""`drawn`: each copy is in with this probability, anew each generation. `frozen`: the same, but in an order that was
drawn once, so that a smaller part lies within a larger one. `weighted`: every copy is in and counts this much."""


class Part(NamedTuple):
    """How much of one corpus enters a training set."""

    share: float
    """Between 0 and 1; of what is weighted any weight."""
    how: How = "drawn"
    weight: float = 1.0
    """How much each copy counts that is in, in a training set as long as the anchor."""


class Diet(NamedTuple):
    """What the model of one generation is trained on."""

    real: Part
    """Of the anchor."""
    written: Mapping[int, Part]
    """Of the output of earlier generations, by their number."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A mixing policy: what every generation is trained on. The first one always has the whole anchor."""

    name: str
    diet: Callable[[int], Diet]
    """Of generation 2, 3, …"""
    size: float = 1.0
    """How much each generation writes for those after it, in anchors."""

    def of(self, generation: int) -> Diet:
        """What this generation is trained on; generations count from 1."""
        return Diet(Part(1.0, "weighted"), {}) if generation == 1 else self.diet(generation)


def survival(
    policy: Policy, copies: Counts, generations: int, kappa: float = 1.0, documents: Counts | None = None
) -> Floats:
    """Probability that a type of so many real copies is in the output of each generation: copies x generations.

    The output that is looked at is as long as the anchor, however much the policy lets into a training set. `kappa`:
    copies in the output for each copy in the training set. 1 for sampling at temperature 1, below 1 for a decoder or a
    filter that prefers what is common. `documents`: in how many documents the copies lie, where real text is drawn by
    documents; unsaid, each copy is drawn by itself, which is too hopeful for words that come in bursts.
    """
    found = [survival_to(policy, copies, g, kappa, documents) for g in range(1, generations + 1)]
    return np.stack(found, axis=-1)


def survival_to(
    policy: Policy, copies: Counts, last: int, kappa: float = 1.0, documents: Counts | None = None
) -> Floats:
    """The same for one generation: a product over generations, taken from the last one backwards."""
    anchor = np.asarray(copies, np.float64)
    lumps = anchor if documents is None else np.asarray(documents, np.float64)
    real = _Fate(anchor / np.maximum(lumps, 1))
    for part, exponent in _entries(policy, last, kappa):
        real.enters(part, exponent)
    return np.asarray(-np.expm1(lumps * real.log()), np.float64)


@lru_cache(maxsize=256)
def _entries(policy: Policy, last: int, kappa: float) -> Sequence[tuple[Part, float]]:
    """How the anchor enters each training set, the last one first, and what a copy in it multiplies absence by."""
    found: list[tuple[Part, float]] = []
    written = [_Fate(np.ones(1)) for _ in range(last + 1)]
    for generation in range(last, 0, -1):
        looked_at = generation == last
        at = 0.0 if looked_at else float(np.exp(written[generation].log()[0]))
        exponent = kappa * (1.0 if looked_at else policy.size) * (at - 1)
        diet = policy.of(generation)
        found.append((diet.real, exponent))
        for earlier, part in diet.written.items():
            written[earlier].enters(part, exponent)
    return found


class _Fate:
    """What each lump of copies (a document's, or one copy) multiplies the probability of absence by."""

    def __init__(self, copies: Floats) -> None:
        self._copies = copies
        self._anew = np.zeros(len(copies))
        self._frozen: list[tuple[float, float]] = []

    def enters(self, part: Part, exponent: float) -> None:
        """It enters a training set whose copies multiply it by exp(exponent) each."""
        if part.how == "weighted":
            self._anew = self._anew + part.share * exponent * self._copies
        elif part.how == "frozen":
            self._frozen.append((part.share, part.weight * exponent))
        elif part.share == 1:
            self._anew = self._anew + part.weight * exponent * self._copies
        else:
            self._anew = self._anew + np.log1p(part.share * np.expm1(part.weight * exponent * self._copies))

    def log(self) -> Floats:
        """Its logarithm. Frozen parts lie within each other: where a lump stands in their order decides of all."""
        parts = sorted(self._frozen, reverse=True)
        ends = [share for share, _ in parts] + [0.0]
        inside, exponent = np.zeros(len(self._copies)), 0.0
        for (share, more), smaller in zip(parts, ends[1:], strict=True):
            exponent += more
            inside = inside + (share - smaller) * np.exp(exponent * self._copies)
        return np.asarray(self._anew + np.log(inside + 1 - ends[0]), np.float64)


def replace() -> Policy:
    """Each generation is trained on the last one's output alone."""
    return Policy("replace", lambda g: Diet(Part(0.0), {g - 1: Part(1.0, "weighted")}))


def rotate(share: float) -> Policy:
    """So much of each training set is drawn anew from the whole anchor; the rest is the last generation's output."""
    return Policy(f"rotate {share:g}", lambda g: Diet(Part(share), {g - 1: Part(1 - share)}))


def freeze(share: float) -> Policy:
    """The same, but always the same part of the anchor."""
    return Policy(f"frozen {share:g}", lambda g: Diet(Part(share, "frozen"), {g - 1: Part(1 - share)}))


def accumulate() -> Policy:
    """Everything so far, the anchor and every output, all at the same weight."""
    return Policy(
        "accumulate", lambda g: Diet(Part(1 / g, "weighted"), dict.fromkeys(range(1, g), Part(1 / g, "weighted")))
    )


def accumulate_subsample() -> Policy:
    """A training set of the anchor's size, drawn from everything so far."""
    return Policy("accumulate_subsample", lambda g: Diet(Part(1 / g), dict.fromkeys(range(1, g), Part(1 / g))))


def all_real_plus_one(weight: float = 0.5) -> Policy:
    """The whole anchor and the last generation's output; `weight` is the share of the real part.

    With 0.618 it is the golden ratio, the best of these weights for a mean (arXiv 2502.18049).
    """
    name = "golden_ratio" if abs(weight - GOLDEN) < 1e-9 else "all_real_plus_one_generation"
    rest = Part(1 - weight, "weighted")
    return Policy(name, lambda g: Diet(Part(weight, "weighted"), {g - 1: rest}))


GOLDEN = (5**0.5 - 1) / 2
"""Weight of real data that minimises (w² + (1-w)²) / (1 - (1-w)²)."""


def presets() -> tuple[Policy, ...]:
    """The policies by which the field mixes."""
    return (replace(), accumulate(), accumulate_subsample(), all_real_plus_one(), all_real_plus_one(GOLDEN))
