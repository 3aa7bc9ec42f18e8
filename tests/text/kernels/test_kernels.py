"""Compiled kernels give the same numbers as the Python that defines them, on text of every kind."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sterling.text import Banding, Hashes, ngram_hashes, normal, plain_words, shingles, token_hashes
from sterling.text.kernels import Crowd, Grams, Pairs, Shingling, kernels, plain, tables

compiled = pytest.importorskip("sterling.text.kernels.compiled", reason="numba is not installed: pip install '.[fast]'")
build = pytest.importorskip("sterling.text.kernels.build")

SCRIPTS = "aZ09_ \t\n.,'-éßſİıΣσςΧ数学。กำеЁИاللغة\u0301\u200b\u00a0\u2028\u0345\U0001f600\U00010400ŉΐẞﬃ\x1c\x85²½"
TEXTS = st.lists(st.one_of(st.text(st.sampled_from(SCRIPTS)), st.text(), st.text("ab .", max_size=200)), max_size=6)
SHINGLINGS = st.builds(Shingling, st.integers(1, 7), st.sampled_from(["word", "character"]))
HARD = ["", " ", "ΑΣ ΣΑΣ. Σ", "İstanbul İ", "don't  STOP!", "\U0001f600a", "ΧΑΟΣ", "ends here", "ends here "]
CUT = Banding(21, 6)


def column(texts: Sequence[str], kind: pa.DataType | None = None) -> pa.StringArray:
    """Without lone surrogates, which no Arrow column holds."""
    return pa.array([text.encode("utf-8", "replace").decode() for text in texts], kind or pa.string())


@settings(max_examples=100)
@given(TEXTS, SHINGLINGS)
@example(HARD, Shingling(5))
@example(HARD, Shingling(3, "character"))
def test_marks(texts: list[str], by: Shingling) -> None:
    found, defined = (module.marks(column(texts), by, CUT) for module in (compiled, plain))
    assert np.array_equal(found.keys, defined.keys)
    assert np.array_equal(found.sketches, defined.sketches)


def test_marks_of_a_long_text_and_after_it_of_a_short_one() -> None:
    texts = column([" ".join(map(str, range(5000))), "short", "x y " * 3000])
    found, defined = (module.marks(texts, Shingling(5), CUT) for module in (compiled, plain))
    assert np.array_equal(found.keys, defined.keys)


@settings(max_examples=100)
@given(TEXTS, SHINGLINGS, st.data())
@example(HARD, Shingling(2), None)
def test_similarities(texts: list[str], by: Shingling, data: st.DataObject | None) -> None:
    texts = [*texts, "a b a b c", "b c a b"]
    every = [(i, j) for i in range(len(texts)) for j in range(len(texts))]
    chosen = every if data is None else data.draw(st.lists(st.sampled_from(every)))
    one, other = np.array(chosen, np.int64).reshape(-1, 2).T
    found, defined = (module.similarities(column(texts), Pairs(one, other), by) for module in (compiled, plain))
    assert np.array_equal(found, defined)


@settings(max_examples=150)
@given(TEXTS)
@example([*HARD, "ﬃ" * 9, "straße", "STRASSE", "a" * 8, "a" * 7 + " ", "a\x85b"])
def test_digests(texts: list[str]) -> None:
    assert np.array_equal(compiled.digests(column(texts)), plain.digests(column(texts)))


@given(TEXTS)
@example(HARD)
def test_word_hashes(texts: list[str]) -> None:
    found, defined = (module.word_hashes(column(texts)) for module in (compiled, plain))
    assert [one.tolist() for one in found] == [one.tolist() for one in defined]


def grams(n: int, *texts: str) -> Grams:
    hashes = [ngram_hashes(plain_words(text), n) for text in texts]
    return Grams.of(n, np.unique(np.concatenate([np.empty(0, np.uint64), *hashes])))


@settings(max_examples=100)
@given(st.lists(st.lists(st.sampled_from("abΣ,"), max_size=12).map(" ".join)), st.sampled_from([(1,), (3,), (2, 4)]))
def test_suspects(texts: list[str], lengths: tuple[int, ...]) -> None:
    known = [grams(n, "a b a a b b", "aΣ a a b") for n in lengths]
    found, defined = (module.suspects(column(texts), known) for module in (compiled, plain))
    assert np.array_equal(found.found, defined.found)
    assert np.array_equal(found.words, defined.words)


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 12), max_size=6), st.integers(1, 3), st.integers(1, 5), st.randoms(use_true_random=False)
)
def test_alike(sizes: list[int], met: int, scanned: int, random: Random) -> None:
    members = 20
    sketches = np.array([[random.choice([0, 1, 5, 1 << 62]) for _ in range(4)] for _ in range(members)], np.uint64)
    words = np.array([random.randint(5, 9) for _ in range(members if random.random() < 0.7 else 0)], np.int32)
    places = np.array(random.sample(range(100), members), np.int64)
    rows = [
        ((1 << 36) - 1 - band, member) for band, size in enumerate(sizes) for member in random.sample(range(20), size)
    ]
    random.shuffle(rows)
    bands, found_in = (np.array([row[side] for row in rows], np.uint64) for side in (0, 1))
    crowd = Crowd(bands, found_in, places, sketches, words)
    found, defined = (module.alike(crowd, 126, 0.7, met, scanned) for module in (compiled, plain))
    assert np.array_equal(found.one, defined.one)
    assert np.array_equal(found.other, defined.other)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_and_wide_offsets_are_read_where_they_lie(kind: pa.DataType) -> None:
    texts = column(["not this", "Real metal", "a measured alloy", "ΧΑΟΣ", "nor this"], kind)
    for part in (texts[1:4], texts[:0], texts[2:3]):
        alone = column(part.to_pylist())
        assert np.array_equal(compiled.marks(part, Shingling(2), CUT).keys, plain.marks(alone, Shingling(2), CUT).keys)
        assert np.array_equal(compiled.digests(part), plain.digests(alone))


def hashes_of(text: str, by: Shingling) -> Hashes:
    """What the kernel reads of one text, as a set."""
    data, offsets = compiled._lowered(column([text]))
    out, ends = np.empty(len(data) + 1, np.uint64), np.empty(1, np.int64)
    compiled.similar.shingle_hashes(data, offsets, tables.lower_table(), compiled._kind(by), by.n, out, ends)
    return np.unique(out[: ends[0]])


@pytest.mark.parametrize("block", [*range(0, 0x20000, 0x8000), 0xE0000])
def test_every_character_is_read_as_python_reads_it(block: int) -> None:
    """In a word, between words, and alone: a token is what Python's own expressions say."""
    codes = [code for code in range(block, block + 0x8000) if not 0xD800 <= code < 0xE000]
    text = " ".join(f"a{chr(code)}b {chr(code)}" for code in codes)
    assert np.array_equal(hashes_of(text, Shingling(1)), shingles(text, 1))
    assert np.array_equal(hashes_of(text, Shingling(2, "character")), shingles(text, 2, "character"))
    assert np.array_equal(compiled.digests(column([text])), plain.digests(column([text])))


def test_lower_casing_twice_is_lower_casing_once() -> None:
    """Rows with a contextual character are lower-cased before the kernel does it again."""
    everything = "".join(chr(code) for code in range(0x110000))
    assert everything.lower().lower() == everything.lower()
    assert [one for one in everything if len(one.lower()) > 1] == ["İ"]
    assert {"Σ", "İ"} == set(tables.CONTEXTUAL)


def test_white_space_is_the_same_to_expressions_and_to_split() -> None:
    everything = "".join(chr(code) for code in range(0x110000))
    assert {one for one in everything if one.isspace()} == set(re.findall(r"\s", everything))
    assert not any(one.casefold().isspace() != one.isspace() for one in everything)
    assert normal.normalised(" Straße\u2028\x1cX ") == "strasse x"


def test_different_tokens_have_different_hashes() -> None:
    tokens = [f"{stem}{number}" for stem in ("", "a", "word", "数") for number in range(50_000)]
    assert len(np.unique(token_hashes(tokens))) == len(tokens)


def test_numba_is_used_where_it_is_installed() -> None:
    assert kernels() is compiled


def test_threads_do_not_disturb_each_other() -> None:
    parts = [column([f"text {part} {at} " * 40 for at in range(200)]) for part in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda part: compiled.marks(part, Shingling(5), CUT).keys, parts))
    wanted = [plain.marks(part, Shingling(5), CUT).keys for part in parts]
    assert all(np.array_equal(keys, right) for keys, right in zip(found, wanted, strict=True))


def test_a_place_that_cannot_be_written_to_is_passed_over(tmp_path: Path) -> None:
    """Where kernels are kept: the first folder of those that take a file."""
    blocked = tmp_path / "a file, not a folder"
    blocked.touch()
    assert not build.writable(blocked / "kernels")
    assert build.writable(tmp_path / "cache" / "kernels")
