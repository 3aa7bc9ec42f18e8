import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.stats import (
    Interval,
    Trials,
    Z,
    clopper_pearson,
    count,
    holm,
    mean,
    normal_interval,
    proportion,
    ratio_of_sums,
    rogan_gladen,
    student_t_quantile,
    welch,
)


@pytest.mark.parametrize(("n", "bound"), [(100, 0.0295), (300, 0.0099), (500, 0.0060), (1000, 0.0030), (3000, 0.0010)])
def test_zero_hits_are_bounded_as_published(n: int, bound: float) -> None:
    """One-sided 95 % is two-sided 90 %: the figures of the rule of three, exactly."""
    assert clopper_pearson(0, n, level=0.90).high == pytest.approx(bound, abs=5e-5)


def test_clopper_pearson_on_a_textbook_case() -> None:
    interval = clopper_pearson(5, 10)
    assert interval.low == pytest.approx(0.18709, abs=1e-5)
    assert interval.high == pytest.approx(0.81291, abs=1e-5)


@given(st.integers(1, 400), st.data())
def test_the_interval_holds_the_share_and_mirrors(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    low, high = clopper_pearson(hits, n)
    mirrored = clopper_pearson(n - hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert (low, high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-9)


@given(st.integers(2, 40), st.floats(0.01, 0.99))
def test_the_interval_covers_at_its_level(n: int, p: float) -> None:
    covered = sum(
        math.comb(n, k) * p**k * (1 - p) ** (n - k)
        for k in range(n + 1)
        if clopper_pearson(k, n).low <= p <= clopper_pearson(k, n).high
    )
    assert covered >= 0.95 - 1e-9


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="got 3 of 2"):
        clopper_pearson(3, 2)


@pytest.mark.parametrize(("df", "quantile"), [(1, 12.7062), (4, 2.7764), (9, 2.2622), (30, 2.0423), (1000, 1.9623)])
def test_student_t_quantiles_as_tabulated(df: int, quantile: float) -> None:
    assert student_t_quantile(0.975, df) == pytest.approx(quantile, abs=1e-4)


def test_evidence_says_what_it_cannot_say() -> None:
    nothing = proportion("a.b", 0, 0, "share of nothing")
    assert (nothing.value, nothing.interval, nothing.n) == (None, None, 0)
    assert mean("a.b", [], "mean").value is None
    assert mean("a.b", [2.0], "mean").interval is None
    assert count("a.b", 3, "count").interval is None


def test_mean_with_its_interval() -> None:
    evidence = mean("a.b", [1.0, 2.0, 3.0], "mean of chunks", tokens=10)
    assert evidence.value == 2.0
    assert evidence.interval == pytest.approx(Interval(2 - 2.48414, 2 + 2.48414), abs=1e-4)
    assert evidence.to_json()["inputs"] == {"tokens": 10}


def test_welch_as_scipy_has_it() -> None:
    found = welch([1, 2, 3, 4, 5.5], [2, 3, 4, 6, 7, 8])
    assert found.difference == pytest.approx(-1.9)
    assert found.p == pytest.approx(0.160845, abs=1e-6)
    assert found.df == pytest.approx(8.912638, abs=1e-5)
    assert tuple(found.interval) == pytest.approx((-4.714504, 0.914504), abs=1e-5)


def test_welch_of_values_that_do_not_vary() -> None:
    assert welch([1, 1], [1, 1]).p == 1
    assert welch([1, 1], [2, 2]).p == 0
    with pytest.raises(ValueError, match="two values"):
        welch([1], [2, 3])


def test_holm_on_a_worked_case() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_lies_between_nothing_and_bonferroni(found: list[float]) -> None:
    adjusted = holm(found)
    assert all(p <= a <= min(1, len(found) * p) + 1e-12 for p, a in zip(found, adjusted, strict=True))


@pytest.mark.parametrize(
    ("share", "sensitivity", "specificity"), [(0.3, 0.9, 0.85), (0.05, 0.9, 0.95), (0.7, 0.7, 0.6)]
)
def test_nineteen_of_twenty_corrected_intervals_hold_the_true_share(
    share: float, sensitivity: float, specificity: float
) -> None:
    random = np.random.default_rng(7)
    held = 0
    for _ in range(600):
        hits = random.binomial(400, share * sensitivity + (1 - share) * (1 - specificity))
        rates = (Trials(int(random.binomial(200, rate)), 200) for rate in (sensitivity, specificity))
        low, high = rogan_gladen(Trials(int(hits), 400), *rates)[1]
        held += low <= share <= high
    assert 0.93 <= held / 600 <= 0.99


def test_the_normal_quantile_is_that_of_the_tables() -> None:
    assert pytest.approx(1.959964, abs=1e-6) == Z
    assert normal_interval(1.0, 0.5) == Interval(1 - Z / 2, 1 + Z / 2)


def test_a_ratio_of_sums_is_a_mean_where_all_units_are_alike() -> None:
    """Of units of one size it is the mean, with the mean's standard error."""
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    value, error = ratio_of_sums(np.array(values) * 10, np.full(5, 10.0))
    told = mean("a.b", values, "mean")
    assert value == pytest.approx(told.value)
    assert told.interval is not None
    assert error * student_t_quantile(0.975, 4) == pytest.approx(told.interval.high - value)


def test_a_ratio_of_sums_by_hand() -> None:
    # 6 of 8; residuals 1 - .75 * 2 = -.5 and 5 - .75 * 6 = .5, so sd^2 = .5, over 2 units of 4 on the mean.
    assert ratio_of_sums(np.array([1.0, 5.0]), np.array([2.0, 6.0])) == pytest.approx((0.75, 0.5 / 4))
