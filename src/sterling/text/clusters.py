"""Topics of a collection without a model: hashed words, projected, gathered by spherical k-means.

Rough, the same on every machine, and good enough to see a whole region of texts vanish. It knows no meaning: two texts
on one subject in other words are strangers.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sterling.text.ngrams import token_hashes
from sterling.text.tokens import plain_words

_DIMENSIONS = 128
_PASSES = 12
Vectors = npt.NDArray[np.float32]
"""One row a text, of length 1 (0 for a text without words)."""


def vectors(texts: Sequence[str]) -> Vectors:
    """Texts as directions: each word type adds a random sign to each dimension, weighed by the root of its count."""
    return np.stack([_vector(text) for text in texts]) if texts else np.zeros((0, _DIMENSIONS), np.float32)


class Clusters:
    """Centres of a sample, to which any text can be assigned."""

    def __init__(self, centres: Vectors, common: Vectors) -> None:
        self._centres = centres
        self._common = common

    @classmethod
    def of(cls, sample: Vectors, count: int, seed: int) -> "Clusters":
        """At most `count` clusters of a sample (rows x dimensions). What all texts share is taken out first."""
        common = sample.mean(axis=0, keepdims=True) if len(sample) else np.zeros((1, _DIMENSIONS), np.float32)
        rows = directions(sample - common)
        chance = np.random.default_rng(seed)
        centres = rows[chance.permutation(len(rows))[:count]]
        for _ in range(_PASSES if len(centres) else 0):
            home = np.argmax(rows @ centres.T, axis=1)
            sums = np.zeros_like(centres)
            np.add.at(sums, home, rows)
            centres = np.where(np.linalg.norm(sums, axis=1, keepdims=True) > 0, directions(sums), centres)
        return cls(centres, common)

    def assign(self, rows: Vectors) -> npt.NDArray[np.int64]:
        """The number of the nearest centre for each row; 0 where there is none."""
        if not len(self._centres):
            return np.zeros(len(rows), np.int64)
        home: npt.NDArray[np.int64] = np.argmax(directions(rows - self._common) @ self._centres.T, axis=1)
        return home


def _vector(text: str) -> Vectors:
    types, counts = np.unique(token_hashes(plain_words(text)), return_counts=True)
    if not len(types):
        return np.zeros(_DIMENSIONS, np.float32)
    bits = np.unpackbits(_spread(types).view(np.uint8), axis=1)
    signs = bits.astype(np.float32) * 2 - 1
    direction: Vectors = directions((np.sqrt(counts).astype(np.float32) @ signs)[None])[0]
    return direction


def _spread(types: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Two independent words of 64 bits for each hash."""
    with np.errstate(over="ignore"):
        return np.stack([types, types * np.uint64(0x9E3779B97F4A7C15) ^ (types >> np.uint64(29))], axis=1)


def directions(rows: npt.NDArray[np.floating]) -> Vectors:
    """Each row at length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)
