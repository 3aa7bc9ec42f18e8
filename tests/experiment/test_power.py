"""The smallest difference that a set detects: against published tables, and against simulation."""

import numpy as np
import pytest

from sterling.experiment.outcomes import Outcome, Outcomes
from sterling.experiment.power import (
    Repeats,
    detectable,
    detectable_from,
    mean_difference,
    paired_difference,
    unpaired_difference,
)


@pytest.mark.parametrize(("n", "rate", "other"), [(93, 0.5, 0.7), (388, 0.5, 0.6), (62, 0.1, 0.3), (199, 0.1, 0.2)])
def test_unpaired_differences_are_those_of_the_tables(n: int, rate: float, other: float) -> None:
    """Sample sizes per group at power .8 and alpha .05, without continuity correction."""
    assert unpaired_difference(n, rate).rise == pytest.approx(other - rate, abs=0.002)


def test_means_are_those_of_the_tables() -> None:
    """Cohen (1988): 64 in each of two groups, or 34 pairs, for half a standard deviation."""
    assert mean_difference(64, 1.0, arms=2) == pytest.approx(0.5, abs=0.004)
    assert mean_difference(34, 1.0) == pytest.approx(0.5, abs=0.007)
    assert mean_difference(1, 1.0) is None


@pytest.mark.parametrize("alike", [0.0, 0.6])
def test_mcnemar_finds_such_a_difference_in_four_of_five_sets(alike: float) -> None:
    n, rate = 400, 0.4
    fall = paired_difference(n, rate, alike).fall
    assert fall is not None
    other = rate - fall
    both = rate * other + alike * np.sqrt(rate * (1 - rate) * other * (1 - other))
    cells = np.random.default_rng(0).multinomial(n, [both, rate - both, other - both, 1 - rate - other + both], 4000)
    z = (cells[:, 1] - cells[:, 2]) / np.sqrt(np.maximum(1, cells[:, 1] + cells[:, 2]))
    assert np.mean(z > 1.96) == pytest.approx(0.8, abs=0.03)


def test_what_cannot_be_told_is_none() -> None:
    assert unpaired_difference(20, 0.05).fall is None
    assert unpaired_difference(2, 0.5) == (None, None)
    told = {one.name: one for one in detectable(Repeats.of([1] * 20))}
    none = told["evaluation.detectable.unpaired.0.05"]
    assert none.value is None
    assert "not even a fall to 0 would be told" in none.method


def test_repeats_count_once() -> None:
    assert Repeats.of([1] * 50).effective == 50
    assert Repeats.of([10] * 5).effective == pytest.approx(5)
    alone, repeated = (next(detectable(Repeats.of(sizes))).value for sizes in ([1] * 50, [10] * 5))
    assert alone is not None
    assert repeated is None


def test_what_was_scored_is_used() -> None:
    chance = np.random.default_rng(1)
    hard = chance.normal(3, 1, 200)
    rows = [
        Outcome("bits", arm, str(n), value + chance.normal(0, 0.1))
        for arm in ("real", "added") for n, value in enumerate(hard)
    ]  # fmt: skip
    paired, apart = detectable_from(Repeats.of([1] * 200), Outcomes(rows, (), frozenset()))
    assert paired.value == pytest.approx(2.8 * 0.1 * 2**0.5 / 200**0.5, rel=0.1)
    assert apart.value == pytest.approx(2.8 * 1.0 * (2 / 200) ** 0.5, rel=0.15)
    assert (paired.inputs["pairs"], paired.inputs["measured"]) == (200, True)
