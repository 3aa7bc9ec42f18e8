"""Effects, and whether their intervals hold what they promise."""

import numpy as np
import pytest

from sterling.experiment import effect
from sterling.experiment.effects import Floats


def _losses(shift: float, seed: int, documents: int = 120) -> tuple[Floats, Floats]:
    chance = np.random.default_rng(seed)
    hard = chance.normal(8, 2, documents)
    control = hard + chance.normal(0, 0.1, (4, documents))
    return control + shift + chance.normal(0, 0.1, (4, documents)), control


def test_pairing_by_document_finds_a_small_difference() -> None:
    found = effect(*_losses(0.05, seed=1))
    assert found.interval.low > 0
    assert found.p < 0.05
    assert found.value == pytest.approx(0.05, abs=0.02)
    assert (found.seeds, found.documents) == (4, 120)
    assert found.control == pytest.approx(8, abs=0.6)


@pytest.mark.parametrize(("of_seeds", "of_documents", "groups"), [(0.0, 1.0, None), (1.0, 0.1, None), (0.0, 1.0, 12)])
def test_the_interval_holds_the_truth_as_often_as_it_says(
    of_seeds: float, of_documents: float, groups: int | None
) -> None:
    """Also where four seeds are all the doubt there is, and where documents come in groups: 95 % is nominal."""
    chance = np.random.default_rng(7)
    homes = np.arange(60) if groups is None else np.arange(60) % groups
    inside = false = 0
    for n in range(120):
        seeds, documents = chance.normal(0, of_seeds, (4, 1)), chance.normal(0, of_documents, 60)[homes]
        control = np.tile(chance.normal(8, 2, 60), (4, 1))
        found = effect(control + seeds + documents + chance.normal(0, 0.1, (4, 60)), control, n, homes.tolist())
        inside += found.interval.low <= 0 <= found.interval.high
        false += found.p <= 0.05
    assert inside / 120 > 0.88  # 95 % less what 120 trials may be off by, and the little that bootstraps are
    assert false / 120 < 0.12


def test_what_belongs_together_is_drawn_together() -> None:
    chance = np.random.default_rng(3)
    homes = np.repeat(np.arange(12), 10)
    control = np.tile(chance.normal(8, 2, 120), (4, 1))
    arm = control + chance.normal(0, 1, 12)[homes] + chance.normal(0, 0.1, (4, 120))
    alone, together = effect(arm, control), effect(arm, control, groups=[f"g{n}" for n in homes])
    assert together.value == alone.value
    assert together.interval.high - together.interval.low > 2 * (alone.interval.high - alone.interval.low)


def test_it_is_told_what_more_seeds_would_help() -> None:
    chance = np.random.default_rng(4)
    control = np.tile(chance.normal(8, 2, 200), (4, 1))
    assert effect(control + chance.normal(0, 1, (4, 1)) + chance.normal(0, 0.1, (4, 200)), control).by_seeds > 0.9
    assert effect(control + chance.normal(0, 1, 200), control).by_seeds < 0.1


def test_arms_that_are_the_same_differ_by_nothing() -> None:
    same = np.ones((4, 10))
    found = effect(same, same)
    assert (found.value, found.interval, found.p) == (0, (0, 0), 1)


def test_documents_without_a_loss_are_left_out() -> None:
    arm, control = _losses(0.1, seed=2)
    arm[1, 3] = np.nan
    assert effect(arm, control).documents == 119


def test_too_few_seeds_or_documents_are_refused() -> None:
    arm, control = _losses(0, seed=3)
    with pytest.raises(ValueError, match="4 seeds and two documents"):
        effect(arm[:3], control[:3])
    with pytest.raises(ValueError, match="got 4 and 1"):
        effect(arm, control, groups=["one"] * 120)
