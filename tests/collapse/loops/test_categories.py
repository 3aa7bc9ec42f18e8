"""The three errors, one at a time."""

import numpy as np
import pytest

from sterling.collapse.loops.categories import (
    BLUR,
    PLACES,
    Learn,
    apart,
    blurring,
    counting,
    drift,
    one_hump,
    preferring,
    sharpened,
    simulate,
    truth,
    variety,
    without_chance,
)

MANY = 1_000_000


def test_repetition_alone_is_harmless() -> None:
    assert apart(without_chance(counting, 20)).max() == pytest.approx(0, abs=1e-12)
    assert apart(simulate(counting, MANY, 10, 2, seed=1)).max() < 0.02


def test_sampling_alone_loses_variety_by_its_formula() -> None:
    left = variety(simulate(counting, 100, 40, 400, seed=1))[:, -1]
    assert abs(left.mean() - drift(100, 40)) < 3.5 * left.std(ddof=1) / 20
    assert apart(simulate(counting, 300, 20, 20, seed=1))[:, -1].mean() > 0.4


def test_a_model_that_holds_its_own_output_errs_once() -> None:
    far = apart(without_chance(one_hump, 20))
    assert far[1] == pytest.approx(0.341, abs=0.002)
    assert far[20] == pytest.approx(far[1], abs=1e-4)


def test_a_blur_adds_its_variance_each_time() -> None:
    found = without_chance(blurring, 20)
    variances = found @ PLACES**2 - (found @ PLACES) ** 2
    assert variances[20] - variances[0] == pytest.approx(20 * BLUR**2, rel=0.02)


def test_a_preference_sharpens_by_its_formula() -> None:
    found = without_chance(preferring(0.9), 10)
    assert found[10] == pytest.approx(sharpened(10, 0.9), abs=1e-9)
    assert np.all(np.diff(variety(found)) < 0)


@pytest.mark.parametrize("learn", [one_hump, blurring, preferring(0.9)], ids=["one hump", "blur", "temperature"])
def test_with_a_million_draws_chance_is_no_matter(learn: Learn) -> None:
    seen = apart(simulate(learn, MANY, 20, 4, seed=2)).mean(axis=0)
    assert seen == pytest.approx(apart(without_chance(learn, 20)), abs=0.006)


def test_real_data_stops_what_grows_and_not_what_is_too_small() -> None:
    held = apart(simulate(counting, 300, 20, 30, seed=3, real=0.3)).mean(axis=0)
    assert abs(held[20] - held[10]) < 0.03
    assert apart(without_chance(preferring(0.9), 20, 0.3))[20] < 0.15
    assert apart(without_chance(one_hump, 20, 0.3))[20] == pytest.approx(
        apart(without_chance(one_hump, 20))[20], abs=1e-3
    )


def test_the_truth_is_a_distribution_with_two_humps() -> None:
    assert truth().sum() == pytest.approx(1)
    assert int(np.sum((truth()[1:-1] > truth()[:-2]) & (truth()[1:-1] > truth()[2:]))) == 2
