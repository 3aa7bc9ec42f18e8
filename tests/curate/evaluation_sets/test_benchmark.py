import pickle

from hypothesis import given
from hypothesis import strategies as st

from sterling.curate.evaluation_sets.benchmark import Benchmark, Item, benchmark, overlaps
from sterling.text import Hashes, plain_words, token_hashes

TEXTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=12).map(" ".join), max_size=6)


def indexed(*texts: str, lengths: tuple[int, ...] = (3,)) -> Benchmark:
    return benchmark((Item(f"item {i}", (text,), (text,), "item") for i, text in enumerate(texts)), lengths)


def hashed(text: str) -> Hashes:
    return token_hashes(plain_words(text))


def ngrams(text: str, n: int) -> list[tuple[str, ...]]:
    tokens = plain_words(text)
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


@given(TEXTS, TEXTS)
def test_find_agrees_with_sets(items: list[str], texts: list[str]) -> None:
    known = indexed(*items, lengths=(2, 3))
    assert [one.n for one in known.sought] == [3, 2]
    for at, n in enumerate((3, 2)):
        owners = {gram: i for i, text in reversed(list(enumerate(items))) for gram in ngrams(text, n)}
        for text, found in zip(texts, overlaps(known, [hashed(text) for text in texts]), strict=True):
            assert found[at].tolist() == [owners.get(gram, -1) for gram in ngrams(text, n)]


def test_a_short_text_is_found_by_its_words_alone() -> None:
    known = indexed("Who wrote?", "one two three four")
    assert known.find_short(" who... WROTE") == 0
    assert known.find_short("who wrote it") is None
    assert known.find_short("") is None
    assert known.find_short("one two three four") is None


def test_a_text_is_short_when_it_has_no_ngram_of_the_longest_kind() -> None:
    assert indexed("one two three four", lengths=(2, 5)).find_short("One, two, three, four!") == 0


def test_texts_without_words_are_no_names() -> None:
    assert not indexed("?!", "").short


def test_an_empty_benchmark_finds_nothing() -> None:
    known = indexed()
    assert [found.tolist() for found in overlaps(known, [hashed("a b c d")])[0]] == [[-1, -1]]
    assert known.find_short("a") is None


def test_it_travels_to_other_processes() -> None:
    known = pickle.loads(pickle.dumps(indexed("a b c d")))
    assert overlaps(known, [hashed("b c d")])[0][0].tolist() == [0]
