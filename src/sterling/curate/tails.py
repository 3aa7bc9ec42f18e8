"""What a filter does to the tails: whether rare records survive it as often as the others.

A filter that dropped at random would treat every band alike, so its ratio would be 1. The interval says what chance
alone makes of that. A ratio below 1 is no proof of harm, for rare records may also be worse; it is the place to look.
"""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sterling.stats import Evidence, Interval, proportion

BANDS = ("common", "usual", "unusual", "rare")
"""Quarters of the judged records, by how rare their words are."""
_LEAST = 20
"""Records below which a cluster or a tag says too little."""


class Survival(NamedTuple):
    """Records of one group before and after a filter."""

    before: int
    after: int


def band_survival(check: str, bands: Mapping[str, Survival]) -> Iterator[Evidence]:
    """Survival in each band, and of the rarest against the others."""
    for band in BANDS:
        part = bands.get(band, Survival(0, 0))
        method = f"{band} records that the check did not drop"
        yield proportion(f"tails.{check}.survival.{band}", part.after, part.before, method, check=check)
    rare = bands.get("rare", Survival(0, 0))
    rest = _total({band: part for band, part in bands.items() if band != "rare"})
    yield _ratio(f"tails.{check}.rare", rare, rest, 1, {"check": check, "group": "rare"})


def worst_group(check: str, kind: str, groups: Mapping[str, Survival]) -> Iterator[Evidence]:
    """The cluster or tag that survives least against all others; its interval allows for the choice (Bonferroni)."""
    whole = _total(groups)
    known = {name: part for name, part in groups.items() if part.before >= _LEAST and part.before < whole.before}
    found = [
        _ratio(f"tails.{check}.worst_{kind}", part, _less(whole, part), len(known), {"check": check, "group": name})
        for name, part in sorted(known.items())
    ]
    if found:
        yield min(found, key=lambda one: math.inf if one.value is None else one.value)


def _ratio(name: str, part: Survival, rest: Survival, looks: int, inputs: Mapping[str, str]) -> Evidence:
    """Survival of a group divided by that of the rest (Katz et al., Biometrics 34, 1978: the log interval).

    Where all or none survive, half a record is taken for the other side, so that chance still has a width.
    """
    method = f"survival of the group / of the rest; Katz log interval, 95 %, for {looks} looks"
    if not part.before or not rest.before or not rest.after:
        return Evidence(name, None, part.before, None, f"{method}; nothing to compare", inputs)
    value = (part.after / part.before) / (rest.after / rest.before)
    a, b = _inside(part), _inside(rest)
    spread = math.sqrt(1 / a - 1 / part.before + 1 / b - 1 / rest.before)
    middle = (a / part.before) / (b / rest.before)
    z = _normal_quantile(1 - 0.025 / looks)
    interval = Interval(middle * math.exp(-z * spread), middle * math.exp(z * spread))
    interval = Interval(min(interval.low, value), max(interval.high, value))
    return Evidence(name, value, part.before, interval, method, inputs)


def _inside(part: Survival) -> float:
    return min(max(part.after, 0.5), part.before - 0.5)


def _total(groups: Mapping[str, Survival]) -> Survival:
    return Survival(sum(p.before for p in groups.values()), sum(p.after for p in groups.values()))


def _less(whole: Survival, part: Survival) -> Survival:
    return Survival(whole.before - part.before, whole.after - part.after)


def _normal_quantile(p: float) -> float:
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 * math.erfc(-middle / math.sqrt(2)) < p else (low, middle)
    return (low + high) / 2
