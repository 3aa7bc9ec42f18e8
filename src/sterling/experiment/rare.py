"""What rare words cost a student: the tail inside each document."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sterling.experiment.students.ngrams import hashed, model_of
from sterling.experiment.students.student import Floats, LossUnit
from sterling.experiment.tasks import Example
from sterling.text import Hashes
from sterling.text.language_model.closed import unknown_bits

MOST_COPIES = 5
"""Of a word in an arm's real documents, for it to be rare."""
_ORDER = 3
_NOTHING = np.empty(0, np.uint64)


class RareWords:
    """The cost of those words of a test document that the seed's real documents hold one to five times.

    A document of rare words is mostly made of common ones, so its mean may fall while its rare words cost more; this
    looks at them alone. Words that real data does not hold at all are left out: what they cost is a matter of how a
    model smooths. The model is that of `Ngrams`. Which words are rare is the same for all arms of a seed.
    """

    unit: LossUnit = "bits a token"

    def __init__(self, test: Sequence[Example], real: Sequence[Sequence[Example]], others: Sequence[Example]) -> None:
        """`real`: by seed, the real documents that were drawn."""
        self._test = [hashed(one.text) for one in test]
        self._tokens: Hashes = np.concatenate([_NOTHING, *self._test])
        self._owners = np.repeat(np.arange(len(test)), [len(one) for one in self._test])
        self._rare = [_rare(self._tokens, drawn) for drawn in real]
        self._vocabulary: Hashes = np.unique(np.concatenate([self._tokens, *(hashed(one.text) for one in others)]))

    @property
    def name(self) -> str:
        """Which words, and under which model."""
        return f"Witten-Bell {_ORDER}-gram, words that real data holds 1 to {MOST_COPIES} times"

    def losses(self, training: Sequence[Example], seed: int) -> Floats:
        """Mean bits of each test document's rare words; NaN for one without."""
        model = model_of(tuple(one.text for one in training), _ORDER)
        bits = np.concatenate([np.empty(0), *model.bits(self._test)])
        bits = bits + ~model.knows(self._tokens) * unknown_bits(model, self._vocabulary)
        rare, size = self._rare[seed], len(self._test)
        sums = np.bincount(self._owners[rare], bits[rare], size)
        with np.errstate(invalid="ignore"):
            found: Floats = sums / np.bincount(self._owners[rare], minlength=size)
        return found


def _rare(tokens: Hashes, real: Sequence[Example]) -> npt.NDArray[np.int64]:
    """Where in the test a rare word stands."""
    held, copies = np.unique(np.concatenate([_NOTHING, *(hashed(one.text) for one in real)]), return_counts=True)
    return np.flatnonzero(np.isin(tokens, held[copies <= MOST_COPIES]))
