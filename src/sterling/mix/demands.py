"""What a recipe asks of a mix, one demand at a time, and which records each is about."""

from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.mix.limits import Rules, exact
from sterling.mix.pool import Bools
from sterling.mix.spread import I64, one_array

Kind = Literal["share_at_most", "share_at_least", "at_most", "at_least"]
About = Literal["all", "real", "synthetic", "strategy", "depth", "domain", "cluster", "others"]
OTHERS = ("ratios",)
"""Path of the demand on records of no domain that a file of ratios names: shorter than that of any domain."""


class Demand(NamedTuple):
    """A bound on a part of the mix: on its share, or on its weighted amount."""

    path: tuple[str, ...]
    """Where in the recipe's `mix` it is said."""
    kind: Kind
    value: Fraction
    about: About
    name: str = ""
    """Of the strategy, depth, domain or cluster."""
    words: str = ""
    """That tell a cluster to a person."""

    @property
    def is_target(self) -> bool:
        """Whether it comes from a file of ratios, which whole records meet only within rounding."""
        return self.path[0] == "ratios"


def demands_of(rules: Rules, budget: int | None) -> list[Demand]:
    """Every bound, in the order in which a message names them."""
    return [
        *_sides(rules),
        *([] if budget is None else [Demand(("budget",), "at_most", Fraction(budget), "all")]),
        *(Demand(("caps", c.kind, c.name), "share_at_most", exact(c.share), c.kind, c.name) for c in rules.caps),
        *(
            Demand(("minimum", name), "at_least", Fraction(least), "domain", name)
            for name, least in rules.minimum.items()
        ),
        *(
            Demand(
                ("per_cluster", "least", str(one.number)),
                "at_least",
                Fraction(one.least),
                "cluster",
                str(one.number),
                one.words,
            )
            for one in rules.clusters
        ),
        *_targets(rules.ratios),
    ]


def _sides(rules: Rules) -> Iterator[Demand]:
    if rules.synthetic_cap < 1:
        yield Demand(("synthetic_cap",), "share_at_most", exact(rules.synthetic_cap), "synthetic")
    floors = {"real_floor": rules.real_floor, "real_share": rules.real_share, "ends_on_real": rules.ends_on_real}
    for key, floor in floors.items():
        if floor > 0:
            yield Demand((key,), "share_at_least", exact(floor), "real")


def _targets(ratios: Mapping[str, Fraction]) -> Iterator[Demand]:
    for name, share in ratios.items():
        yield Demand(("ratios", name), "share_at_most", share, "domain", name)
    if ratios:
        yield Demand(OTHERS, "share_at_most", Fraction(0), "others")


def members(candidates: pa.Table, is_real: Bools, demands: Collection[Demand]) -> Bools:
    """Which rows each demand is about: one row of the answer per demand."""
    domains = _domains(candidates, {demand.name for demand in demands if demand.about == "domain"})
    others = ~np.any([domains[d.name] for d in demands if d.is_target and d.about == "domain"] or [~is_real], axis=0)
    depth = np.asarray(candidates.column("depth"), dtype=np.int64)
    found = []
    for demand in demands:
        match demand.about:
            case "all":
                rows = np.ones(len(is_real), dtype=bool)
            case "real" | "synthetic":
                rows = is_real if demand.about == "real" else ~is_real
            case "strategy":
                rows = ~is_real & _named(candidates, demand.name)
            case "depth":
                rows = ~is_real & (depth >= int(demand.name))
            case "domain":
                rows = domains[demand.name]
            case "cluster":
                rows = np.asarray(pc.equal(candidates.column("cluster"), int(demand.name)), dtype=bool)
            case "others":
                rows = others
        found.append(rows)
    return np.array(found, dtype=bool).reshape(len(demands), len(is_real))


def _named(candidates: pa.Table, name: str) -> Bools:
    """Rows that came in by this name: of an anchor, a strategy or a strategy's entry."""
    said = [pc.fill_null(pc.equal(candidates.column(key), name), fill_value=False) for key in ("source", "strategy")]
    return np.asarray(pc.or_(*said), dtype=bool)


def _domains(candidates: pa.Table, names: Collection[str]) -> dict[str, Bools]:
    """Rows that have a tag of this name, or came in by it."""
    listed = sorted(names)
    found = {name: _named(candidates, name) for name in listed}
    if listed:
        tags = one_array(candidates.column("tags"))
        owners: I64 = np.asarray(pc.list_parent_indices(tags), dtype=np.int64)
        at = pc.index_in(pc.list_flatten(tags).cast(pa.string()), value_set=pa.array(listed, pa.string()))
        number = np.asarray(pc.fill_null(at, -1), dtype=np.int64)
        for position, name in enumerate(listed):
            found[name][owners[number == position]] = True
    return found


def domain_names(candidates: pa.Table) -> list[str]:
    """All that a cap, a minimum or a ratio may name here."""
    tags = pc.unique(pc.list_flatten(one_array(candidates.column("tags"))).cast(pa.string())).to_pylist()
    come = [name for key in ("source", "strategy") for name in pc.unique(candidates.column(key)).to_pylist()]
    return sorted({*tags, *come} - {None})
