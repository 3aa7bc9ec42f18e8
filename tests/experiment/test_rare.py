"""The tail inside each document, and the setting in which the sign flips."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.experiment import Setting, effects, setting

from sterling.experiment import Arm, Example, RareWords


def _example(text: str) -> Example:
    return Example(text, text)


def test_only_rare_words_are_paid_for() -> None:
    real = [_example("the cat")] * 9 + [_example("a quokka")]
    test = [_example("the cat"), _example("the quokka"), _example("the unheard")]
    student = RareWords(test, [real], [])
    found = student.losses(real, 0)
    assert np.isnan(found[[0, 2]]).all()
    assert found[1] > 0
    assert student.losses([*real, _example("the quokka")], 0)[1] < found[1]
    assert "words that real data holds 1 to 5 times" in student.name


@pytest.fixture(scope="module")
def shakespeare(shared_data: Path) -> Setting:
    return setting(shared_data / "text" / "tinyshakespeare.txt")


@pytest.mark.parametrize(("kept", "sign"), [(0.1, -1), (0.7, 1)])
def test_the_sign_flips_with_how_much_real_data_there_is_and_rare_words_fare_worse_than_the_mean(
    shakespeare: Setting, kept: float, sign: int
) -> None:
    """The reference: -.131 overall and +.031 on the tail with a tenth of the real data, +.087 and +.303 with 70 %."""
    found = {part: one for _, _, part, one in effects(shakespeare, kept, 4, [Arm("added", ("real",))])}
    overall, rare = found["all"].interval, found["rare words"].interval
    assert min(sign * overall.low, sign * overall.high) > 0
    assert rare.low > overall.high + 0.1
