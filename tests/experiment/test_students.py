"""Students on real text: the sign of what synthetic data does depends on how much real data there is."""

from pathlib import Path

import numpy as np
import pytest

from sterling.collapse.loops.trigrams import Trigrams, Weighed
from sterling.experiment import Arm, Corpus, Effect, Ngrams, effect, fed
from sterling.experiment.students import Floats
from sterling.text import pieces


def test_a_student_that_read_more_of_the_kind_pays_less() -> None:
    test = ["the cat sat on the mat"]
    student = Ngrams(test, ["a dog ran", "the cat lay"])
    none, some = (student.losses(training, 0)[0] for training in (["a dog ran"], ["a dog ran", "the cat lay on"]))
    assert some < none
    assert "3-gram, 9 types" in student.name


@pytest.mark.parametrize(("kept", "sign"), [(0.1, -1), (0.7, 1)])
def test_synthetic_data_helps_likelihood_where_real_data_is_scarce_and_harms_where_it_is_not(
    shared_data: Path, kept: float, sign: int
) -> None:
    speeches = [one for one in (shared_data / "text" / "tinyshakespeare.txt").read_text().split("\n\n") if one.strip()]
    chosen = np.random.default_rng(0).permutation(len(speeches))
    plain = [" ".join(pieces(speeches[at])) for at in chosen]
    test, train = plain[: len(plain) // 5], plain[len(plain) // 5 :]
    student, written = Ngrams(test, train), _written(train)

    def losses(arm: Arm) -> list[Floats]:
        draws = [np.random.default_rng(seed) for seed in range(4)]
        return [
            student.losses(fed(arm, _corpus(train).drawn(draw, kept), _corpus(written), 0.3), seed)
            for seed, draw in enumerate(draws)
        ]

    found: Effect = effect(np.array(losses("added")), np.array(losses("real")))
    assert min(sign * found.interval.low, sign * found.interval.high) > 0


def _corpus(texts: list[str]) -> Corpus:
    return Corpus(texts, [len(text.split(" ")) for text in texts])


def _written(train: list[str]) -> list[str]:
    """By a strong generator: it has read everything, the students a part."""
    words, tokens = np.unique([w for text in train for w in (*text.split(" "), "¶")], return_inverse=True)
    written = Trigrams([Weighed(tokens, 1.0)]).write(len(tokens), np.random.default_rng(1))
    return [one.strip() for one in " ".join(words[written]).split("¶") if one.strip()]
