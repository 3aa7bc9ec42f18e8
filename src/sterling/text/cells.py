"""Directions in few bytes, and the cells of space that they lie in: how like ones find each other among millions.

Vectors are cut to whole numbers from -127 to 127, so small that BLAS adds up their products exactly in single
precision: whoever multiplies, in blocks of whatever size and in however many threads, gets the same numbers.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Small = npt.NDArray[np.int8]
"""Rows of whole numbers, zero for what has no direction."""

_PASSES = 6
_LENGTH = 4000
"""Of a row before it is rounded: the product of two then lies below 2^24, up to which single precision is exact."""
_BLOCK = 8192
"""Rows that are multiplied at a time."""
CELL = 2048
"""Records for which there is one cell."""
MOST = 4096
"""Cells at most."""


def small(rows: npt.NDArray[np.floating]) -> Small:
    """Directions in whole numbers. At 128 dimensions or more a cosine changes by about 0.001 (sd), hardly by 0.01."""
    peaks = np.abs(rows).max(axis=1, keepdims=True, initial=0).astype(np.float64)
    lengths = lengths_of(rows)[:, None]
    scale = np.minimum(127 / np.where(peaks > 0, peaks, 1), _LENGTH / np.where(lengths > 0, lengths, 1))
    found: Small = np.rint(rows * scale).astype(np.int8)
    return found


def lengths_of(rows: npt.NDArray[np.number]) -> npt.NDArray[np.float64]:
    """The length of each row."""
    lengths: npt.NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    return lengths


def products(one: Small, other: Small) -> npt.NDArray[np.float32]:
    """Exact scalar products, rows of `one` x rows of `other`."""
    found: npt.NDArray[np.float32] = one.astype(np.float32) @ other.astype(np.float32).T
    return found


class Homes(NamedTuple):
    """Where each row lies."""

    first: npt.NDArray[np.int32]
    """The cell of the nearest centre."""
    second: npt.NDArray[np.int32]
    """The cell of the next one, if it is nearly as near, else -1."""
    nearness: npt.NDArray[np.float64]
    """Cosine with the nearest centre."""


class Cells(NamedTuple):
    """Centres by spherical k-means."""

    centres: Small

    @classmethod
    def of(cls, sample: Small, count: int) -> "Cells":
        """At most `count` cells of a sample. Its first rows are the first centres: a sample is in random order."""
        centres = sample[:count]
        for _ in range(_PASSES if count > 1 else 1):
            centres = _moved(centres, sample, cls(centres).homes(sample, 0.0).first)
        return cls(centres)

    def homes(self, rows: Small, border: float) -> Homes:
        """`border`: by how much less cosine with the second centre a row lies in both cells."""
        parts = [self._homes(rows[start : start + _BLOCK], border) for start in range(0, len(rows), _BLOCK)]
        none = np.empty(0, np.int32)
        if not parts:
            return Homes(none, none, np.empty(0))
        return Homes(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _homes(self, rows: Small, border: float) -> Homes:
        if len(self.centres) < 2:
            flat = np.zeros(len(rows), np.int32)
            return Homes(flat, flat - 1, np.zeros(len(rows)) if not len(self.centres) else self._near(rows, flat))
        lengths = lengths_of(self.centres).astype(np.float32)
        found = products(rows, self.centres) / np.where(lengths > 0, lengths, 1)
        every = np.arange(len(rows))
        first = np.argmax(found, axis=1)
        best = found[every, first]
        found[every, first] = -np.inf
        second = np.argmax(found, axis=1)
        of_row = np.maximum(lengths_of(rows), 1)
        close = (best - found[every, second]) / of_row <= border
        return Homes(first.astype(np.int32), np.where(close, second, -1).astype(np.int32), best / of_row)

    def _near(self, rows: Small, home: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        centres = self.centres[home].astype(np.float64)
        lengths = np.maximum(lengths_of(rows) * lengths_of(centres), 1)
        near: npt.NDArray[np.float64] = np.einsum("ij,ij->i", rows.astype(np.float64), centres) / lengths
        return near


def cells_for(records: int) -> int:
    """How many cells so many records take."""
    return min(MOST, max(1, -(-records // CELL)))


def _moved(centres: Small, sample: Small, home: npt.NDArray[np.int32]) -> Small:
    """Each centre to the middle of its rows; one without rows stays. Sums of whole numbers, so their order is free."""
    sums = np.zeros(centres.shape, np.int64)
    order = np.argsort(home, kind="stable")
    there, starts = np.unique(home[order], return_index=True)
    if len(there):
        sums[there] = np.add.reduceat(sample[order], starts, axis=0, dtype=np.int64)
    empty = ~sums.any(axis=1)
    sums[empty] = centres[empty]
    return small(sums.astype(np.float64))
