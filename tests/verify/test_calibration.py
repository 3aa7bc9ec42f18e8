import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.stats import Evidence, Interval
from sterling.verify.blind_spots import Judged, drift, shared_errors
from sterling.verify.calibration import error_rates, precision, seeds_needed


def counts(good: int, good_kept: int, bad: int, bad_kept: int, kind: str = "given") -> list[dict[str, Any]]:
    rows = [(True, "keep", good_kept), (True, "drop", good - good_kept)]
    rows += [(False, "keep", bad_kept), (False, "drop", bad - bad_kept)]
    return [{"good": g, "kind": kind, "outcome": o, "n": n} for g, o, n in rows if n]


def named(evidence: Sequence[Evidence]) -> Mapping[str, Evidence]:
    return {one.name.removeprefix("verifiers.tests."): one for one in evidence}


@pytest.mark.parametrize(("n", "bound"), [(100, 0.0295), (300, 0.0099), (500, 0.0060), (1000, 0.0030), (3000, 0.0010)])
def test_no_error_in_n_bounds_the_rate(n: int, bound: float) -> None:
    rate = named(list(error_rates("tests", counts(0, 0, n, 0))))["false_accepts"]
    assert rate.interval is not None
    assert rate.interval.high == pytest.approx(bound, abs=5e-5)
    assert rate.value == 0


def test_the_number_of_seeds_that_a_bound_needs() -> None:
    for limit in (0.05, 0.01, 0.003):
        n = seeds_needed(limit)
        enough = named(list(error_rates("tests", counts(0, 0, n, 0))))["false_accepts"].interval
        short = named(list(error_rates("tests", counts(0, 0, n - 1, 0))))["false_accepts"].interval
        assert enough is not None
        assert short is not None
        assert enough.high <= limit < short.high


def test_flags_reject_and_faults_count_for_nobody() -> None:
    rows = [
        {"good": True, "kind": "given", "outcome": "flag", "n": 2},
        {"good": True, "kind": "given", "outcome": "keep", "n": 6},
        {"good": True, "kind": "given", "outcome": "fault", "n": 5},
    ]
    rates = named(list(error_rates("tests", rows)))
    assert (rates["false_rejects"].value, rates["false_rejects"].n) == (0.25, 8)
    assert rates["false_rejects"].inputs["faults"] == 5
    assert "false_accepts" not in rates


def test_kinds_of_near_misses_are_told_apart() -> None:
    rows = counts(0, 0, 10, 0, "off_by_one") + counts(0, 0, 10, 5, "swapped_unit")
    rates = named(list(error_rates("tests", rows)))
    assert rates["false_accepts"].value == 0.25
    assert rates["false_accepts.swapped_unit"].value == 0.5
    assert rates["false_accepts.off_by_one"].value == 0


@pytest.mark.parametrize(("accepted", "truth"), [(600, 0.931), (300, 0.745), (100, 0.0)])
def test_base_rates_bite(accepted: int, truth: float) -> None:
    """Sensitivity .95 and specificity .90."""
    [found] = precision("tests", counts(1000, 950, 1000, 100), accepted, 1000)
    assert found.value == pytest.approx(truth, abs=5e-4)
    assert found.interval is not None
    assert found.interval.low <= truth <= found.interval.high


def test_nothing_is_said_without_both_kinds_or_of_a_verifier_that_tells_nothing() -> None:
    assert list(precision("tests", counts(10, 9, 0, 0), 5, 10)) == []
    assert list(precision("tests", counts(10, 9, 10, 0), 0, 10)) == []
    [blind] = precision("tests", counts(10, 5, 10, 5), 5, 10)
    assert blind.value is None
    assert blind.interval == Interval(0.0, 1.0)


def test_the_interval_of_the_precision_covers_the_truth() -> None:
    """200 verifiers with known rates over records of which we know who is good."""
    chance = random.Random(1)
    missed = 0
    for _ in range(200):
        s, c, share = chance.uniform(0.7, 1), chance.uniform(0.7, 1), chance.uniform(0.3, 1)
        good = sum(chance.random() < share for _ in range(400))
        true_kept = sum(chance.random() < s for _ in range(good))
        false_kept = sum(chance.random() > c for _ in range(400 - good))
        gold = counts(
            150, sum(chance.random() < s for _ in range(150)), 150, sum(chance.random() > c for _ in range(150))
        )
        [found] = precision("tests", gold, true_kept + false_kept, 400)
        truth = s * share / (s * share + (1 - c) * (1 - share))
        assert found.interval is not None
        missed += not found.interval.low <= truth <= found.interval.high
    assert missed <= 10


def test_a_check_that_is_given_good_records_only_is_not_accused() -> None:
    """Rejecting a tenth of the good by mistake leaves the rest as good as before."""
    [found] = precision("tests", counts(100, 90, 100, 10), 90_000, 100_000)
    assert found.value == 1
    assert found.interval is not None
    assert found.interval.low < 1 == found.interval.high


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_odd_counts_give_ordered_shares(good: int, kept: int, bad: int, passed: int, accepted: int) -> None:
    rows = counts(good, min(kept, good), bad, min(passed, bad))
    for one in precision("tests", rows, min(accepted, 60), 60):
        assert one.interval is not None
        assert 0 <= one.interval.low <= one.interval.high <= 1
        assert one.value is None or one.interval.low - 1e-9 <= one.value <= one.interval.high + 1e-9


def judged(blind: float, n: int = 400) -> list[Judged]:
    """The generator fails half of the tasks; a check errs there with probability `blind`, elsewhere with 0.1."""
    chance = random.Random(2)
    rows = []
    for task in range(n):
        failed = task % 2 == 0
        wrong = chance.random() < (blind if failed else 0.1)
        rows.append(Judged(f"own-{task}", str(task), not failed, not failed, True))
        rows.append(Judged(f"other-{task}", str(task), False, wrong, False))
    return rows


def test_shared_blind_spots_have_a_number() -> None:
    [same] = shared_errors("judge", judged(0.6))
    [none] = shared_errors("judge", judged(0.1))
    assert same.value is not None
    assert same.interval is not None
    assert none.interval is not None
    assert same.value > 0.4
    assert same.interval.low > 0.3
    assert none.interval.low < 0 < none.interval.high
    assert same.n == 400


def test_gold_of_one_writer_says_nothing_of_blind_spots() -> None:
    assert list(shared_errors("judge", [Judged("1", "t", True, True, True), Judged("2", "u", False, True, True)])) == []


def test_drift_compares_the_same_seeds() -> None:
    before = {str(n): False for n in range(100)}
    now = {str(n): n < 12 for n in range(10, 130)}
    steady, worse = drift("judge", before, before), drift("judge", {str(n): n < 12 for n in range(100)}, before)
    assert (steady.value, steady.inputs["p"]) == (0, 1)
    assert worse.value == 0.12
    assert worse.inputs["p"] == pytest.approx(2 / 2**12)
    assert drift("judge", now, before).n == 90
    assert drift("judge", now, {}).value is None
