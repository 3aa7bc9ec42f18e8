"""What imported outcomes say of an arm against its control, paired by unit where both arms had the same ones."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sterling.errors import InputError
from sterling.experiment.effects import LEAST_SEEDS, effect
from sterling.experiment.outcomes import Outcome, Outcomes
from sterling.experiment.verdicts import Claim, Said
from sterling.stats import Evidence, Interval, Z, mean_interval, welch

_PAIRED = 0.5
"""Share of the smaller arm's units that the other one must have, too, for a comparison of pairs."""
Units = Mapping[str, float]
"""Mean loss by unit, over seeds and times."""


class _Found(NamedTuple):
    value: float
    interval: Interval | None
    n: int
    method: str
    pairs: int


def outcome_effects(outcomes: Outcomes, control: str = "real") -> list[Evidence]:
    """`experiment.<arm>.outcomes.<measure>` of each arm but the control: mean difference of losses, below 0 is better.

    Paired where at least half of the smaller arm's units were served by both arms (others are then left out, and
    counted); else between all units of each. Intervals at 95 %: with four seeds or more that all units had, the
    hierarchical bootstrap of `effect`; of 0/1 outcomes Agresti and Min's (Biometrics 61, 2005) for pairs and Agresti
    and Caffo's (American Statistician 54, 2000) otherwise; of numbers Student's and Welch's t. Below four seeds the
    interval is over units alone: how the arm would do if trained again is not in it.

    InputError without the control, or without another arm.
    """
    if control not in outcomes.arms:
        there = ", ".join(f"`{arm}`" for arm in outcomes.arms)
        raise InputError(f"no outcome is of the control `{control}`", mend=f"name one of the arms as control: {there}")
    measures = list(dict.fromkeys(one.measure for one in outcomes.rows))
    arms = [arm for arm in outcomes.arms if arm != control]
    if not arms:
        raise InputError(f"every outcome is of `{control}`: there is no arm to compare", mend="add those of an arm")
    return [_evidence(outcomes, measure, arm, control) for measure in measures for arm in arms]


def _evidence(outcomes: Outcomes, measure: str, arm: str, control: str) -> Evidence:
    mine = [one for one in outcomes.rows if one.measure == measure]
    sides = [[one for one in mine if one.arm == name] for name in (arm, control)]
    found = _compared(sides[0], sides[1], measure in outcomes.binary)
    times = sorted(one.time for side in sides for one in side if one.time)
    inputs = {
        "arm": arm, "control": control, "slice": "all", "task": measure, "pairs": found.pairs,
        "unit": "share of failures" if measure in outcomes.binary else "loss",
        "seeds": len({one.seed for one in sides[0]}), "said": _said(measure, found),
        "units": [len({one.unit for one in side}) for side in sides],
        **({"first": times[0], "last": times[-1]} if times else {}),
    }  # fmt: skip
    name = f"experiment.{arm}.outcomes.{measure}"
    value = None if math.isnan(found.value) else found.value
    return Evidence(name, value, found.n, found.interval, f"imported outcomes; {found.method}", inputs)


def _said(measure: str, found: _Found) -> Said:
    """By the rule that a verdict goes by."""
    if found.interval is None:
        return "undecided"
    return Claim.achieved(measure, found.value, found.interval, found.n).said


def _compared(arm: Sequence[Outcome], control: Sequence[Outcome], binary: bool) -> _Found:
    one, other = _by_unit(arm), _by_unit(control)
    shared = sorted(one.keys() & other.keys())
    if min(len(one), len(other)) < 2:
        what = f"{len(one)} and {len(other)} units; two of each are needed"
        return _Found(math.nan, None, len(one) + len(other), what, len(shared))
    if len(shared) < max(2, _PAIRED * min(len(one), len(other))):
        return _apart(list(one.values()), list(other.values()), binary)
    return _crossed(arm, control, shared) or _pairs([one[unit] - other[unit] for unit in shared], binary)


def _by_unit(side: Sequence[Outcome]) -> Units:
    values: dict[str, list[float]] = {}
    for one in side:
        values.setdefault(one.unit, []).append(one.loss)
    return {unit: math.fsum(losses) / len(losses) for unit, losses in values.items()}


def _crossed(arm: Sequence[Outcome], control: Sequence[Outcome], units: Sequence[str]) -> _Found | None:
    """Seeds x units, where there are enough seeds and each has every unit; seeds of the same name are a pair."""
    seeds = sorted({one.seed for one in arm} & {one.seed for one in control})
    if len(seeds) < LEAST_SEEDS:
        return None
    cells = [{(one.seed, one.unit): one.loss for one in side} for side in (arm, control)]
    if any((seed, unit) not in side for side in cells for seed in seeds for unit in units):
        return None
    losses = [np.array([[side[seed, unit] for unit in units] for seed in seeds]) for side in cells]
    found = effect(losses[0], losses[1])
    method = f"paired by unit and by {len(seeds)} seeds; hierarchical bootstrap, 95 %"
    return _Found(found.value, found.interval, len(units), method, len(units))


def _pairs(differences: Sequence[float], binary: bool) -> _Found:
    n = len(differences)
    value = math.fsum(differences) / n
    if binary and set(differences) <= {-1.0, 0.0, 1.0}:
        moved = [sum(one == sign for one in differences) + 0.5 for sign in (1.0, -1.0)]
        centre = (moved[0] - moved[1]) / (n + 2)
        half = Z * math.sqrt((sum(moved) / (n + 2) - centre**2) / (n + 2))
        method = "paired by unit; Agresti and Min, 95 %"
        return _Found(value, Interval(min(value, centre - half), max(value, centre + half)), n, method, n)
    return _Found(value, mean_interval(differences), n, "paired by unit; Student t 95 %", n)


def _apart(one: Sequence[float], other: Sequence[float], binary: bool) -> _Found:
    n = len(one) + len(other)
    if not binary or not {*one, *other} <= {0.0, 1.0}:
        found = welch(one, other)
        return _Found(found.difference, found.interval, n, "unpaired, both arms' units; Welch's t 95 %", 0)
    value = math.fsum(one) / len(one) - math.fsum(other) / len(other)
    shares = [((math.fsum(side) + 1) / (len(side) + 2), len(side) + 2) for side in (one, other)]
    centre = shares[0][0] - shares[1][0]
    half = Z * math.sqrt(sum(share * (1 - share) / size for share, size in shares))
    interval = Interval(min(value, centre - half), max(value, centre + half))
    return _Found(value, interval, n, "unpaired, both arms' units; Agresti and Caffo, 95 %", 0)
