"""How rare the words of a text are, within a collection that is seen once and never held."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from sterling.text.ngrams import token_hashes
from sterling.text.tokens import words

_BUCKETS = 1 << 20
"""Types share a bucket with others beyond some hundred thousand; that makes rare ones look a little more common."""


class DocumentFrequencies:
    """In how many texts each word type occurs, counted in hashed buckets: 4 MiB, whatever is counted."""

    def __init__(self) -> None:
        self.texts = 0
        self._counts = np.zeros(_BUCKETS, dtype=np.int32)

    def add(self, texts: Iterable[str]) -> None:
        """Count some texts."""
        for text in texts:
            self._counts[_types(text)] += 1
            self.texts += 1

    def merge(self, other: "DocumentFrequencies") -> None:
        """Add what another one counted."""
        self.texts += other.texts
        self._counts += other._counts

    def rarity(self, text: str) -> float:
        """Mean of -log2(share of texts that have it) over the word types of a text, in bits; 0 without words."""
        types = _types(text)
        if not len(types) or not self.texts:
            return 0.0
        return float(-np.log2(np.maximum(self._counts[types], 1) / self.texts).mean())


def _types(text: str) -> npt.NDArray[np.int64]:
    return np.unique(token_hashes(words(text)) % np.uint64(_BUCKETS)).astype(np.int64)
