"""The n-gram student on real text: the sign of what synthetic data does depends on how much real data there is."""

from pathlib import Path

import numpy as np
import pytest

from sterling.collapse.loops.trigrams import Trigrams, Weighed
from sterling.experiment import Corpus, Effect, Example, Feed, Ngrams, effect, fed
from sterling.experiment.students import Floats
from sterling.text import pieces


def _examples(texts: list[str]) -> list[Example]:
    return [Example(str(at), text) for at, text in enumerate(texts)]


def test_a_student_that_read_more_of_the_kind_pays_less() -> None:
    test, others = _examples(["the cat sat on the mat"]), _examples(["a dog ran", "the cat lay"])
    student = Ngrams(test, others)
    trainings = (["a dog ran"], ["a dog ran", "the cat lay on"])
    none, some = (student.losses(_examples(training), 0)[0] for training in trainings)
    assert some < none
    assert (student.unit, student.name) == ("bits a token", "Witten-Bell 3-gram, 9 types")


@pytest.mark.parametrize(("kept", "sign"), [(0.1, -1), (0.7, 1)])
def test_synthetic_data_helps_likelihood_where_real_data_is_scarce_and_harms_where_it_is_not(
    shared_data: Path, kept: float, sign: int
) -> None:
    speeches = [one for one in (shared_data / "text" / "tinyshakespeare.txt").read_text().split("\n\n") if one.strip()]
    chosen = np.random.default_rng(0).permutation(len(speeches))
    plain = _examples([" ".join(pieces(speeches[at])) for at in chosen])
    test, train = plain[: len(plain) // 5], plain[len(plain) // 5 :]
    student, written = Ngrams(test, train), _written([one.text for one in train])

    def losses(feed: Feed) -> list[Floats]:
        draws = [np.random.default_rng(seed) for seed in range(4)]
        return [
            student.losses(fed(feed, _corpus(train).drawn(draw, kept), _corpus(written), 0.3), seed)
            for seed, draw in enumerate(draws)
        ]

    found: Effect = effect(np.array(losses("added")), np.array(losses("real")))
    assert min(sign * found.interval.low, sign * found.interval.high) > 0


def _corpus(examples: list[Example]) -> Corpus[Example]:
    return Corpus(examples, [len(one.text.split(" ")) for one in examples])


def _written(train: list[str]) -> list[Example]:
    """By a strong generator: it has read everything, the students a part."""
    words, tokens = np.unique([w for text in train for w in (*text.split(" "), "¶")], return_inverse=True)
    written = Trigrams([Weighed(tokens, 1.0)]).write(len(tokens), np.random.default_rng(1))
    return _examples([one.strip() for one in " ".join(words[written]).split("¶") if one.strip()])
