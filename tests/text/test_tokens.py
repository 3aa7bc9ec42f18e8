import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.text import count_tokens, pieces, plain_word_spans, plain_word_stretch, plain_words, words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        (" \n\t", []),
        ("Don't stop.", ["Don", "'", "t", "stop", "."]),
        ("x+=1", ["x", "+", "=", "1"]),
        ("naïve snake_case", ["naïve", "snake_case"]),
        ("数学很难。", ["数学很难", "。"]),
        ("3.14 €5", ["3", ".", "14", "€", "5"]),
        ("...", [".", ".", "."]),
    ],
)
def test_pieces(text: str, tokens: list[str]) -> None:
    assert pieces(text) == tokens


def test_words_are_lower_cased_and_plain_words_have_no_punctuation() -> None:
    assert words("He SAID: Stop!") == ["he", "said", ":", "stop", "!"]
    assert plain_words("He SAID: Stop!") == ["he", "said", "stop"]


@given(st.text())
def test_nothing_but_white_space_is_lost(text: str) -> None:
    assert "".join(pieces(text)) == re.sub(r"\s", "", text)


@given(st.text())
def test_count_is_the_number_of_pieces(text: str) -> None:
    assert count_tokens(text) == len(pieces(text))


@given(st.text())
def test_spans_point_into_the_lower_cased_text(text: str) -> None:
    assert [text.lower()[start:end] for start, end in plain_word_spans(text)] == plain_words(text)


@given(st.text(), st.data())
def test_a_stretch_is_from_the_first_word_to_the_last(text: str, data: st.DataObject) -> None:
    spans = plain_word_spans(text)
    if spans:
        first = data.draw(st.integers(0, len(spans) - 1))
        last = data.draw(st.integers(first, len(spans) - 1))
        assert plain_word_stretch(text, first, last) == (spans[first][0], spans[last][1])
