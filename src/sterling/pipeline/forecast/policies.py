"""From the mix of a recipe to the policy that a forecast is made of: what each generation will be trained on."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sterling.collapse.branching import Diet, How, Part, Policy
from sterling.recipes import Mix, Recipe

THIS_MIX = "this mix"
"""The name of the recipe's own policy."""
_MOST_WRITTEN = 9.0
"""Anchors that one generation is taken to write at most: what a cap of 90 % lets in."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The mix of a resolved recipe as amounts, in units of the anchor's real data and as a trainer sees them.

    Every later generation is taken to be a run of this recipe that continues the one before it: only there are outputs
    old, and `policy.weights` says what age weighs there.
    The planner chooses records; this is what its choice comes to on average. Caps of single strategies, depths and
    domains are not in it, nor are minima, ratios and `ends_on_real`: they move records within these amounts.
    """

    mix: Mix
    synthetic: float
    """Highest synthetic share: cap and floor together."""
    budget: float
    """In anchors; infinite where none is said."""
    fade: float
    """What an output weighs for each generation of its age."""

    @classmethod
    def of(cls, recipe: Recipe, size: int) -> "Plan":
        """`size`: of the anchor's real data, in the unit of its mix. ValueError for a recipe that is not resolved."""
        mix, fade = recipe.mix, recipe.mix.weights.per_generation
        if mix.synthetic_cap is None or mix.real_floor is None or fade is None:
            raise ValueError("the bounds and weights of the mix are not said: `policy.resolved` says them")
        least = max(mix.real_floor, mix.real_share or 0.0)
        synthetic = 1.0 if mix.real == "exclude" else min(mix.synthetic_cap, 1 - least)
        budget = 1.0 if mix.budget == "anchor" else math.inf if mix.budget is None else mix.budget / max(1, size)
        return cls(mix, synthetic, budget, fade)

    @property
    def written(self) -> float:
        """What each generation writes, in anchors: up to the cap; as much as the anchor where nothing caps it."""
        weighed_down = self.mix.real_share is not None and self.mix.real_share > 0
        if self.synthetic == 1 or weighed_down or self.mix.real == "exclude":
            return 1.0
        up_to = self._real_most * self._ratio / self.mix.weights.synthetic
        return min(up_to, _MOST_WRITTEN)

    @property
    def _ratio(self) -> float:
        """Synthetic for each real one, at most."""
        return math.inf if self.synthetic == 1 else self.synthetic / (1 - self.synthetic)

    @property
    def _real_most(self) -> float:
        return 0.0 if self.mix.real == "exclude" else self.mix.epochs * self.mix.weights.real

    def weights(self, generation: int) -> list[float]:
        """Of the outputs that generation `generation` is trained on, the last one's first."""
        held = min(generation - 1, self.mix.generations or generation)
        return [self.mix.weights.synthetic * self.fade**age for age in range(held)]

    def amounts(self, generation: int) -> tuple[float, float]:
        """(real, synthetic) of its training set, weighed."""
        offered = self.written * sum(self.weights(generation))
        if self.mix.real == "exclude":
            return 0.0, min(offered, self.budget)
        once = self.mix.weights.real
        if self.mix.draw == "proportional" and once + offered > self.budget:
            share = min(self.synthetic, offered / (once + offered))
            return min(once, self.budget * (1 - share)), min(offered, self.budget * share)
        most = self._real_most if self.synthetic < 1 else once
        real = max(min(once, self.budget), min(most, self.budget * (1 - self.synthetic)))
        return real, min(real * self._ratio, offered, self.budget - real)

    def diet(self, generation: int) -> Diet:
        """The same as parts of the anchor and of each earlier output; weights are those of a set as long as the anchor.

        A part of the anchor is drawn anew over all of it (runs that continue each other rotate); what is left of an
        older output lies within what was left before.
        """
        real, synthetic = self.amounts(generation)
        weights, whole = self.weights(generation), real + synthetic
        offered = self.written * sum(weights)
        # A least real share by weight leaves every record in.
        kept, lighter = (1.0, synthetic / offered) if self.mix.real_share else (synthetic / offered, 1.0)
        how: How = "drawn" if self.mix.draw == "proportional" else "frozen"
        parts = {
            generation - 1 - age: Part(min(1.0, kept), how, lighter * weight / whole)
            for age, weight in enumerate(weights)
        }
        return Diet(self._anchor(real, whole), parts)

    def _anchor(self, real: float, whole: float) -> Part:
        share = self._drawn(real)
        return Part(real / whole, "weighted") if share in {0, 1} else Part(share, "drawn", real / share / whole)

    def _drawn(self, real: float) -> float:
        """The share of the anchor's records that is in."""
        return min(1.0, real / self.mix.weights.real)

    def assumed(self) -> Iterator[str]:
        """What the forecast takes for granted of this mix, in sentences."""
        real, synthetic = self.amounts(_LATE)
        yield f"{real / (real + synthetic):.0%} of what is trained on is real, from the anchor"
        capped = "" if self.synthetic == 1 or self.mix.real_share else ", as much as the cap lets in"
        yield f"each generation writes {self.written:.2g} times the anchor{capped}"
        kept = {None: "the output of every generation is", 1: "only the last output is"}
        yield f"{kept.get(self.mix.generations, f'the last {self.mix.generations} outputs are')} kept"
        fade = self.weights(3)
        if len(fade) > 1 and fade[1] != fade[0]:
            yield f"an output weighs {fade[1] / fade[0]:.2g} times as much for each generation of its age"
        if 0 < (share := self._drawn(real)) < 1:
            yield f"{share:.0%} of the anchor is drawn each time, anew over all of it"


_LATE = 10
"""The generation that is described."""


def policy_of(recipe: Recipe, size: int) -> Policy:
    """The policy of a resolved recipe, named `this mix`. `size`: of the anchor's real data, in the unit of its mix."""
    plan = Plan.of(recipe, size)
    return Policy(THIS_MIX, plan.diet, plan.written)


def assumed(recipe: Recipe, size: int) -> str:
    """What that takes for granted, in a line."""
    return "; ".join(Plan.of(recipe, size).assumed())
