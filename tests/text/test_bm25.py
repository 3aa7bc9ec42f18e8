"""BM25 against the formula written out, word by word and without arrays."""

import math
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.text.bm25 import Bm25
from sterling.text.tokens import plain_words

K1, B = 1.2, 0.75
TEXTS = ["the cat sat", "the dog sat on the cat", "", "a bird", "cat cat cat cat cat"]
words = st.lists(st.sampled_from("ab cd ef gh ij ß É 42".split()), max_size=8).map(" ".join)  # noqa: SIM905


def by_formula(texts: list[str], query: str) -> list[float]:
    counts = [Counter(plain_words(text)) for text in texts]
    lengths = [count.total() for count in counts]
    mean = sum(lengths) / len(lengths)
    scores = [0.0] * len(texts)
    for word in set(plain_words(query)):
        holders = sum(word in count for count in counts)
        idf = math.log(1 + (len(texts) - holders + 0.5) / (holders + 0.5))
        for n, count in enumerate(counts):
            if count[word]:
                scores[n] += idf * count[word] * (K1 + 1) / (count[word] + K1 * (1 - B + B * lengths[n] / mean))
    return scores


@given(st.lists(words, min_size=1, max_size=12), words)
@settings(max_examples=200)
def test_scores_are_the_formula(texts: list[str], query: str) -> None:
    assert Bm25(texts).scores(query).tolist() == pytest.approx(by_formula(texts, query), rel=1e-5, abs=1e-6)


@given(st.lists(words, min_size=1, max_size=12), words, st.integers(1, 5))
def test_the_best_come_first_and_the_earlier_of_equals(texts: list[str], query: str, top: int) -> None:
    index = Bm25(texts)
    scores = index.scores(query)
    wanted = sorted((n for n in range(len(texts)) if scores[n] > 0), key=lambda n: (-scores[n], n))
    assert [hit.document for hit in index.search(query, top)] == wanted[:top]


def test_a_word_that_every_passage_has_never_counts_against_one() -> None:
    assert (Bm25(["the cat", "the dog"]).scores("the") > 0).all()


def test_length_and_repetition_count_as_the_parameters_say() -> None:
    short_first = ["cat", "cat and many other words that are not asked for"]
    assert Bm25(short_first).scores("cat")[0] > Bm25(short_first).scores("cat")[1]
    assert Bm25(short_first, b=0).scores("cat")[0] == Bm25(short_first, b=0).scores("cat")[1]
    assert Bm25(TEXTS, k1=0, b=0).scores("cat")[4] == Bm25(TEXTS, k1=0, b=0).scores("cat")[0]


def test_nothing_is_found_where_nothing_is_shared() -> None:
    assert Bm25(TEXTS).search("zebra", 3) == []
    assert Bm25(TEXTS).search("", 3) == []
    assert Bm25([]).search("cat", 3) == []
    assert Bm25(["", "!"]).search("cat", 3) == []
    assert [len(Bm25(texts)) for texts in ([], TEXTS)] == [0, 5]


def test_an_index_survives_the_way_to_a_worker() -> None:
    index = Bm25(TEXTS)
    again = pickle.loads(pickle.dumps(index))
    assert np.array_equal(again.scores("the cat"), index.scores("the cat"))


def test_it_takes_eight_bytes_an_entry_beside_its_vocabulary() -> None:
    texts = [" ".join(f"w{(n * 7 + i) % 50}" for i in range(20)) for n in range(500)]
    entries, vocabulary = sum(len(set(text.split())) for text in texts), 50
    assert Bm25(texts).nbytes == 8 * entries + 4 * len(texts) + 16 * vocabulary + 8
