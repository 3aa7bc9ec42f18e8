import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.text import jaccard, ngram_hashes, ngrams, overlap, shingles, token_hashes, window_hashes

SETS = st.sets(st.integers(min_value=0, max_value=60))
TOKENS = st.lists(st.sampled_from("abc"), max_size=30)
GOLDEN_TOKENS = [6604557253356400157, 15670036153926408291]
GOLDEN_BIGRAMS = [6676579727471528260, 1966483990309857200]


def sorted_array(members: set[int]) -> ngrams.Hashes:
    return np.array(sorted(members), dtype=np.uint64)


def test_hashes_are_the_same_on_every_machine() -> None:
    assert token_hashes(["real", "metal"]).tolist() == GOLDEN_TOKENS
    assert ngram_hashes(["a", "measured", "alloy"], 2).tolist() == GOLDEN_BIGRAMS


@given(TOKENS, st.integers(min_value=1, max_value=6))
def test_equal_hashes_are_equal_ngrams(tokens: list[str], n: int) -> None:
    spelled = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    hashes = ngram_hashes(tokens, n).tolist()
    assert len(hashes) == len(spelled)
    assert len(set(hashes)) == len(set(spelled)) == len(set(zip(spelled, hashes, strict=True)))


def test_order_matters_and_so_does_length() -> None:
    numbers = [str(i) for i in range(30)]
    trigrams = {int(ngram_hashes([a, b, c], 3)[0]) for a in numbers for b in numbers for c in numbers}
    assert len(trigrams) == 30**3
    assert not trigrams & set(ngram_hashes(numbers, 2).tolist())


def test_a_full_cache_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [str(i % 50) for i in range(200)]
    before = token_hashes(tokens)
    monkeypatch.setattr(ngrams, "_CACHED_TOKENS", 10)
    assert np.array_equal(token_hashes(tokens), before)


def test_a_lone_surrogate_has_a_hash() -> None:
    assert len(token_hashes(["\ud800"])) == 1


def test_windows_longer_than_the_text_are_none() -> None:
    assert len(window_hashes(token_hashes(["a", "b"]), 3)) == 0


def test_shingles_are_a_set_without_case_and_white_space() -> None:
    assert np.array_equal(shingles("One two  three ONE two three", 3), shingles("one two\nthree one two three", 3))
    assert len(shingles("one two three one two three", 3)) == 3


@pytest.mark.parametrize("text", ["", "one", "one two three four"])
def test_a_short_text_is_one_shingle(text: str) -> None:
    assert len(shingles(text, 5)) == 1
    assert jaccard(shingles(text, 5), shingles(text.upper(), 5)) == 1
    assert jaccard(shingles(text, 5), shingles(text + " more", 5)) == 0


@given(SETS, SETS)
def test_similarities_are_those_of_sets(a: set[int], b: set[int]) -> None:
    left, right = sorted_array(a), sorted_array(b)
    assert overlap(left, right) == len(a & b)
    assert jaccard(left, right) == (len(a & b) / len(a | b) if a | b else 1)


def test_character_shingles_forgive_case_and_white_space() -> None:
    assert np.array_equal(shingles(" AB \n c", 3, "character"), shingles("ab c", 3, "character"))
    assert len(shingles("ab c", 3, "character")) == 2
    assert len(shingles("ab", 3, "character")) == 1
    assert jaccard(shingles("ab", 3, "character"), shingles("a b", 3, "character")) == 0
