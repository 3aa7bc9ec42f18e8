"""Difficulty and discrimination, against values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.stats import Interval
from sterling.verify.judging.difficulty import Item, difficulty, discriminations, quantile, quantile_interval

RATES = st.floats(0, 1, allow_nan=False)


@pytest.mark.parametrize(
    ("q", "expected"), [(0.1, 1), (0.25, 3), (0.5, 5), (0.75, 8), (0.9, 9), (1, 10)]
)  # of ten values the smallest that enough of them do not exceed
def test_quantiles(q: float, expected: int) -> None:
    assert quantile(list(range(10, 0, -1)), q) == expected


def test_quantile_intervals_are_order_statistics() -> None:
    # Of 100 values the median lies between the 40th and the 61st with probability 0.9648 (binomial tables).
    assert quantile_interval(list(range(1, 101)), 0.5, Interval(0, 200)) == Interval(40, 61)
    # Five values cannot bound a median at 95 %: all of them lie on one side with probability 1/16.
    assert quantile_interval([1, 2, 3, 4, 5], 0.5, Interval(0, 9)) == Interval(0, 9)
    assert quantile_interval([1, 2, 3, 4, 5, 6], 0.5, Interval(0, 9)) == Interval(1, 6)


@given(st.lists(RATES, min_size=1, max_size=40), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_quantile_lies_within_its_interval(values: list[float], q: float) -> None:
    low, high = quantile_interval(values, q, Interval(0, 1))
    assert low <= quantile(values, q) <= high


def test_discrimination_is_the_point_biserial_correlation() -> None:
    """Four models; of item 0 the first two solve it. Their means on the other two items are 1, 0.5, 0.5 and 0."""
    rates = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]], float)
    rest = [1, 2 / 3, 2 / 3, 1 / 3]
    mean = sum(rest) / 4
    deviation = math.sqrt(sum((x - mean) ** 2 for x in rest) / 4)
    by_hand = ((rest[0] + rest[1]) / 2 - (rest[2] + rest[3]) / 2) / deviation * math.sqrt(0.5 * 0.5)
    found = discriminations(rates)
    assert found[0] == pytest.approx(by_hand) == pytest.approx(1 / math.sqrt(2))
    assert math.isnan(found[3])


def test_an_item_that_the_weak_solve_and_the_strong_do_not() -> None:
    items = [Item(str(n), (1.0, 0.5, 0.0)) for n in range(5)] + [Item("odd", (0.0, 0.5, 1.0))]
    told = {one.name: one for one in difficulty("x", ["a", "b", "c"], items)}
    assert told["x.discrimination"].inputs["lowest"][0] == ["odd", -1]
    assert told["x.discrimination.negative"].inputs["hits"] == 1
    assert told["x.discrimination"].value == pytest.approx(1)


def test_two_models_rank_nothing() -> None:
    names = [one.name for one in difficulty("x", ["a", "b"], [Item("1", (1.0, 0.0)), Item("2", (1.0, 0.0))])]
    assert not [name for name in names if "discrimination" in name]


def test_models_that_do_equally_well_tell_nothing() -> None:
    told = {one.name: one for one in difficulty("x", ["a", "b", "c"], [Item(str(n), (0.5,) * 3) for n in range(4)])}
    assert (told["x.discrimination"].value, told["x.discrimination"].n) == (None, 0)


def test_accuracy_is_never_certain() -> None:
    (sure,) = [one for one in difficulty("x", ["a"], [Item("1", (1.0,))] * 10) if one.name == "x.accuracy"]
    assert (sure.value, sure.n) == (1, 10)
    assert sure.interval is not None
    assert sure.interval.low == pytest.approx(1 - 0.308, abs=1e-3)
