"""What a filter does to the tails: whether what is rare survives it as often as under random drops.

Random drops of as many of the judged records treat every group alike: how many of a group they leave is hypergeometric,
which is computed exactly and costs less than a permutation; a permutation is drawn only for the spread of vanished word
types, which are lost together with their records. Under random drops every ratio here is 1. A ratio below 1 is no proof
of harm, for rare records may also be worse; it is the place to look.

All ratios of one check share its 5 %: their intervals are at 1 - 0.05 / looks (Bonferroni), and a ratio's interval
excludes 1 only where the exact test does, too. So random drops exclude 1 anywhere in at most 5 % of all checks, but for
what is approximate: the intervals' other end, and the normal law of vanished types.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sterling.curate.impact.chance import Hypergeometric, Vanished
from sterling.stats import Evidence, Interval, proportion

BANDS = ("common", "usual", "unusual", "rare")
"""Quarters of the records, by how rare their words are."""
GROUPS = ("hapax", "rare_ngrams", "rare_clusters", "rare_tags")
"""Records with a word that no other record has; the quarter whose pairs of neighbouring words stand in no other record
most often; records of the smallest clusters, of 10 % together; records with a tag that 1 % have."""
LEAST = 20
"""Records below which a cluster or a tag says too little."""
_FEW_TYPES = 20
_SURVIVAL = "survival of the group / of the rest; Katz log interval (1978), widened to 1 where the exact test is silent"
_TYPES = "word types kept / kept in the mean under random drops; normal, spread of 200 random drops"


class Survival(NamedTuple):
    """Records of one group before and after a filter."""

    before: int
    after: int


class Weighed(NamedTuple):
    """What one filter let through."""

    whole: Survival
    bands: Mapping[str, Survival]
    """By `BANDS`."""
    groups: Mapping[str, Survival]
    """By `GROUPS`; they overlap."""
    clusters: Mapping[str, Survival]
    tags: Mapping[str, Survival]
    types: Sequence[Vanished] = ()


class _Against(NamedTuple):
    """A group held against all others."""

    subject: str
    whole: Survival
    looks: int


def tail_impact(check: str, of: Weighed, among: str = "") -> Iterator[Evidence]:
    """Shares that survive, and ratios to random drops.

    - `survival.<band>`, `kept.<group>`, `kept.all`: shares, with exact intervals of their own.
    - `rare`, `<group>`, `worst_cluster`, `worst_tag`: survival of the group divided by that of all others.
    - `hapax_types`, `rare_types`: word types that one judged record holds, and two to five, that are still there
      afterwards, divided by how many random drops leave.

    `among` names the records where they are not the generated ones (`anchor`).
    """
    subject = ".".join(part for part in ("tails", check, among) if part)
    named = {"check": check} | ({"among": among} if among else {})
    yield from _shares(subject, of, named)
    kinds = {"cluster": _known(of.clusters, of.whole), "tag": _known(of.tags, of.whole)}
    single = {
        "rare": of.bands.get("rare", Survival(0, 0)),
        **{name: of.groups[name] for name in GROUPS if name in of.groups},
    }
    types = [one for one in of.types if one.types >= _FEW_TYPES]
    against = _Against(subject, of.whole, len(single) + len(types) + sum(len(known) for known in kinds.values()))
    for name, part in single.items():
        yield _ratio(against, name, part, named | {"group": name})
    for kind, known in kinds.items():
        found = [_ratio(against, f"worst_{kind}", known[name], named | {"group": name}) for name in sorted(known)]
        if found:
            yield min(found, key=lambda one: math.inf if one.value is None else one.value)
    yield from (_vanished(against, one, named) for one in types)


def _shares(subject: str, of: Weighed, named: Mapping[str, str]) -> Iterator[Evidence]:
    for band in BANDS:
        part = of.bands.get(band, Survival(0, 0))
        yield _share(f"{subject}.survival.{band}", part, f"{band} records that the check did not drop", named)
    yield _share(f"{subject}.kept.all", of.whole, "all judged records: what random drops leave of any group", named)
    for name in GROUPS:
        if name in of.groups:
            yield _share(
                f"{subject}.kept.{name}", of.groups[name], f"records of group {name} that were not dropped", named
            )


def _share(name: str, part: Survival, method: str, named: Mapping[str, str]) -> Evidence:
    return proportion(name, part.after, part.before, method, **named)


def _known(groups: Mapping[str, Survival], whole: Survival) -> dict[str, Survival]:
    return {name: part for name, part in groups.items() if LEAST <= part.before < whole.before}


def _ratio(against: _Against, name: str, part: Survival, named: Mapping[str, str]) -> Evidence:
    """Where all or none survive, half a record is taken for the other side, so that chance still has a width."""
    subject, whole, looks = against
    rest = Survival(whole.before - part.before, whole.after - part.after)
    method = f"{_SURVIVAL}; 95 % for {looks} looks"
    if not part.before or not rest.before or not rest.after:
        return Evidence(f"{subject}.{name}", None, part.before, None, f"{method}; nothing to compare", named)
    value = (part.after / part.before) / (rest.after / rest.before)
    tail = 0.025 / looks
    chance = Hypergeometric(whole.before, whole.after, part.before)
    p = chance.at_most(part.after)
    interval = _katz(part, rest, tail)
    high = max(interval.high, value, 1.0 if p > tail else 0.0)
    told = {
        **named, "p": p, "looks": looks, "judged": whole.before, "dropped": whole.before - whole.after,
        "random": [_as_ratio(chance.quantile(q), part.before, whole) for q in (tail, 1 - tail)],
    }  # fmt: skip
    return Evidence(f"{subject}.{name}", value, part.before, Interval(min(interval.low, value), high), method, told)


def _katz(part: Survival, rest: Survival, tail: float) -> Interval:
    a, b = _inside(part), _inside(rest)
    spread = math.sqrt(1 / a - 1 / part.before + 1 / b - 1 / rest.before)
    middle = (a / part.before) / (b / rest.before)
    z = normal_quantile(1 - tail)
    return Interval(middle * math.exp(-z * spread), middle * math.exp(z * spread))


def _inside(part: Survival) -> float:
    return min(max(part.after, 0.5), part.before - 0.5)


def _as_ratio(after: int, group: int, whole: Survival) -> float | None:
    """None where the rest would be gone."""
    rest = (whole.after - after) / (whole.before - group)
    return (after / group) / rest if rest else None


def _vanished(against: _Against, one: Vanished, named: Mapping[str, str]) -> Evidence:
    """An interval around what is seen, as wide as chance; with at least one type of spread where types are few."""
    subject, whole, looks = against
    left = one.types - one.expected
    value = (one.types - one.lost) / left if left else None
    told = {
        **named, "group": one.band, "lost": one.lost, "expected": round(one.expected, 1), "types": one.types,
        "looks": looks, "judged": whole.before, "dropped": whole.before - whole.after,
    }  # fmt: skip
    name = f"{subject}.{one.band}"
    if value is None:
        return Evidence(name, None, one.types, None, f"{_TYPES}; random drops leave none", told)
    half = normal_quantile(1 - 0.025 / looks) * max(one.spread, 1.0) / left
    interval = Interval(max(0.0, value - half), value + half)
    return Evidence(name, value, one.types, interval, f"{_TYPES}; 95 % for {looks} looks", told)


def normal_quantile(p: float) -> float:
    """The value below which a standard normal variable falls with probability p >= 0.5."""
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 * math.erfc(-middle / math.sqrt(2)) < p else (low, middle)
    return (low + high) / 2
