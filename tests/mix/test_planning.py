"""The mix: shares that hold exactly, a choice that covers what there is, and a verdict for everything left out."""

import random
from fractions import Fraction
from typing import Any, Literal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.mix import ClusterLeast, Infeasible, MixPlan, Rules
from sterling.mix import plan as plan_by
from sterling.records import VERDICT_SCHEMA, digest, verdicts_of

SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("tokens", pa.int64()), ("origin", pa.string()), ("strategy", pa.string()),
        ("tags", pa.list_(pa.string())), ("depth", pa.int32()), ("source", pa.string()), ("age", pa.int64()),
        ("drawn", pa.int64()),
    ]
)  # fmt: skip


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def plan(candidates: pa.Table, *, seed: int = 0, **rules: Any) -> MixPlan:
    return plan_by(candidates, Rules(**rules), seed=seed)


def row(number: int, tokens: int = 10, origin: str = "synthetic", cell: str = "a") -> dict[str, Any]:
    real = origin == "human"
    return {
        "id": digest(str(number)), "tokens": tokens, "origin": origin, "strategy": None if real else "traces",
        "tags": [f"cell:{cell}", "task:t"], "depth": 0 if real else 1, "source": "a" if real else "made", "age": 0,
        "drawn": 0,
    }  # fmt: skip


def amounts(candidates: pa.Table, made: MixPlan, unit: str) -> tuple[int, int]:
    """Real and other units in the mix."""
    chosen = set(made.chosen.column("id").to_pylist())
    real = other = 0
    for r in candidates.to_pylist():
        if r["id"] in chosen:
            size = r["tokens"] if unit == "tokens" else 1
            real, other = (real + size, other) if r["origin"] == "human" else (real, other + size)
    return real, other


def evidence(made: MixPlan) -> dict[str, Any]:
    return {e.name: e for e in made.evidence}


rows_of_any_kind = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["human", "synthetic", "mixed", "unknown"]), st.sampled_from("abcd")),
    max_size=60,
).map(lambda drawn: table([row(i, *one) for i, one in enumerate(drawn)]))
shares = st.integers(0, 20).map(lambda n: n / 20)
units: st.SearchStrategy[Literal["tokens", "records"]] = st.sampled_from(["tokens", "records"])
weights = st.sampled_from([(1.0, 1.0), (2.0, 1.0), (1.0, 3.0), (0.5, 0.3)])


@given(rows_of_any_kind, shares, shares, units, st.none() | st.integers(0, 600), weights, st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_cap_floor_and_budget_hold_exactly_and_everything_adds_up(
    candidates: pa.Table,
    cap: float,
    floor: float,
    unit: Literal["tokens", "records"],
    budget: int | None,
    weight: tuple[float, float],
    seed: int,
) -> None:
    made = plan(
        candidates, synthetic_cap=cap, real_floor=floor, unit=unit, budget=budget, weights=weight, seed=seed
    )  # fmt: skip
    real, other = amounts(candidates, made, unit)
    seen_real, seen_other = real * Fraction(str(weight[0])), other * Fraction(str(weight[1]))
    assert seen_other <= Fraction(str(cap)) * (seen_real + seen_other)
    assert seen_real >= Fraction(str(floor)) * (seen_real + seen_other)
    assert budget is None or seen_real + seen_other <= budget
    chosen, left = made.chosen.column("id").to_pylist(), made.left_out.column("record").to_pylist()
    assert sorted(chosen + left) == sorted(candidates.column("id").to_pylist())
    value = evidence(made)["mix.share.synthetic"].value
    assert value is None or value <= cap
    assert evidence(made)[f"mix.{unit}"].value == real + other


@given(rows_of_any_kind, shares, units, st.none() | st.integers(0, 600), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_plan_does_not_depend_on_the_order_of_rows(
    candidates: pa.Table, cap: float, unit: Literal["tokens", "records"], budget: int | None, rng: random.Random
) -> None:
    shuffled = candidates.to_pylist()
    rng.shuffle(shuffled)
    for r in shuffled:
        rng.shuffle(r["tags"])
    one = plan(candidates, synthetic_cap=cap, unit=unit, budget=budget, seed=1)
    other = plan(table(shuffled), synthetic_cap=cap, unit=unit, budget=budget, seed=1)
    assert one.chosen.equals(other.chosen)
    assert one.left_out.equals(other.left_out)
    assert [e.to_json() for e in one.evidence] == [e.to_json() for e in other.evidence]


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=80), st.integers(1, 80), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_every_cell_gets_one_before_any_gets_two(cells: list[str], allowed: int, seed: int) -> None:
    candidates = table([row(i, cell=cell) for i, cell in enumerate(cells)])
    made = plan(candidates, unit="records", budget=allowed, seed=seed)
    cell_of = {r["id"]: r["tags"][0] for r in candidates.to_pylist()}
    taken = [cell_of[i] for i in made.chosen.column("id").to_pylist()]
    available = {f"cell:{c}": cells.count(c) for c in cells}
    assert len(taken) == min(allowed, len(cells))
    for cell, size in available.items():
        most = max(taken.count(c) for c in available)
        assert taken.count(cell) >= min(size, most - 1)
    covered = evidence(made)["mix.cells.covered"]
    assert (covered.value, covered.inputs["available"]) == (len(set(taken)), len(available))


def test_the_choice_depends_on_the_seed() -> None:
    candidates = table([row(i) for i in range(100)])
    chosen = [set(plan(candidates, budget=100, seed=s).chosen.column("id").to_pylist()) for s in range(3)]
    assert all(len(c) == 10 for c in chosen)
    assert chosen[0] != chosen[1] != chosen[2]


def test_the_anchor_is_whole_and_the_rest_fills_the_cap() -> None:
    candidates = table([row(i, origin="human") for i in range(70)] + [row(100 + i) for i in range(50)])
    made = plan(candidates, synthetic_cap=0.3, real_floor=0.1)
    assert amounts(candidates, made, "tokens") == (700, 300)
    found = evidence(made)
    assert (found["mix.share.real"].value, found["mix.share.synthetic"].value) == (0.7, 0.3)
    assert found["mix.share.synthetic"].inputs["unweighted"] == 0.3
    assert (found["mix.cap.allowed"].value, found["mix.cap.allowed"].inputs["limit"]) == (300.0, "synthetic_cap")
    (verdict, *_) = verdicts_of(made.left_out)
    assert made.left_out.schema.equals(VERDICT_SCHEMA)
    assert (verdict.outcome, verdict.check, verdict.reason, verdict.family) == ("drop", "mix", "over_cap", "policy")
    assert verdict.evidence == {"limit": "synthetic_cap", "unit": "tokens", "allowed": 300}


def test_the_floor_may_bind_first() -> None:
    candidates = table([row(0, origin="human")] + [row(1 + i) for i in range(9)])
    made = plan(candidates, synthetic_cap=0.9, real_floor=0.5)
    assert amounts(candidates, made, "tokens") == (10, 10)
    assert evidence(made)["mix.cap.allowed"].inputs["limit"] == "real_floor"
    assert {v.evidence["limit"] for v in verdicts_of(made.left_out)} == {"real_floor"}


def test_a_limit_that_kept_nothing_out_is_not_named() -> None:
    candidates = table([row(i, origin="human") for i in range(70)] + [row(100 + i) for i in range(29)])
    found = evidence(plan(candidates, synthetic_cap=0.3, real_floor=0.1, budget=1000))["mix.cap.allowed"]
    assert (found.value, found.inputs["limit"]) == (300.0, None)
    assert evidence(plan(candidates, budget=600))["mix.cap.allowed"].inputs["limit"] == "budget"
    solved = plan(candidates, synthetic_cap=0.3, minimum={"a": 10})
    assert evidence(solved)["mix.cap.allowed"].inputs["limit"] is None


def test_mixed_and_unknown_count_against_the_cap() -> None:
    origins = ["human"] * 10 + ["mixed"] * 10 + ["unknown"] * 10 + ["synthetic"] * 10
    candidates = table([row(i, origin=o) for i, o in enumerate(origins)])
    made = plan(candidates, synthetic_cap=0.5)
    assert amounts(candidates, made, "tokens") == (100, 100)


def test_without_real_data_nothing_synthetic_enters_and_the_evidence_says_so() -> None:
    candidates = table([row(i, tokens=i) for i in range(5)])
    made = plan(candidates, synthetic_cap=0.5)
    assert made.chosen.num_rows == 0
    assert {v.reason for v in verdicts_of(made.left_out)} == {"over_cap"}
    assert evidence(made)["mix.cap.allowed"].method == (
        "there is no real data in the mix, so synthetic_cap lets nothing synthetic in"
    )
    assert evidence(made)["mix.share.real"].value is None


def test_without_cap_floor_and_budget_everything_enters() -> None:
    candidates = table([row(i) for i in range(5)])
    made = plan(candidates)
    assert (made.chosen.num_rows, made.left_out.num_rows) == (5, 0)
    assert evidence(made)["mix.cap.allowed"].value is None


def test_a_budget_cuts_the_anchor_last() -> None:
    candidates = table([row(i, origin="human", cell="ab"[i % 2]) for i in range(10)] + [row(20 + i) for i in range(10)])
    made = plan(candidates, budget=60)
    assert amounts(candidates, made, "tokens") == (60, 0)
    assert {v.reason for v in verdicts_of(made.left_out)} == {"over_budget"}
    assert amounts(candidates, plan(candidates, budget=130), "tokens") == (100, 30)


def test_excluded_real_records_say_so() -> None:
    candidates = table([row(0, origin="human"), row(1)])
    made = plan(candidates, real="exclude")
    assert amounts(candidates, made, "tokens") == (0, 10)
    (verdict,) = verdicts_of(made.left_out)
    assert (verdict.reason, verdict.evidence) == ("real_excluded", {"limit": "real", "unit": "tokens"})


def test_a_record_that_does_not_fit_is_passed_over_for_a_smaller_one() -> None:
    sizes = [100, 90, 5, 4, 3]
    candidates = table([row(i, tokens=t) for i, t in enumerate(sizes)])
    for seed in range(5):
        assert amounts(candidates, plan(candidates, budget=12, seed=seed), "tokens") == (0, 12)


def test_weights_go_into_shares_and_beside_each_record() -> None:
    candidates = table([row(i, origin="human") for i in range(10)] + [row(20 + i) for i in range(50)])
    made = plan(candidates, synthetic_cap=0.5, weights=(2.0, 0.5))
    assert amounts(candidates, made, "tokens") == (100, 400)
    assert evidence(made)["mix.share.synthetic"].value == 0.5
    weight = dict(zip(made.chosen.column("id").to_pylist(), made.chosen.column("weight").to_pylist(), strict=True))
    assert {weight[digest(str(i))] for i in range(10)} == {2.0}
    assert sorted(set(weight.values())) == [0.5, 2.0]


def test_parts_of_the_mix_sum_to_one() -> None:
    candidates = table([row(i, origin="human") for i in range(7)] + [row(20 + i) for i in range(3)])
    found = evidence(plan(candidates))
    assert (found["mix.strategy.anchor"].value, found["mix.strategy.traces"].value) == (0.7, 0.3)
    assert (found["mix.depth.0"].value, found["mix.depth.1"].value) == (0.7, 0.3)


def test_chunks_and_no_rows_at_all_are_fine() -> None:
    candidates = table([row(i, origin="human") for i in range(7)] + [row(20 + i) for i in range(3)])
    pieces = pa.concat_tables([candidates.slice(0, 2), candidates.slice(2, 5), candidates.slice(7)])
    assert plan(pieces).chosen.equals(plan(candidates).chosen)
    empty = plan(candidates.slice(0, 0), synthetic_cap=0.3)
    assert (empty.chosen.num_rows, empty.left_out.num_rows) == (0, 0)


@pytest.mark.parametrize(
    "wrong", [{"synthetic_cap": 1.5}, {"real_floor": -0.1}, {"weights": (0.0, 1.0)}, {"budget": -1}]
)
def test_what_is_no_share_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="0"):
        plan(table([]), **wrong)


def test_each_cluster_has_its_minimum_or_the_one_that_cannot_is_named() -> None:
    rows = [row(i, origin="human") for i in range(100)]
    clusters = pa.array([0 if i < 95 else 1 for i in range(100)], pa.int64())
    candidates = table(rows).append_column("cluster", clusters)
    two = tuple(ClusterLeast(number, "boat, sail", 50) for number in (0, 1))
    found = evidence(plan(candidates, budget=100, clusters=two))
    assert [found[f"mix.minimum.cluster:{number}"].value for number in (0, 1)] == [50.0, 50.0]
    assert found["mix.minimum.cluster:1"].inputs["words"] == "boat, sail"
    with pytest.raises(Infeasible) as caught:
        plan(candidates, clusters=(ClusterLeast(1, "boat, sail", 60),))
    (conflict,) = caught.value.conflicts
    assert conflict.demand.path == ("per_cluster", "least", "1")
    assert (conflict.demand.words, conflict.needed) == ("boat, sail", Fraction(50))
