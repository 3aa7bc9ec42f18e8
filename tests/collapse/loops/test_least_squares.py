"""Regression on its own predictions: the published figures at generation 20, T = 200, d = 20."""

import pytest

from sterling.collapse.loops.least_squares import Keeping, accumulate_error, replace_error, simulate


def test_formulas() -> None:
    assert replace_error(20) == 20
    assert accumulate_error(20) == pytest.approx(1.596, abs=5e-4)
    assert accumulate_error(10_000) < 1.645


@pytest.mark.parametrize(
    ("keeping", "error"),
    [("replace", 20.0), ("accumulate", 1.596), ("subsample", 2.87), ("fresh", 5.47), ("rotate", 6.71), ("freeze", 14.3),
     ("all_real_plus_one", 1.35)],
)  # fmt: skip
def test_simulated_errors(keeping: Keeping, error: float) -> None:
    found = simulate(keeping, generations=20, repetitions=40, seed=1)[:, -1]
    spread = found.std(ddof=1) / len(found) ** 0.5
    assert abs(found.mean() - error) < 3.5 * spread
    assert spread < 0.1 * error
