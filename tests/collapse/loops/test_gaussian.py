"""One Gaussian refit on its own samples: theory, and the loop itself."""

import numpy as np
import pytest

from sterling.collapse.loops.gaussian import (
    Real,
    digamma,
    mean_error,
    median_variance,
    mixed,
    refit,
    transport_error,
    weighted,
    weighted_error,
)


def test_errors_of_mean_and_distance_add_up() -> None:
    means, variances = refit(n=100, generations=20, repetitions=20_000, seed=1)
    mean_square, off = np.mean(means[:, -1] ** 2), np.mean((np.sqrt(variances[:, -1]) - 1) ** 2)
    assert 100 * mean_square == pytest.approx(mean_error(20), rel=0.04)
    assert 100 * (mean_square + off) == pytest.approx(transport_error(20), rel=0.04)


def test_the_variance_dies() -> None:
    assert median_variance(2000, 100) == pytest.approx(1.57e-9, rel=0.01)
    _, variances = refit(n=100, generations=2000, repetitions=2000, seed=1)
    assert np.log(np.median(variances[:, -1])) == pytest.approx(np.log(median_variance(2000, 100)), abs=0.4)


@pytest.mark.parametrize(("real", "settled"), [("fresh", 5.26), ("rotated", 6.26), ("frozen", 14.74)])
def test_a_tenth_of_real_data_bounds_the_error(real: Real, settled: float) -> None:
    assert mean_error(200, real, 0.1) == pytest.approx(settled, abs=0.01)
    means = mixed(n=100, generations=60, repetitions=3000, real=real, share=0.1, seed=2)
    assert 100 * np.mean(means[:, -1] ** 2) == pytest.approx(mean_error(60, real, 0.1), rel=0.12)


def test_the_golden_ratio_is_the_best_weight() -> None:
    golden = (5**0.5 - 1) / 2
    assert weighted_error(golden) == pytest.approx(golden)
    assert weighted_error(golden) < min(weighted_error(golden - 0.05), weighted_error(golden + 0.05))
    means = weighted(n=100, generations=30, repetitions=40_000, weight=golden, seed=5)
    assert 100 * np.mean(means[:, -1] ** 2) == pytest.approx(golden, rel=0.03)


def test_digamma() -> None:
    assert digamma(1.0) == pytest.approx(-0.5772156649015329, abs=1e-10)
    assert digamma(0.5) == pytest.approx(-1.9635100260214235, abs=1e-10)
    assert digamma(50) == pytest.approx(digamma(1.0) + sum(1 / i for i in range(1, 50)), abs=1e-10)
