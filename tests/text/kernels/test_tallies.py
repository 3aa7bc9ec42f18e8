"""What is counted in a text, and that the compiled kernel counts the same."""

from types import ModuleType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sterling.text import Hashes, token_hashes
from sterling.text.kernels import plain, tallies

STOP = token_hashes(["and", "the", "\u03c3", "\u0645\u0646"])
SCRIPTS = (
    "aZ09_ \t\n\n\n..,'-#*\u00e9\u00df\u0130\u03a3\u03c3"
    '\u6570\u3002\u0e01\u2026\u2022\u201d)]"!?\u00a0\u2028\u3000\x00\x85\x1c\ufffd\U0001f600{;'
)
WORDS = ["the", "and", "a", "b.", "c,", "\n", "\n\n", "- ", "...", "x\u00e9", "(said", '"so".)']
TEXTS = st.lists(
    st.one_of(
        st.text(st.sampled_from(SCRIPTS), max_size=60),
        st.text(max_size=30),
        st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
        st.lists(st.sampled_from(WORDS[:4]), max_size=80).map(" ".join),
    ),
    max_size=5,
)
HARD = [
    "", " ", "\n", "\u0130 \u03a3\u0391\u03a3. \u03a3", "a\n\na\n\n- b\n\u2022 c...\nd\u2026\n\n", "x " * 50, "\t\n x",
    '(he said "no".)\n\tx = [\n  y;', "\x00\x85\x9f\ufffd###", "a b c " * 9 + "d " + "a b c " * 5,
    "\u6570\u6570\u3002\n\u0e01",
    " ".join(f"w{n}" for n in range(70)) + " " + " ".join(f"w{n}" for n in range(70)),
    "-", "- ", "*x", "  ", "+ \u201cx.\u201d", "\u00a0x\u3000\n\u2028y\u00a0",
]  # fmt: skip


def column(texts: list[str]) -> pa.StringArray:
    return pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())


@pytest.fixture(scope="module")
def compiled() -> ModuleType:
    reason = "numba is not installed: pip install '.[fast]'"
    module: ModuleType = pytest.importorskip("sterling.text.kernels.compiled", reason=reason)
    return module


@settings(max_examples=80)
@given(TEXTS)
@example(HARD)
def test_compiled_counts_are_the_plain_ones(compiled: ModuleType, texts: list[str]) -> None:
    for stop in (STOP, STOP[:0]):
        found, defined = (module.tallies(column(texts), stop) for module in (compiled, plain))
        assert_equal(found, defined)


def test_every_character_is_counted_alike(compiled: ModuleType) -> None:
    codes = [code for code in range(0x20000) if not 0xD800 <= code < 0xE000]
    each = [f"a{chr(code)} {chr(code)}\n{chr(code)}x\n{chr(code)}" for code in codes]
    texts = column([" ".join(each[at : at + 64]) for at in range(0, len(each), 64)])
    assert_equal(compiled.tallies(texts, STOP), plain.tallies(texts, STOP))


def assert_equal(found: npt.NDArray[np.int64], defined: npt.NDArray[np.int64]) -> None:
    wrong = [(int(row), tallies.NAMES[at]) for row, at in zip(*np.nonzero(found != defined), strict=True)]
    assert not wrong


def test_slices_are_read_where_they_lie(compiled: ModuleType) -> None:
    texts = column(["not this. ", "one\none", "two \u00e9. ", "nor this."])
    assert_equal(compiled.tallies(texts[1:3], STOP), plain.tallies(column(["one\none", "two \u00e9. "]), STOP))
    assert compiled.tallies(texts[:0], STOP).shape == (0, len(tallies.NAMES))


def counted(text: str, stop: Hashes = STOP) -> dict[str, int]:
    return dict(zip(tallies.NAMES, tallies.tally(text, stop), strict=True))


def test_words_and_sentences() -> None:
    found = counted('The cat (the "cat.") ... and 12 dogs\x07 #1')
    assert (found["words"], found["alphabetic"], found["sentences"], found["ellipses"]) == (9, 6, 2, 1)
    assert (found["controls"], found["hashes"], found["stop_words"]) == (1, 1, 2)


def test_lines_and_paragraphs() -> None:
    found = counted("- one.\n- one.\n\nend...\n  x = {\n\n- one.\n- one.\n")
    assert (found["lines"], found["bullets"], found["trailing"], found["ended"], found["code"]) == (6, 4, 1, 5, 1)
    assert (found["repeated_lines"], found["repeated_line_characters"]) == (3, 18)
    assert (found["paragraphs"], found["repeated_paragraphs"], found["repeated_paragraph_characters"]) == (3, 1, 12)


def test_ngrams_count_the_characters_of_words() -> None:
    found = counted("red fox, red fox; red owl")
    assert found["word_characters"] == 18
    assert found["top_2"] == 2 * 6
    assert found["top_3"] == 2 * 9  # `red fox red` overlaps with itself
    assert found["repeated_5"] == 0
    again = counted("a bb c d e and then a bb c d e f")
    assert again["repeated_5"] == 6
    assert again["repeated_6"] == 0


def test_a_loop_is_what_a_text_ends_with() -> None:
    assert tallies.loop(["x", "y", "a", "b", "a", "b", "a", "b"]) == (6, 3)
    assert tallies.loop(["a", "b", "a", "b", "a", "b", "x"]) == (0, 0)
    assert tallies.loop(["x", "a", "b", "c", "a", "b", "c", "a"]) == (0, 0)
    assert tallies.loop(["b", "a", "b", "a", "b", "a", "b"]) == (7, 3)
