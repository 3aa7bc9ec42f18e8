"""The smallest difference that an evaluation set can detect between two arms."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from sterling.experiment.outcomes import Outcomes
from sterling.stats import Evidence, student_t_quantile

POWER, ALPHA = 0.8, 0.05
RATES = (0.5, 0.2, 0.05)
"""Shares of failures of the control that it is told for, where none was measured; above a half it is symmetric."""
ALIKE = 0.5
"""Correlation of two arms' outcomes of one item, where none was measured. Models that learnt much of the same agree on
what is easy and what is hard; the more so, the smaller a difference a pair shows."""
_Z = NormalDist()


class Repeats(NamedTuple):
    """How many items of a set say the same."""

    items: int
    groups: int
    """Of items that are equal or nearly so; one that is like no other is a group by itself."""
    effective: float
    """Items that are worth as much: n² / sum of the squared sizes of groups."""

    @classmethod
    def of(cls, sizes: Sequence[int]) -> "Repeats":
        """Of the sizes of groups: Kish's design effect (Survey Sampling, 1965, 8.2) with outcomes alike in a group.

        Where nearly equal items do come out differently the set is worth more than this says.
        """
        items = sum(sizes)
        return cls(items, len(sizes), items**2 / sum(size**2 for size in sizes) if items else 0.0)

    def evidence(self) -> Iterator[Evidence]:
        """`evaluation.items`, `evaluation.effective_items`."""
        method = "items / items after groups of nearly equal ones count by Kish's design effect, alike within a group"
        inputs = {"groups": self.groups, "repeated": self.items - self.groups}
        yield Evidence("evaluation.items", self.items, self.items, None, "rows of the set that are records", inputs)
        yield Evidence("evaluation.effective_items", self.effective, self.items, None, method, inputs)


class Least(NamedTuple):
    """The smallest changes of a failure rate that are told; None where not even the largest possible one is."""

    fall: float | None
    """What an arm must gain at least."""
    rise: float | None


def unpaired_difference(n: float, rate: float) -> Least:
    """Smallest changes of a failure rate told with power .8 at alpha .05 (two-sided), n items in each arm.

    Solves n = (z_a sqrt(2 p q) + z_b sqrt(p1 q1 + p2 q2))² / d², p the mean of both rates (Fleiss, Levin and Paik,
    Statistical Methods for Rates and Proportions, 2003, 4.14). An approximation by the normal: rough below some
    10 expected failures.
    """
    return _both(n, rate, _fleiss)


def paired_difference(n: float, rate: float, alike: float = ALIKE) -> Least:
    """The same where both arms answer the same n items, by McNemar's test.

    Solves n = (z_a sqrt(s) + z_b sqrt(s - d²))² / d², s the share of items on which the arms differ (Connor, Biometrics
    43, 1987), which follows from the correlation of their outcomes: p1 q2 + p2 q1 - 2 r sqrt(p1 q1 p2 q2), and is at
    least d.
    """
    return _both(n, rate, lambda p1, p2: _connor(p1, p2, alike))


def _fleiss(p1: float, p2: float) -> float:
    mean = (p1 + p2) / 2
    return _z(ALPHA) * math.sqrt(2 * mean * (1 - mean)) + _b() * math.sqrt(p1 * (1 - p1) + p2 * (1 - p2))


def _connor(p1: float, p2: float, alike: float) -> float:
    difference = abs(p2 - p1)
    both = p1 * (1 - p2) + p2 * (1 - p1) - 2 * alike * math.sqrt(p1 * (1 - p1) * p2 * (1 - p2))
    discordant = max(difference, both)
    return _z(ALPHA) * math.sqrt(discordant) + _b() * math.sqrt(max(0.0, discordant - difference**2))


def mean_difference(n: float, spread: float, arms: int = 1) -> float | None:
    """Smallest difference of means of losses: (t_a + t_b) spread sqrt(arms / n), Student's t with arms (n - 1) df.

    `spread` is the standard deviation of paired differences (`arms` 1) or of losses within an arm (`arms` 2). None
    below two items.
    """
    if n < 2:
        return None
    df = arms * (n - 1)
    return (student_t_quantile(1 - ALPHA / 2, df) + student_t_quantile(POWER, df)) * spread * math.sqrt(arms / n)


def detectable(repeats: Repeats) -> Iterator[Evidence]:
    """`evaluation.detectable.<paired|unpaired>.<rate>` for outcomes of 0 and 1, on effective items.

    The value is the smallest fall of the failure rate, `rise` in the inputs the smallest rise.
    """
    for rate in RATES:
        yield from _of_rates(repeats, f"{rate:g}", rate, ALIKE, {"measured": False})


def detectable_from(repeats: Repeats, outcomes: Outcomes) -> Iterator[Evidence]:
    """The same from what arms scored on the set: `evaluation.detectable.<paired|unpaired>.<measure>`.

    Of 0/1 outcomes at the first arm's rate and the correlation of the first two arms; of numbers by their spread. Pairs
    need items that both arms have.
    """
    for measure in dict.fromkeys(one.measure for one in outcomes.rows):
        arms = _by_arm(outcomes, measure)
        both = [(arms[0][unit], arms[1][unit]) for unit in arms[0] if unit in arms[1]] if len(arms) > 1 else []
        seen = {"measured": True, "scored": len(arms[0]), "pairs": len(both)}
        if measure in outcomes.binary:
            rate = math.fsum(arms[0].values()) / len(arms[0])
            yield from _of_rates(repeats, measure, rate, _correlation(both), seen)
        else:
            yield from _of_losses(repeats, measure, list(arms[0].values()), both, seen)


def _of_rates(repeats: Repeats, name: str, rate: float, alike: float, seen: Mapping[str, object]) -> Iterator[Evidence]:
    told = f"power {POWER:g}, alpha {ALPHA:g} two-sided"
    inputs = {"rate": rate, "power": POWER, "alpha": ALPHA, "effective": repeats.effective, **seen}
    rows = (
        ("paired", paired_difference(repeats.effective, rate, alike), "same items in both arms; McNemar (Connor 1987)"),
        (
            "unpaired",
            unpaired_difference(repeats.effective, rate),
            "other items in each arm; Fleiss et al. (2003, 4.14)",
        ),
    )
    for kind, found, how in rows:
        more = {"correlation": alike} if kind == "paired" else {}
        method = f"smallest fall of the failure rate that is told, {how}, {told}"
        if found.fall is None:
            method += "; not even a fall to 0 would be told"
        where = f"evaluation.detectable.{kind}.{name}"
        yield Evidence(where, found.fall, repeats.items, None, method, {**inputs, **more, "rise": found.rise})


def _of_losses(
    repeats: Repeats,
    name: str,
    losses: Sequence[float],
    both: Sequence[tuple[float, float]],
    seen: Mapping[str, object],
) -> Iterator[Evidence]:
    samples = {"paired": ([one - other for one, other in both], 1), "unpaired": (losses, 2)}
    for kind, (values, arms) in samples.items():
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        found = None if spread is None else mean_difference(repeats.effective, spread, arms)
        method = f"smallest difference of mean losses, by the spread that was seen; Student t, {kind}, power {POWER:g}"
        if spread is None:
            method = "fewer than two items were scored so"
        inputs = {"power": POWER, "alpha": ALPHA, "effective": repeats.effective, "spread": spread, **seen}
        yield Evidence(f"evaluation.detectable.{kind}.{name}", found, repeats.items, None, method, inputs)


def _by_arm(outcomes: Outcomes, measure: str) -> list[dict[str, float]]:
    found: dict[str, dict[str, list[float]]] = {}
    for one in outcomes.rows:
        if one.measure == measure:
            found.setdefault(one.arm, {}).setdefault(one.unit, []).append(one.loss)
    return [{unit: math.fsum(values) / len(values) for unit, values in arm.items()} for arm in found.values()]


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Pearson's; 0 where either does not vary."""
    if len(pairs) < 3 or min(np.std(column) for column in zip(*pairs, strict=True)) == 0:
        return 0.0
    return float(np.corrcoef(np.array(pairs).T)[0, 1])


def _both(n: float, rate: float, needed: Callable[[float, float], float]) -> Least:
    """The smallest fall and rise from `rate` that n items tell."""

    def enough(sign: int, difference: float) -> bool:
        return difference * math.sqrt(n) >= needed(rate, rate + sign * difference)

    return Least(_least(rate, lambda d: enough(-1, d)), _least(1 - rate, lambda d: enough(1, d)))


def _least(room: float, enough: Callable[[float], bool]) -> float | None:
    """The smallest difference within some room that is enough, by bisection."""
    if room <= 0 or not enough(room * (1 - 1e-9)):
        return None
    low, high = 0.0, room
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _z(alpha: float) -> float:
    return _Z.inv_cdf(1 - alpha / 2)


def _b() -> float:
    return _Z.inv_cdf(POWER)
