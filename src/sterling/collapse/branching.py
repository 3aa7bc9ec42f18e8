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
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = Sequence[int] | npt.NDArray[np.number]

How = Literal["drawn", "frozen", "weighted"]
"""`drawn`: each copy is in with this probability, anew each generation. `frozen`: the same, but drawn once and then the
same copies every time. `weighted`: every copy is in and counts this much."""


class Part(NamedTuple):
    """How much of one corpus enters a training set."""

    share: float
    """Between 0 and 1."""
    how: How = "drawn"


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

    def of(self, generation: int) -> Diet:
        """What this generation is trained on; generations count from 1."""
        return Diet(Part(1.0, "weighted"), {}) if generation == 1 else self.diet(generation)


def survival(
    policy: Policy, copies: Counts, generations: int, kappa: float = 1.0, documents: Counts | None = None
) -> Floats:
    """Probability that a type of so many real copies is in the output of each generation: copies x generations.

    `kappa`: copies in the output for each copy in the training set. 1 for sampling at temperature 1, below 1 for a
    decoder or a filter that prefers what is common. `documents`: in how many documents the copies lie, where real text
    is drawn by documents; unsaid, each copy is drawn by itself, which is too hopeful for words that come in bursts.
    """
    found = [survival_to(policy, copies, g, kappa, documents) for g in range(1, generations + 1)]
    return np.stack(found, axis=-1)


def survival_to(
    policy: Policy, copies: Counts, last: int, kappa: float = 1.0, documents: Counts | None = None
) -> Floats:
    """The same for one generation. Backwards: `at[g]` is what the generating function of its output is taken at."""
    anchor = _Anchor(np.asarray(copies, np.float64), np.asarray(copies if documents is None else documents, np.float64))
    at = np.ones(last + 1)
    at[last] = 0.0
    absent, frozen, frozen_exponent = np.zeros(len(anchor.copies)), Part(0.0), 0.0
    for generation in range(last, 0, -1):
        diet = policy.of(generation)
        exponent = kappa * float(at[generation] - 1)
        for earlier, part in diet.written.items():
            at[earlier] *= _factor(part, exponent)
        if diet.real.how == "frozen":
            frozen, frozen_exponent = diet.real, frozen_exponent + exponent
        else:
            absent += anchor.log_absence(diet.real, exponent)
    return np.asarray(-np.expm1(absent + anchor.log_absence(frozen, frozen_exponent)), np.float64)


class _Anchor(NamedTuple):
    """Types of the anchor: copies, and the documents that they lie in, evenly."""

    copies: Floats
    documents: Floats

    def log_absence(self, part: Part, exponent: float) -> Floats:
        """Log of what its copies multiply the probability of absence by. What is frozen is drawn once for all."""
        if part.how == "weighted" or part.share == 1:
            return part.share * exponent * self.copies
        inside = np.exp(exponent * self.copies / np.maximum(self.documents, 1))
        return self.documents * np.log1p(part.share * (inside - 1))


def _factor(part: Part, exponent: float) -> float:
    """What one written copy multiplies the probability of absence by."""
    if part.how == "weighted":
        return float(np.exp(part.share * exponent))
    return float(1 - part.share + part.share * np.exp(exponent))


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
