"""The offline embedding: the same for any batching, blind to case, better than a projection of raw words."""

import json
import pickle
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from sterling.text.clusters import directions, vectors
from sterling.text.embedding import Offline, fitted

TOPICS = [
    "the cat sat with another cat near a dog",
    "ships sail the sea under wind and rain",
    "bread needs flour and yeast",
]
SAMPLE = [f"{topic} {name}" for topic in TOPICS for name in ("anna", "ben", "carl", "dora", "emil")]
GOLDEN = [0.4221, -0.0746, 0.0229]


@pytest.fixture(scope="module")
def embedder() -> Offline:
    return fitted(SAMPLE, 64)


def test_rows_have_length_one_and_texts_without_words_none(embedder: Offline) -> None:
    found = embedder.embed(["A cat.", "", "?!", "xyzzy"])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 0, 0, 1], rtol=1e-6)
    assert found.shape == (4, 64)
    assert embedder.embed([]).shape == (0, 64)


def test_a_vector_depends_on_its_own_text_alone_and_survives_pickling(embedder: Offline) -> None:
    texts = [f"{one} {number}" for number in range(700) for one in TOPICS]
    whole = embedder.embed(texts)
    np.testing.assert_array_equal(whole[1020:1030], embedder.embed(pa.array(texts[1020:1030])))
    again = pickle.loads(pickle.dumps(embedder))
    np.testing.assert_array_equal(whole[:9], again.embed(texts[:9]))
    assert "axes" not in again.__getstate__()


def test_case_and_punctuation_are_not_heard_and_order_is(embedder: Offline) -> None:
    plain, loud, turned = embedder.embed(["a dog near a cat sat", "A dog, near a CAT: sat!", "sat cat a near dog a"])
    np.testing.assert_array_equal(plain, loud)
    assert 0.5 < float(plain @ turned) < 0.99


def test_cosines_are_those_of_the_weighed_words_with_little_noise() -> None:
    words = [f"word{n}" for n in range(400)]
    sample = [" ".join(words[at : at + 20]) for at in range(0, 380, 2)]
    found = fitted(sample, 512).embed(["word5 word6 word7 word8", "word5 word6 word300 word301", "word100 word200"])
    assert abs(float(found[0] @ found[1]) - 0.5) < 0.25
    assert abs(float(found[0] @ found[2])) < 0.2


@pytest.mark.parametrize("sample", [[], [""], ["one text"], ["a b", "a b"]])
def test_hardly_any_sample_is_enough_to_tell_texts_apart(sample: list[str]) -> None:
    one, same, other = fitted(sample, 128).embed(["amber river stone", "amber river stone", "copper lamp field"])
    np.testing.assert_array_equal(one, same)
    assert float(one @ other) < 0.9


def test_golden_cosines(embedder: Offline) -> None:
    found = embedder.embed([TOPICS[0], "a cat and a dog", "rain at sea", "flour"]).astype(np.float64)
    np.testing.assert_allclose([found[0] @ found[1], found[0] @ found[2], found[2] @ found[3]], GOLDEN, atol=1e-3)


def test_halves_of_real_problems_find_each_other_better_than_by_raw_words(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k" / "train.jsonl").read_text("utf-8").splitlines()[:2000]
    cut = [re.split(r"(?<=[.?!])\s+", json.loads(line)["question"]) for line in lines]
    halves = [(" ".join(s[: len(s) // 2]), " ".join(s[len(s) // 2 :])) for s in cut if len(s) > 3]
    one, other = [a for a, _ in halves], [b for _, b in halves]
    embedder = fitted([*one, *other])
    raw = vectors([*one, *other])
    raw = directions(raw - raw.mean(axis=0))
    by_raw = float(np.mean(np.argmax(raw[: len(one)] @ raw[len(one) :].T, axis=1) == np.arange(len(one))))
    found = embedder.embed(one) @ embedder.embed(other).T
    assert float(np.mean(np.argmax(found, axis=1) == np.arange(len(one)))) > by_raw + 0.1
