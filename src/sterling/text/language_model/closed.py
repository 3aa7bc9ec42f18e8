"""Costs that can be compared between models: one vocabulary, known to all of them."""

import math
from collections.abc import Sequence

import numpy as np

from sterling.text.language_model.model import LanguageModel, Scores
from sterling.text.ngrams import Hashes


def closed_scores(model: LanguageModel, texts: Sequence[Hashes], vocabulary: Hashes) -> Scores:
    """What texts cost when every token of a vocabulary has a probability of its own.

    What the model leaves for `unknown` is shared evenly by the tokens of `vocabulary` (sorted, distinct) that it does
    not know; so the probabilities of what it knows and of the vocabulary sum to 1, and a model that has seen fewer
    types pays for the others. Tokens of `texts` beyond the vocabulary cost as much as those.
    """
    scores = model.scores(texts)
    tokens = np.concatenate([np.zeros(0, np.uint64), *texts])
    owner = np.repeat(np.arange(len(texts)), scores.tokens)
    strange = np.bincount(owner[~model.knows(tokens)], minlength=len(texts))
    return Scores(scores.bits + strange * unknown_bits(model, vocabulary), scores.tokens)


def unknown_bits(model: LanguageModel, vocabulary: Hashes) -> float:
    """What each unknown token of a closed vocabulary costs beyond `unknown`, which they share evenly."""
    return math.log2(max(1, int((~model.knows(vocabulary)).sum())))
