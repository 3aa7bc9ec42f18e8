"""Compiled kernels give the same numbers as the Python that defines them."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sterling.text import Banding, plain_words, shingles
from sterling.text.kernels import Crowd, Grams, Pairs, Shingling, compiled, plain
from sterling.text.kernels.tables import CONTEXTUAL, SPACE, WORD, classes, folding_table
from sterling.text.ngrams import ngram_hashes
from sterling.text.normal import normalised

SCRIPTS = "aZ09_ \t\n.,'-éßſİıΣσςΧ数学。กำеЁИاللغة\u0301\u200b\u00a0\u2028\u0345\U0001f600\U00010400ŉΐẞﬃ\x1c\x85²½"
TEXTS = st.lists(st.one_of(st.text(st.sampled_from(SCRIPTS)), st.text(), st.text("ab .", max_size=300)), max_size=6)
SHINGLINGS = st.builds(Shingling, st.integers(1, 7), st.sampled_from(["word", "character"]))
HARD = ["", " ", "ΑΣ ΣΑΣ. Σ", "İstanbul İ", "don't  STOP!", "\U0001f600a", "ΧΑΟΣ", "a" * 700, "x y " * 700]


def column(texts: Sequence[str]) -> pa.StringArray:
    return pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())


@settings(max_examples=60)
@given(TEXTS, SHINGLINGS)
@example(HARD, Shingling(5))
@example(HARD, Shingling(3, "character"))
def test_marks(texts: list[str], by: Shingling) -> None:
    for found, defined in zip(
        compiled.marks(column(texts), by, Banding(21, 6)), plain.marks(column(texts), by, Banding(21, 6)), strict=True
    ):
        assert np.array_equal(found, defined)
