"""A closed vocabulary: probabilities that sum to 1, and a price for types that a model has not seen."""

import numpy as np
import pytest

from sterling.text import Hashes, token_hashes
from sterling.text.language_model import LanguageModel
from sterling.text.language_model.closed import closed_scores

VOCABULARY = np.unique(token_hashes(list("abcde")))


def _tokens(text: str) -> Hashes:
    return token_hashes(text.split())


@pytest.mark.parametrize("context", ["", "a", "b a", "d"])
def test_the_vocabulary_has_all_probability_after_every_context(context: str) -> None:
    model = LanguageModel.trained([[_tokens("a b a c")]])
    before = closed_scores(model, [_tokens(context)], VOCABULARY).bits[0]
    after = [closed_scores(model, [_tokens(f"{context} {token}")], VOCABULARY).bits[0] for token in "abcde"]
    assert sum(2 ** -(bits - before) for bits in after) == pytest.approx(1, abs=1e-5)


def test_what_was_never_seen_costs_more_the_more_of_it_there_is() -> None:
    model = LanguageModel.trained([[_tokens("a b a c")]])
    few, many = np.unique(_tokens("a b c d")), np.unique(_tokens("a b c d e f g h"))
    one, other = (closed_scores(model, [_tokens("d")], vocabulary).bits[0] for vocabulary in (few, many))
    assert other - one == pytest.approx(np.log2(5))
    assert model.knows(_tokens("a d c")).tolist() == [True, False, True]
