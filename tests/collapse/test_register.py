"""What is counted of a prompt."""

import pytest

from sterling.collapse.register import FEATURES, Vocabulary, in_vocabulary

NAMED = {feature.name: feature.value for feature in FEATURES}


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("capital_start", '"Why not?"', "3 why not"),
        ("end_mark", "Tell me more.", "tell me more"),
        ("contractions", "it’s broken", "Anna's car is broken"),  # noqa: RUF001
        ("contractions", "dont know", "I do not know"),
        ("question", "how do I do that", "do that as shown"),
        ("polite", "pls fix", "This pleases nobody"),
        ("markup", "Look:\n- one\n- two", "one - two"),
    ],
)
def test_features(name: str, yes: str, no: str) -> None:
    assert (NAMED[name](yes), NAMED[name](no)) == (1.0, 0.0)


def test_lengths_are_in_words_and_characters() -> None:
    assert (NAMED["words"](" don't stop "), NAMED["characters"](" don't stop ")) == (3.0, 10.0)


def test_a_slip_is_a_rare_word_beside_a_frequent_one() -> None:
    known = Vocabulary.of(["the printer printed the letters"] * 12)
    slips, unknown = (feature.value for feature in reversed(in_vocabulary(known)))
    assert [slips(text) for text in ("the pritner", "a prnter", "the printers", "the painting")] == [1.0, 1.0, 0.0, 0.0]
    assert unknown("the new printer works") == 0.5
