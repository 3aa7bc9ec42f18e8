"""What each purpose means by default: how much synthetic data, how little real, what to measure and what to fear."""

from collections.abc import Mapping
from typing import NamedTuple

from sterling.recipes import PURPOSES, Purpose, Recipe, Weights

ANCHORED: tuple[Purpose, ...] = ("fine-tuning", "edge-cases", "pretraining", "alignment")
"""Purposes whose data trains a model beside real data. An evaluation set or a privacy substitute may be wholly new."""
EVERY: tuple[Purpose, ...] = PURPOSES


class Shares(NamedTuple):
    """Bounds of the mix, as shares of the whole in its unit."""

    synthetic_cap: float
    real_floor: float


_SHARES: Mapping[Purpose, Shares] = {
    "fine-tuning": Shares(0.30, 0.10),
    "evaluation": Shares(1.0, 0.0),
    "edge-cases": Shares(0.30, 0.10),
    "privacy": Shares(1.0, 0.0),
    "pretraining": Shares(0.30, 0.10),
    "alignment": Shares(0.30, 0.10),
}
"""A policy, not a law. In loops of n-gram models on their own output, cross-entropy on real text stayed flat over
six generations at 30 % synthetic data and ended higher at 50 % and 70 %; Kang et al. (arXiv 2510.01631) found about a
third best for rephrased text. Neither speaks against more for one round of grounded, verified data: evidence of one's
own, with and without, is the reason to waive."""


class Headline(NamedTuple):
    """What a purpose is judged by."""

    metric: str
    """The number that decides whether the data is good for its purpose."""
    collapse_risk: str
    """How synthetic data usually fails this purpose."""
    source: str


_HEADLINES: Mapping[Purpose, Headline] = {
    "fine-tuning": Headline(
        "the task's score on real held-out examples, trained with and without the synthetic part at equal tokens",
        "narrowing: many samples of one teacher approach its average; the mean improves while rare cases get worse",
        "Shumailov et al., Nature 631 (2024)",
    ),
    "evaluation": Headline(
        "the share of items whose key is verified, and how well the set ranks models as human items do",
        "self-preference: models favour text of their own, so a set written by one family may favour it",
        "Panickssery et al., arXiv 2404.13076",
    ),
    "edge-cases": Headline(
        "the error on real edge cases that generation never saw",
        "lost tails: a generator thins out rare cases, and those that it invents need not lie where the real ones are",
        "Shumailov et al., Nature 631 (2024); Alemohammad et al., arXiv 2307.01850",
    ),
    "privacy": Headline(
        "leakage against a holdout: copies, closeness and membership, in the worst stratum too",
        "memorised outliers come out again while rare groups vanish; closeness alone sees neither",
        "The DCR Delusion, arXiv 2505.01524",
    ),
    "pretraining": Headline(
        "cross-entropy on held-out real text, overall and on its tail",
        "recursion: each generation that replaces real text loses the types seen once, and does not get them back",
        "Shumailov et al., Nature 631 (2024)",
    ),
    "alignment": Headline(
        "the win rate on real prompts, with length held equal",
        "mode collapse: one judge's taste becomes the only style; diversity falls as the score rises",
        "Kirk et al., arXiv 2310.06452; Dubois et al., arXiv 2404.04475",
    ),
}


def headline(purpose: Purpose) -> Headline:
    """The metric to report first, and the risk to watch."""
    return _HEADLINES[purpose]


def shares(purpose: Purpose) -> Shares:
    """The bounds of the mix that hold when the recipe says none."""
    return _SHARES[purpose]


def caps(recipe: Recipe) -> Shares:
    """The bounds that hold for this recipe's mix: what it says, else its purpose's default."""
    mix = recipe.mix
    default = Shares(1.0, 0.0) if mix.real == "exclude" else shares(recipe.purpose)
    return Shares(
        default.synthetic_cap if mix.synthetic_cap is None else mix.synthetic_cap,
        default.real_floor if mix.real_floor is None else mix.real_floor,
    )


_FADING = 0.5
"""Factor for each generation of age and, in a run that continues an earlier release, for each step of depth."""


def weights(recipe: Recipe) -> Weights:
    """The weights that hold for this recipe's mix: what it says, else the defaults.

    Age is counted in runs that continue an earlier release alone, so `per_generation` has the same default in a first
    generation, which holds nothing old, as in those that will follow it: what a forecast of later mixes needs.
    """
    said = recipe.mix.weights
    factors = {"per_depth": 1.0 if recipe.continues is None else _FADING, "per_generation": _FADING}
    return said.model_copy(update={key: factor for key, factor in factors.items() if getattr(said, key) is None})


def resolved(recipe: Recipe) -> Recipe:
    """The recipe with the bounds and weights of its mix said: what `recipe.lock.yaml` should hold."""
    said = caps(recipe)._asdict() | {"weights": weights(recipe)}
    return recipe.model_copy(update={"mix": recipe.mix.model_copy(update=said)})
