import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sterling.text import plain_words, token_hashes
from sterling.text.directions import directions
from sterling.text.rarity import (
    DocumentFrequencies,
    Held,
    Seen,
    held_pairs,
    held_words,
    mean_bits,
    rarest_quarter,
    share_alone,
)

TEXTS = ["the cat and the dog", "the dog", "", "a dragon sat"]
BITS = 22


def hashes(texts: list[str]) -> list[np.ndarray]:
    return [token_hashes(plain_words(text)) for text in texts]


def seen(*held: Held) -> Seen:
    counts = Seen(BITS)
    for one in held:
        buckets, times = np.unique(one.buckets, return_counts=True)
        counts.add(buckets, times)
    return counts


def test_rare_words_are_rare() -> None:
    words = held_words(hashes(TEXTS), BITS)
    counts = seen(words)
    bits = mean_bits(words, counts, 4, 4)
    assert bits[0] == (1 + 2 + 2 + 1) / 4  # the, cat, and, dog: in 2, 1, 1, 2 of 4 texts
    assert bits[1] == 1
    assert bits[2] == 0
    assert bits[3] == math.log2(4)
    assert share_alone(words, counts, 4).tolist() == [0.5, 0, 0, 1]


def test_pairs_do_not_reach_across_texts() -> None:
    pairs = held_pairs(hashes(TEXTS), BITS, 0)
    assert np.bincount(pairs.texts, minlength=4).tolist() == [4, 1, 0, 2]
    assert share_alone(pairs, seen(pairs), 4).tolist() == [0.75, 0, 0, 1]


@given(st.lists(st.text("abc ", max_size=30), max_size=8), st.integers(0, 8))
def test_what_a_text_holds_does_not_depend_on_its_neighbours(texts: list[str], cut: int) -> None:
    parts = [hashes(part) for part in (texts, texts[:cut], texts[cut:])]
    for whole, first, last in (
        [held_words(part, BITS) for part in parts],
        [held_pairs(part, BITS, 1) for part in parts],
    ):
        assert whole.buckets.tolist() == [*first.buckets.tolist(), *last.buckets.tolist()]
        assert whole.times.tolist() == [*first.times.tolist(), *last.times.tolist()]
    words = held_words(hashes(texts), BITS)
    types = [len(set(plain_words(text))) for text in texts]
    assert np.bincount(words.texts, minlength=len(texts)).tolist() == types
    assert int(words.times.sum()) == sum(len(plain_words(text)) for text in texts)


def test_thinning_takes_the_same_pairs_everywhere() -> None:
    texts = [" ".join(f"w{n}" for n in range(2000)), " ".join(f"w{n}" for n in range(1999, -1, -1)), "w1 w2 w3"]
    every, some = (held_pairs(hashes(texts), BITS, thin) for thin in (0, 3))
    assert 180 < np.count_nonzero(some.texts == 0) < 320
    assert set(some.buckets.tolist()) < set(every.buckets.tolist())


def test_counts_stop_at_the_largest_number() -> None:
    counts = Seen(4, np.uint8)
    for _ in range(3):
        counts.add(np.array([2]), np.array([200]))
    assert counts.counts.tolist() == [0, 0, 255, *[0] * 13]


def test_directions_of_like_texts_are_near() -> None:
    texts = ["the cat sat on the mat", "the mat sat on the cat", "quarterly revenue grew by nine percent", ""]
    rows = directions(held_words(hashes(texts), BITS), 4)
    assert np.allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0], atol=1e-6)
    assert rows[0] @ rows[1] > 0.99
    assert rows[0] @ rows[2] < 0.5


def test_frequencies_of_parts_add_up() -> None:
    whole, part = DocumentFrequencies(), DocumentFrequencies()
    whole.add(TEXTS)
    part.add(TEXTS[:1])
    part.add(TEXTS[1:])
    assert [part.rarity(text) for text in TEXTS] == [whole.rarity(text) for text in TEXTS]
    assert part.rarity("the") < part.rarity("dragon")


def test_the_rarest_quarter_is_held_against_other_texts() -> None:
    common = ["the cat and the dog"] * 20 + ["an owl"]
    texts = ["the cat", "an owl", "the dog and a zebra", "and the cat"]
    assert rarest_quarter(texts, common).tolist() == [False, True, False, False]
    assert rarest_quarter(["same"] * 8, ["same"]).all()
    assert rarest_quarter([], common).tolist() == []
