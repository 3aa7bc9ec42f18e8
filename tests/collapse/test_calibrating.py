"""The forecast against a loop that was run: within the reference's tolerances, and better for knowing documents."""

from pathlib import Path

import numpy as np
import pytest

from sterling.collapse.branching import Policy, accumulate, freeze, replace, rotate
from sterling.collapse.calibrating import Numbered, calibration, compared
from sterling.text import Hashes, piece_hashes


def _bursty(documents: int = 300) -> list[Hashes]:
    """Each document has words of its own, some of them three or four times."""
    chance = np.random.default_rng(1)
    own = [10_000 + 1000 * document + np.minimum(chance.zipf(1.5, 60), 999) for document in range(documents)]
    common = [np.minimum(chance.zipf(1.35, 60), 4000) for _ in own]
    return [chance.permutation(np.concatenate(both)).astype(np.uint64) for both in zip(own, common, strict=True)]


def test_types_are_counted_with_the_documents_they_lie_in() -> None:
    text = Numbered.of([np.array([7, 7, 9], np.uint64), np.array([9], np.uint64), np.array([], np.uint64)])
    assert text.tokens.tolist() == [0, 0, 1, 1]
    assert text.documents.tolist() == [1, 2]
    assert text.lengths == [3, 1]


def test_on_bursty_text_the_formula_needs_documents() -> None:
    text = Numbered.of(_bursty())
    kept = next(one for one in compared(rotate(0.3), text, 4, runs=3) if one.band.name == "3-4")
    assert kept.error() < 0.06
    assert kept.error_by_copies() > 2 * kept.error()


def test_the_error_comes_with_the_noise_of_the_loop() -> None:
    found = calibration(replace(), Numbered.of(_bursty(100)), 3, runs=2)
    assert found.name == "forecast.replace.calibration"
    assert found.value is not None
    assert found.value == max(found.inputs["bands"].values())
    assert 0 < found.inputs["noise"] < 0.1
    assert found.n > 500


@pytest.mark.parametrize("policy", [freeze(0.1), rotate(0.1), accumulate()], ids=lambda policy: policy.name)
def test_on_real_text_types_seen_once_are_foretold_to_a_point_and_a_half(policy: Policy, shakespeare: Numbered) -> None:
    once = compared(policy, shakespeare, 5, seed=3, runs=1)[0]
    assert once.band.name == "once"
    assert once.error() < 0.015


@pytest.fixture(scope="module")
def shakespeare(shared_data: Path) -> Numbered:
    speeches = (shared_data / "text" / "tinyshakespeare.txt").read_text().split("\n\n")
    return Numbered.of([piece_hashes(speech) for speech in speeches])
