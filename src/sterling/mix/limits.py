"""How much synthetic data a given amount of real data allows, in exact arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NamedTuple

Unit = Literal["tokens", "records"]
Bound = Literal["synthetic_cap", "real_floor", "budget"]
CapKind = Literal["strategy", "depth", "domain"]


class Cap(NamedTuple):
    """The largest share that a part of the mix may have."""

    kind: CapKind
    name: str
    """Of a strategy or its entry; a depth, meaning it and all deeper; a tag, an anchor's or a strategy's name."""
    share: float


class ClusterLeast(NamedTuple):
    """The least weighted amount of the records that lie in one cluster of topics."""

    number: int
    words: str
    """That tell the cluster to a person."""
    least: int


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
    budget: int | Literal["anchor"] | None = None
    """Size of the whole mix, in weighted units; `anchor` is that of the real candidates; None means no limit."""
    weights: tuple[float, float] = (1.0, 1.0)
    """How often a trainer sees a real and a synthetic record; shares are of what it sees."""
    caps: tuple[Cap, ...] = ()
    minimum: Mapping[str, int] = field(default_factory=dict)
    """Least weighted amount by tag, anchor or strategy."""
    clusters: tuple[ClusterLeast, ...] = ()
    """Least weighted amounts by cluster; candidates then have a column `cluster`."""
    ratios: Mapping[str, Fraction] = field(default_factory=dict)
    """Target shares by tag, anchor or strategy; they sum to 1. Empty means none."""
    epochs: int = 1
    """How often a real record may be seen, beyond which repeating is no help."""
    draw: Literal["real_first", "proportional"] = "real_first"
    per_depth: float = 1.0
    """Factor on a synthetic record's weight for each step of depth beyond the first."""
    per_generation: float = 1.0
    """Factor on a synthetic record's weight for each generation of its age."""
    generations: int | None = None
    """Synthetic records of this age and older stay out; None means that none does for its age."""
    real_share: float = 0.0
    """Least real share that weights of synthetic records are lowered for."""
    ends_on_real: float = 0.0
    """Share at the end of the mix that holds real records alone."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        shares = [self.synthetic_cap, self.real_floor, self.real_share, self.ends_on_real]
        shares += [cap.share for cap in self.caps]
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError("synthetic_cap, real_floor and the other shares are between 0 and 1")
        if min(*self.weights, self.per_depth, self.per_generation) <= 0:
            raise ValueError("weights are above 0")
        if isinstance(self.budget, int) and self.budget < 0:
            raise ValueError("a budget is not below 0")
        if self.epochs < 1:
            raise ValueError("a real record is seen at least once: epochs is not below 1")

    @property
    def solved(self) -> bool:
        """Whether shares have to be solved for: more is asked than a cap, a floor and a budget."""
        return bool(self.caps or self.minimum or self.clusters or self.ratios) or self.epochs > 1

    @property
    def floor(self) -> float:
        """The real share below which the mix may not fall, whatever asks for it."""
        return max(self.real_floor, self.real_share, self.ends_on_real)


class Limit(NamedTuple):
    """The most that may be taken, and what says so."""

    allowed: int | None
    """In units before weighting; None means no limit."""
    bound: Bound | None
    """The tightest limit; None when there is none."""
    most: Fraction | None = None
    """The same weighted and exact."""


def proportional_limit(rules: Rules, budget: Fraction, real: Fraction, synthetic: Fraction) -> Fraction:
    """How much of a budget goes to real data when each part is drawn by its weighted size, as far as the caps allow.

    The rest is for synthetic data; where both parts together are no more than the budget, all of the real data fits.
    """
    if real + synthetic <= budget:
        return real
    least = max(exact(rules.floor), 1 - exact(rules.synthetic_cap), real / (real + synthetic))
    return min(budget * least, real)


def synthetic_limit(rules: Rules, anchor: Fraction, budget: int | None = None) -> Limit:
    """How much synthetic data `anchor`, a weighted amount of chosen real data, allows.

    With weighted amounts R and S: S/(R+S) <= cap gives S <= R*cap/(1-cap), R/(R+S) >= floor gives
    S <= R*(1-floor)/floor, and the budget gives S <= budget - R. The smallest decides; on a tie the first named.
    """
    cap, floor = exact(rules.synthetic_cap), exact(rules.floor)
    bounds: list[tuple[Fraction, Bound]] = []
    if cap < 1:
        bounds.append((anchor * cap / (1 - cap), "synthetic_cap"))
    if floor > 0:
        bounds.append((anchor * (1 - floor) / floor, "real_floor"))
    if budget is not None:
        bounds.append((max(budget - anchor, Fraction(0)), "budget"))
    if not bounds:
        return Limit(None, None)
    most, bound = min(bounds, key=lambda b: b[0])
    return Limit(int(most / exact(rules.weights[1])), bound, most)


def exact(value: float) -> Fraction:
    """The number that was written: 0.3 is three tenths, not the nearest binary fraction."""
    return Fraction(str(value))
