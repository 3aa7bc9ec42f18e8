import numpy as np
import pytest

from sterling.text import Hashes, token_hashes
from sterling.text.linear import Floats, Vocabulary, gram_sets, minimum, sigmoid, trained

GOOD = ["the cat sat", "the cat ran", "a cat sat", "the cat"]
BAD = ["the dog sat", "a dog ran", "the dog ran", ""]


def sets(texts: list[str]) -> list[Hashes]:
    return gram_sets([token_hashes(text.split()) for text in texts])


def test_the_least_of_a_convex_function_is_found() -> None:
    centre, steep = np.arange(5.0), np.array([1.0, 10.0, 100.0, 0.1, 3.0])

    def loss(point: Floats) -> tuple[float, Floats]:
        away = point - centre
        return float((steep * away**2).sum() / 2 + (away**4).sum()), steep * away + 4 * away**3

    assert minimum(loss, np.full(5, 9.0)) == pytest.approx(centre, abs=1e-3)


def test_columns_are_what_two_texts_have() -> None:
    found = Vocabulary.of(sets(["a b", "a b", "c"]))
    assert len(found.grams) == 3  # a, b, and both together
    rows = found.rows(sets(["b", "c", "a b"]))
    assert rows.sizes.tolist() == [1, 0, 3]
    assert rows.times(np.ones(3)).tolist() == pytest.approx([1, 0, 3**0.5])
    assert rows.gathered(np.array([1.0, 1.0, 0.0]), 3).sum() == 1


def test_the_slope_vanishes_where_training_stops() -> None:
    every = sets([*GOOD, *BAD])
    vocabulary = Vocabulary.of(every)
    good = np.arange(8) < 4
    model = trained(vocabulary.rows(every), good, vocabulary)
    pull = np.where(good, -1.0, 1.0) * sigmoid(np.where(good, -1, 1) * model.log_odds(every)) / 8
    slope = vocabulary.rows(every).gathered(pull, len(vocabulary.grams)) + model.weights / (3 * 8)
    assert np.abs(slope).max() < 2e-4
    assert abs(pull.sum()) < 2e-4


def test_what_was_learnt_is_told() -> None:
    every = sets([*GOOD, *BAD])
    vocabulary = Vocabulary.of(every)
    model = trained(vocabulary.rows(every), np.arange(8) < 4, vocabulary)
    cat, dog, new = model.weights_of(token_hashes_of("cat", "dog", "new"))
    assert cat > 0 > dog
    assert new == 0
    assert model.log_odds(sets(["new words"]))[0] == pytest.approx(model.bias)
    assert model.log_odds(sets(["cat"]))[0] > 0 > model.log_odds(sets(["dog"]))[0]


def token_hashes_of(*words: str) -> Hashes:
    return np.concatenate(sets(list(words)))


def test_classes_weigh_the_same_whatever_their_size() -> None:
    texts = ["the cat"] * 30 + ["the dog"] * 3
    vocabulary = Vocabulary.of(sets(texts))
    model = trained(vocabulary.rows(sets(texts)), np.arange(33) < 30, vocabulary)
    assert model.log_odds(sets(["the"]))[0] == pytest.approx(0, abs=0.2)


def test_without_columns_nothing_is_said() -> None:
    vocabulary = Vocabulary.of([])
    model = trained(vocabulary.rows(sets(["a", "b"])), np.array([True, False]), vocabulary)
    assert model.log_odds(sets(["a", ""])).tolist() == [0, 0]
