"""Demands on a mix: every one holds on whole records, and a conflict is claimed only where there is one."""

from fractions import Fraction
from itertools import chain, combinations
from typing import Any

import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.mix.test_planning import row, table

from sterling.mix import Cap, Infeasible, MixPlan, Rules, plan

TAGS = ("x", "y")


def one(number: int, side: str, size: int, tags: list[str], depth: int = 1, age: int = 0, drawn: int = 0) -> Any:
    made = side != "human"
    source = "tickets" if side == "human" else side
    return row(number, size, "synthetic" if made else "human") | {
        "tags": tags, "source": source, "strategy": side if made else None, "depth": depth if made else 0,
        "age": age if made else 0, "drawn": 0 if made else drawn,
    }  # fmt: skip


records = st.tuples(
    st.sampled_from(["human", "human", "evolve", "rephrase"]),
    st.integers(1, 9),
    st.lists(st.sampled_from(TAGS), unique=True),
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(0, 2),
)
pools = st.lists(records, min_size=1, max_size=40).map(lambda found: table([one(i, *r) for i, r in enumerate(found)]))
tiny = st.lists(records, min_size=1, max_size=7).map(lambda found: table([one(i, *r) for i, r in enumerate(found)]))
tenths = st.integers(0, 10).map(lambda n: n / 10)
caps = st.lists(
    st.builds(Cap, st.just("strategy"), st.sampled_from(["evolve", "rephrase"]), tenths)
    | st.builds(Cap, st.just("domain"), st.sampled_from(["tickets", "evolve", *TAGS]), tenths)
    | st.builds(Cap, st.just("depth"), st.sampled_from(["1", "2", "3"]), tenths),
    max_size=3,
).map(tuple)
rules = st.builds(
    Rules,
    synthetic_cap=st.sampled_from([0.3, 0.5, 1.0]),
    real_floor=st.sampled_from([0.0, 0.1, 0.6]),
    budget=st.none() | st.integers(1, 150),
    caps=caps,
    minimum=st.dictionaries(st.sampled_from([*TAGS, "evolve"]), st.integers(1, 40), max_size=2),
    epochs=st.integers(1, 4),
    draw=st.sampled_from(["real_first", "proportional"]),
    per_depth=st.sampled_from([1.0, 0.5]),
    per_generation=st.sampled_from([1.0, 0.3]),
    weights=st.sampled_from([(1.0, 1.0), (2.0, 0.5)]),
    ends_on_real=st.sampled_from([0.0, 0.2]),
)


def concerned(record: dict[str, Any], kind: str, name: str) -> bool:
    """Whether a record counts for a cap of this kind and name, said anew."""
    made = record["origin"] != "human"
    if kind == "strategy":
        return bool(made and name in {record["strategy"], record["source"]})
    if kind == "depth":
        return bool(made and record["depth"] >= int(name))
    return name in set[str]([*record["tags"], record["strategy"], record["source"]])


def seen(candidates: pa.Table, weights: dict[str, Fraction]) -> list[tuple[dict[str, Any], Fraction]]:
    return [(r, r["tokens"] * weights[r["id"]]) for r in candidates.to_pylist() if r["id"] in weights]


def holds(given_rules: Rules, mix: list[tuple[dict[str, Any], Fraction]]) -> bool:
    """Every demand, in exact arithmetic, and that there is something."""
    total = sum(amount for _, amount in mix)
    real = sum(amount for r, amount in mix if r["origin"] == "human")
    exact = {cap: Fraction(str(cap.share)) for cap in given_rules.caps}
    return (
        total > 0
        and total - real <= Fraction(str(given_rules.synthetic_cap)) * total
        and real >= Fraction(str(max(given_rules.real_floor, given_rules.ends_on_real))) * total
        and (not isinstance(given_rules.budget, int) or total <= given_rules.budget)
        and all(sum(a for r, a in mix if concerned(r, c.kind, c.name)) <= s * total for c, s in exact.items())
        and all(sum(a for r, a in mix if concerned(r, "domain", n)) >= m for n, m in given_rules.minimum.items())
    )


def weights_of(made: MixPlan) -> dict[str, Fraction]:
    return {row["id"]: Fraction(str(row["weight"])) for row in made.chosen.to_pylist()}


@given(pools, rules, st.integers(0, 2))
@settings(max_examples=250)
def test_every_demand_holds_exactly(candidates: pa.Table, given_rules: Rules, seed: int) -> None:
    try:
        made = plan(candidates, given_rules, seed=seed)
    except Infeasible as found:
        event("proved" if found.proved else "not found")
        return
    event("planned")
    weights = weights_of(made)
    if weights or given_rules.solved:
        assert holds(given_rules, seen(candidates, weights))
    for r in candidates.to_pylist():
        weight = weights.get(r["id"])
        if weight is not None and r["origin"] == "human":
            once = Fraction(str(given_rules.weights[0]))
            assert once <= weight <= once * given_rules.epochs
        elif weight is not None:
            told = Fraction(str(given_rules.weights[1]))
            told *= Fraction(str(given_rules.per_depth)) ** (r["depth"] - 1)
            assert abs(weight - told * Fraction(str(given_rules.per_generation)) ** r["age"]) < Fraction(1, 10**6)
    left = made.left_out.column("record").to_pylist()
    assert sorted([*weights, *left]) == sorted(candidates.column("id").to_pylist())


@given(tiny, rules)
@settings(max_examples=150)
def test_a_conflict_is_claimed_only_where_there_is_one(candidates: pa.Table, given_rules: Rules) -> None:
    rows = candidates.to_pylist()
    try:
        plan(candidates, given_rules)
    except Infeasible as found:
        if not found.proved:
            return
        event("proved")
        once = {r["id"]: _weight(given_rules, r) for r in rows}
        for chosen in chain.from_iterable(combinations(rows, n) for n in range(1, len(rows) + 1)):
            for often in {1, given_rules.epochs}:
                mix = [(r, r["tokens"] * once[r["id"]] * (often if r["origin"] == "human" else 1)) for r in chosen]
                assert not holds(given_rules, mix)


def test_what_fits_exactly_fits_with_rounded_weights() -> None:
    """With 500 of 500 synthetic tokens at 30 %, 1,000 real ones are seen 1.1666... times."""
    many = [one(i, "human", 10, []) for i in range(100)] + [one(100 + i, "evolve", 10, []) for i in range(50)]
    made = plan(table(many), Rules(synthetic_cap=0.3, epochs=4))
    assert (made.chosen.num_rows, made.left_out.num_rows) == (150, 0)


def _weight(given_rules: Rules, record: dict[str, Any]) -> Fraction:
    real, synthetic = (Fraction(str(weight)) for weight in given_rules.weights)
    if record["origin"] == "human":
        return real
    steps, years = int(record["depth"]) - 1, int(record["age"])
    return (
        synthetic * Fraction(str(given_rules.per_depth)) ** steps * Fraction(str(given_rules.per_generation)) ** years
    )
