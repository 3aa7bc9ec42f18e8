"""Effects, their intervals, and the word for them."""

import numpy as np
import pytest

from sterling.experiment import Effect, effect, verdict
from sterling.experiment.effects import Floats
from sterling.stats import Interval


def _losses(shift: float, seed: int, documents: int = 120) -> tuple[Floats, Floats]:
    chance = np.random.default_rng(seed)
    hard = chance.normal(8, 2, documents)
    control = hard + chance.normal(0, 0.1, (4, documents))
    return control + shift + chance.normal(0, 0.1, (4, documents)), control


def test_pairing_by_document_finds_a_small_difference() -> None:
    found = effect(*_losses(0.05, seed=1))
    assert found.interval.low > 0
    assert found.value == pytest.approx(0.05, abs=0.02)
    assert (found.seeds, found.documents) == (4, 120)


def test_of_nothing_the_interval_covers_nothing_mostly() -> None:
    covered = [found.interval.low <= 0 <= found.interval.high for found in (effect(*_losses(0, s)) for s in range(40))]
    assert np.mean(covered) > 0.85


def test_documents_without_a_loss_are_left_out() -> None:
    arm, control = _losses(0.1, seed=2)
    arm[1, 3] = np.nan
    assert effect(arm, control).documents == 119


def test_too_few_seeds_are_refused() -> None:
    arm, control = _losses(0, seed=3)
    with pytest.raises(ValueError, match="4 seeds and a document are needed, got 3 and 120"):
        effect(arm[:3], control[:3])


def _effect(low: float, high: float) -> Effect:
    return Effect((low + high) / 2, Interval(low, high), 4, 100)


BETTER, WORSE, OPEN = _effect(-0.3, -0.1), _effect(0.1, 0.3), _effect(-0.1, 0.2)


@pytest.mark.parametrize(
    ("whole", "tail", "tasks", "word"),
    [
        (BETTER, WORSE, BETTER, "harms the tail"),
        (WORSE, OPEN, None, "harms"),
        (BETTER, OPEN, WORSE, "harms"),
        (BETTER, OPEN, BETTER, "helps"),
        (BETTER, OPEN, None, "inconclusive"),
        (OPEN, OPEN, None, "inconclusive"),
        (BETTER, OPEN, OPEN, "inconclusive"),
    ],
)
def test_the_word(whole: Effect, tail: Effect, tasks: Effect | None, word: str) -> None:
    assert verdict(whole, tail, tasks).word == word


def test_what_is_missing_is_said() -> None:
    assert "likelihood alone proves no help" in verdict(BETTER, OPEN, None).why
    assert verdict(OPEN, OPEN, None).why.startswith("would need n = about 900 documents")
