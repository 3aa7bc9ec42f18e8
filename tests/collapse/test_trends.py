"""Three generations and more: slopes with intervals that hold, accept rates over time."""

import numpy as np
import pytest

from sterling.collapse.panel import PANEL
from sterling.collapse.trends import Accepted, acceptance_trend, slope, trends

Values = list[dict[str, float]]


def _values(seed: int, stretches: int = 8, **shift: float) -> Values:
    """Every measure about 1, those named moved."""
    chance = np.random.default_rng(seed)
    return [
        {m.name: 1 + shift.get(m.name, 0) + 0.02 * chance.standard_normal() for m in PANEL} for _ in range(stretches)
    ]


def test_what_falls_in_each_generation_is_a_trend_and_what_stays_is_none() -> None:
    falling = [_values(n, distinct_2=-0.05 * n, document_tokens=-0.05 * n) for n in range(1, 5)]
    found = {one.name: one for one in trends(_values(9), falling)}
    slope = found["collapse.trend.distinct_2"]
    assert slope.value == pytest.approx(-0.05, abs=0.01)
    assert slope.interval is not None
    assert slope.interval.low < -0.05 < slope.interval.high
    assert (slope.n, slope.inputs["said"], slope.inputs["family"]) == (4, "worse", "words")
    assert trends(_values(9), falling[::-1])[0].inputs["said"] == "better"
    assert found["collapse.trend.vendi"].inputs["said"] == "undecided"
    assert set(found) == {f"collapse.trend.{m.name}" for m in PANEL}


def test_intervals_of_slopes_hold() -> None:
    """Of 300 slopes that are 0, about 5 % lie outside, with unequal numbers and spreads."""
    chance = np.random.default_rng(1)
    outside = 0
    for _ in range(300):
        found = slope([list(chance.normal(0, spread, n)) for spread, n in ((1, 8), (3, 12), (1, 20))])
        outside += not found.interval.low <= 0 <= found.interval.high
    assert 4 <= outside <= 28


def test_two_generations_are_no_trend() -> None:
    assert trends(_values(1), [_values(2), _values(3)]) == []
    assert trends(_values(1), [_values(2), _values(3), _values(4)[:1]]) == []
    assert list(acceptance_trend("math", [Accepted(1, 9, 10), Accepted(2, 8, 10)])) == []


def test_a_check_that_accepts_more_and_more() -> None:
    [rising] = acceptance_trend("math", [Accepted(n, 500 + 100 * n, 1000) for n in (1, 2, 3)])
    assert (rising.name, rising.n) == ("collapse.trend.accepted.math", 3)
    assert rising.value == pytest.approx(0.1)
    assert rising.inputs["p"] < 1e-6
    assert rising.interval is not None
    assert 0.07 < rising.interval.low < 0.1 < rising.interval.high < 0.13
    [all_pass] = acceptance_trend("format", [Accepted(n, 50, 50) for n in (1, 2, 4)])
    assert all_pass.value == pytest.approx(0)
    assert all_pass.inputs["p"] == pytest.approx(1)
    assert all_pass.interval is not None
    assert all_pass.interval.low < 0 < all_pass.interval.high
