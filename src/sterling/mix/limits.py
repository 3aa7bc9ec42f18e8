"""How much synthetic data a given amount of real data allows, in exact arithmetic."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

Unit = Literal["tokens", "records"]
Bound = Literal["synthetic_cap", "real_floor", "budget"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the recipe says about the mix. ValueError for what is no share, no budget or no weight."""

    real: Literal["include", "exclude"] = "include"
    """`exclude` where the real data may not leave the house. The shares then have no real part to lean on, so anything
    synthetic needs a cap of 1 and a floor of 0."""
    synthetic_cap: float = 1.0
    """Largest share of everything that is not real."""
    real_floor: float = 0.0
    """Smallest share of real data."""
    unit: Unit = "tokens"
    """What shares and budget are counted in."""
    budget: int | None = None
    """Size of the whole mix, in weighted units; None means no limit."""
    weights: tuple[float, float] = (1.0, 1.0)
    """How often a trainer sees a real and a synthetic record; shares are of what it sees."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not (0 <= self.synthetic_cap <= 1 and 0 <= self.real_floor <= 1):
            raise ValueError("synthetic_cap and real_floor are shares between 0 and 1")
        if min(self.weights) <= 0 or (self.budget is not None and self.budget < 0):
            raise ValueError("weights are above 0 and a budget is not below 0")


class Limit(NamedTuple):
    """The most that may be taken, and what says so."""

    allowed: int | None
    """In units before weighting; None means no limit."""
    bound: Bound | None
    """The tightest limit; None when there is none."""


def real_limit(rules: Rules) -> Limit:
    """How much of the anchor fits: all of it, unless the budget is smaller."""
    if rules.budget is None:
        return Limit(None, None)
    return Limit(int(rules.budget / _exact(rules.weights[0])), "budget")


def synthetic_limit(rules: Rules, real: int) -> Limit:
    """How much synthetic data `real` chosen units of real data allow.

    With weighted amounts R and S: S/(R+S) <= cap gives S <= R*cap/(1-cap), R/(R+S) >= floor gives
    S <= R*(1-floor)/floor, and the budget gives S <= budget - R. The smallest decides; on a tie the first named.
    """
    weight_real, weight_synthetic = (_exact(w) for w in rules.weights)
    anchor = real * weight_real
    cap, floor = _exact(rules.synthetic_cap), _exact(rules.real_floor)
    bounds: list[tuple[Fraction, Bound]] = []
    if cap < 1:
        bounds.append((anchor * cap / (1 - cap), "synthetic_cap"))
    if floor > 0:
        bounds.append((anchor * (1 - floor) / floor, "real_floor"))
    if rules.budget is not None:
        bounds.append((max(rules.budget - anchor, Fraction(0)), "budget"))
    if not bounds:
        return Limit(None, None)
    most, bound = min(bounds, key=lambda b: b[0])
    return Limit(int(most / weight_synthetic), bound)


def share(part: int, weight: float, rest: int, rest_weight: float) -> float | None:
    """The weighted share of `part`, correctly rounded, so that a cap that is met exactly is not seen as exceeded."""
    mine, others = part * _exact(weight), rest * _exact(rest_weight)
    return float(mine / (mine + others)) if mine + others else None


def _exact(value: float) -> Fraction:
    """The number that was written: 0.3 is three tenths, not the nearest binary fraction."""
    return Fraction(str(value))
