import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.stats import Interval, clopper_pearson, count, holm, mean, proportion, student_t_quantile, welch


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
