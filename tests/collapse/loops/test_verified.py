"""A verifier in the loop: it bounds the error, and its own bias stays."""

import pytest

from sterling.collapse.loops.verified import plateau, simulate, truncated_variance


@pytest.mark.parametrize(("bias", "published"), [(0.0, 0.036), (0.15, 0.056), (0.4, 0.192)])
def test_the_loop_settles_at_the_verifiers_bias(bias: float, published: float) -> None:
    assert plateau(bias) == pytest.approx(published, abs=0.004)
    settled = simulate(bias, generations=20, repetitions=15, seed=1)[:, 8:]
    assert settled.mean() == pytest.approx(plateau(bias), rel=0.08)


def test_a_wide_verifier_cuts_nothing() -> None:
    assert truncated_variance(1.0) == pytest.approx(0.2911, abs=1e-4)
    assert truncated_variance(8.0) == pytest.approx(1.0, abs=1e-9)
