"""A Witten-Bell n-gram model as a student: trained in a second, so that an experiment needs no accelerator."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sterling.experiment.students.student import Floats, LossUnit
from sterling.experiment.tasks import Example
from sterling.text import Hashes, piece_hashes
from sterling.text.language_model import LanguageModel
from sterling.text.language_model.closed import closed_scores

_TEXTS = 1 << 17
"""Whose hashes are remembered, 8 bytes a token: a text trains many arms with many seeds."""


class Ngrams:
    """A Witten-Bell n-gram model over a closed vocabulary, that of all texts of the experiment.

    Deterministic, so `seed` is not used: chance comes from which documents an arm is given. It learns which words
    follow which; it knows nothing of meaning, and its taste is that of an n-gram model.
    """

    unit: LossUnit = "bits a token"

    def __init__(self, test: Sequence[Example], others: Sequence[Example], order: int = 3) -> None:
        self._test = [hashed(one.text) for one in test]
        nothing = np.empty(0, np.uint64)
        self._vocabulary = np.unique(np.concatenate([nothing, *self._test, *(hashed(one.text) for one in others)]))
        self._order = order

    @property
    def name(self) -> str:
        """With its order and vocabulary."""
        return f"Witten-Bell {self._order}-gram, {len(self._vocabulary):,} types"

    def losses(self, training: Sequence[Example], seed: int) -> Floats:
        """Bits a token of each test document; NaN for one without tokens."""
        model = model_of(tuple(one.text for one in training), self._order)
        return closed_scores(model, self._test, self._vocabulary).bits_per_token


@lru_cache(maxsize=1)
def model_of(texts: tuple[str, ...], order: int) -> LanguageModel:
    """Trained on some texts. The last one is remembered, for all who ask it about the same training."""
    return LanguageModel.trained([[hashed(text) for text in texts]], order)


@lru_cache(maxsize=_TEXTS)
def hashed(text: str) -> Hashes:
    """One hash for each token of a text, remembered and therefore not to be written to."""
    hashes = piece_hashes(text)
    hashes.flags.writeable = False
    return hashes
