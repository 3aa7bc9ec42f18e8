"""Small models that are trained in a second, so that an experiment needs no accelerator."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sterling.text import Hashes, pieces, token_hashes
from sterling.text.language_model import LanguageModel
from sterling.text.language_model.closed import closed_scores

Floats = npt.NDArray[np.float64]


class Student(Protocol):
    """Whatever learns from texts and can be asked what others cost."""

    @property
    def name(self) -> str:
        """Which it is, for evidence."""

    def losses(self, training: Sequence[str], seed: int) -> Floats:
        """Train anew, and say what each of the test's documents costs: bits a token."""


class Ngrams:
    """A Witten-Bell n-gram model over a closed vocabulary, that of all texts of the experiment.

    Deterministic, so `seed` is not used: chance comes from which documents an arm is given.
    """

    def __init__(self, test: Sequence[str], others: Sequence[str], order: int = 3) -> None:
        self._test = [_hashes(text) for text in test]
        self._vocabulary = np.unique(np.concatenate([*self._test, *map(_hashes, others)]))
        self._order = order

    @property
    def name(self) -> str:
        """With its order and vocabulary."""
        return f"Witten-Bell {self._order}-gram, {len(self._vocabulary):,} types"

    def losses(self, training: Sequence[str], seed: int) -> Floats:
        """Bits a token of each test document; NaN for one without tokens."""
        model = LanguageModel.trained([[_hashes(text) for text in training]], self._order)
        return closed_scores(model, self._test, self._vocabulary).bits_per_token


def _hashes(text: str) -> Hashes:
    return token_hashes(pieces(text))
