import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sterling.curate.benchmark import Benchmark, Item, benchmark
from sterling.text import ngram_hashes, plain_words

TEXTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=12).map(" ".join), max_size=6)


def indexed(*texts: str, n: int = 3) -> Benchmark:
    return benchmark((Item(f"item {i}", (text,), (text,)) for i, text in enumerate(texts)), n)


def ngrams(text: str, n: int) -> list[tuple[str, ...]]:
    tokens = plain_words(text)
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


@given(TEXTS, TEXTS)
def test_find_agrees_with_sets(items: list[str], texts: list[str]) -> None:
    known = indexed(*items)
    owners = {gram: i for i, text in reversed(list(enumerate(items))) for gram in ngrams(text, 3)}
    for text in texts:
        found = known.find(ngram_hashes(plain_words(text), 3)).tolist()
        assert found == [owners.get(gram, -1) for gram in ngrams(text, 3)]


def test_a_short_text_is_found_by_its_words_alone() -> None:
    known = indexed("Who wrote?", "one two three four")
    assert known.find_short(" who... WROTE") == 0
    assert known.find_short("who wrote it") is None
    assert known.find_short("") is None
    assert known.find_short("one two three four") is None


def test_texts_without_words_are_no_names() -> None:
    assert not indexed("?!", "").short


def test_an_empty_benchmark_finds_nothing() -> None:
    known = indexed()
    assert known.find(np.arange(5, dtype=np.uint64)).tolist() == [-1] * 5
    assert known.find_short("a") is None


def test_it_travels_to_other_processes() -> None:
    known = pickle.loads(pickle.dumps(indexed("a b c d")))
    assert known.find(ngram_hashes(["b", "c", "d"], 3)).tolist() == [0]
