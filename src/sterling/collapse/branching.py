"""Which types are still there after some generations: survival as a branching process, in closed form.

A type that a training set holds M times is written Poisson(kappa * M) times by the model trained on it, independently
of all others: right for rare types, whose share of the text is small (Galton and Watson 1875 for the process, with
immigration where real data comes in again). What a training set holds of a type follows from the policy: of the real
copies and of each earlier generation's output a share, either as a *draw* (each copy is in with that probability) or as
a *weight* (each copy is in, but counts that much less). Both are generating functions, so the probability that a type
of k real copies is absent from generation g is a product, taken from the last generation backwards; no simulation.

What it does not see: types that come in bursts (a text that is absent takes all their copies along), smoothing that
lets a model write what it never read, and an order that the generations depend on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

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


def survival(policy: Policy, copies: Sequence[int] | Floats, generations: int, kappa: float = 1.0) -> Floats:
    """Probability that a type of so many real copies is in the output of each generation: copies x generations.

    `kappa`: copies in the output for each copy in the training set. 1 for sampling at temperature 1, below 1 for a
    decoder or a filter that prefers what is common.
    """
    return np.stack([survival_to(policy, copies, g, kappa) for g in range(1, generations + 1)], axis=-1)


def survival_to(policy: Policy, copies: Sequence[int] | Floats, last: int, kappa: float = 1.0) -> Floats:
    """The same for one generation. Backwards: `at[g]` is what the generating function of its output is taken at."""
    at = np.ones(last + 1)
    at[last] = 0.0
    fresh, frozen = 1.0, _Frozen(0.0, 1.0)
    for generation in range(last, 0, -1):
        diet = policy.of(generation)
        exponent = kappa * (at[generation] - 1)
        for earlier, part in diet.written.items():
            at[earlier] *= _factor(part, exponent)
        if diet.real.how == "frozen":
            frozen = _Frozen(diet.real.share, frozen.inside * np.exp(exponent))
        else:
            fresh *= _factor(diet.real, exponent)
    return np.asarray(1 - (fresh * frozen.factor()) ** np.asarray(copies, np.float64), np.float64)


class _Frozen(NamedTuple):
    """A copy that is drawn once: in for all these generations, or for none."""

    share: float
    inside: float

    def factor(self) -> float:
        return 1 - self.share + self.share * self.inside


def _factor(part: Part, exponent: float) -> float:
    """What one copy multiplies the probability by."""
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
