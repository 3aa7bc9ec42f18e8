"""MinHash signatures and the bands that near duplicates are found by.

Broder (1997): the share of equal positions in two signatures estimates the Jaccard similarity of the two sets. Cut
into bands of r rows, two sets of similarity s share at least one of b bands with probability 1 - (1 - s^r)^b
(Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4). A shared band is a reason to look, never a verdict.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.ngrams import FACTOR, Hashes, mixed

PERMUTATIONS = 128
Signature = npt.NDArray[np.uint32]
"""`PERMUTATIONS` minima."""

SKETCHING = np.uint32(0x9E3779B1)
"""Odd: spreads a minimum over its upper bits, of which a sketch keeps two."""
_CHUNK = 512
"""Hashes at a time: 128 x 512 x 4 bytes stay in the second-level cache, however long the text is."""


class Banding(NamedTuple):
    """How a signature is cut. `bands * rows` may fall short of `PERMUTATIONS`; the rest is not used."""

    bands: int = 16
    rows: int = 8

    def recall(self, similarity: float) -> float:
        """The probability that two sets of this similarity share a band."""
        return float(1 - (1 - similarity**self.rows) ** self.bands)


def banding(threshold: float, recall: float = 0.99) -> Banding:
    """The longest rows (so the fewest false candidates) that find a pair exactly at `threshold` with this probability.

    ValueError when `PERMUTATIONS` are too few for it, which is so below a similarity of about 0.04.
    """
    for rows in range(PERMUTATIONS, 0, -1):
        cut = Banding(PERMUTATIONS // rows, rows)
        if cut.recall(threshold) >= recall:
            return cut
    raise ValueError(f"{PERMUTATIONS} permutations cannot find pairs at similarity {threshold}")


def _constants(label: int) -> npt.NDArray[np.uint32]:
    counters = np.arange(PERMUTATIONS, dtype=np.uint64) + np.uint64(label * PERMUTATIONS + 1)
    return (mixed(counters) >> np.uint64(32)).astype(np.uint32)


CONSTANTS = np.stack((_constants(1) | np.uint32(1), _constants(2)))
"""Factors and shifts of the permutations: 2 x `PERMUTATIONS`."""
_FACTORS, _SHIFTS = CONSTANTS[0, :, None], CONSTANTS[1, :, None]


def signature(hashes: Hashes) -> Signature:
    """The `PERMUTATIONS` minima of a set of hashes, in any order; memory does not grow with the set.

    The permutations are x -> a x + b modulo 2^32 with odd a, on hashes folded to 32 bits. All ones for an empty set.
    """
    folded = (hashes ^ (hashes >> np.uint64(32))).astype(np.uint32)
    lowest = np.full(PERMUTATIONS, 0xFFFFFFFF, dtype=np.uint32)
    for start in range(0, len(folded), _CHUNK):
        permuted = _FACTORS * folded[None, start : start + _CHUNK]
        permuted += _SHIFTS
        np.minimum(lowest, permuted.min(axis=1), out=lowest)
    return lowest


def band_keys(signatures: npt.NDArray[np.uint32], cut: Banding) -> Hashes:
    """Signatures (documents x `PERMUTATIONS`) to band keys (documents x bands).

    Keys of different bands differ, so they may share one table.
    """
    used = signatures[:, : cut.bands * cut.rows].reshape(len(signatures), cut.bands, cut.rows).astype(np.uint64)
    keys = np.broadcast_to(np.arange(1, cut.bands + 1, dtype=np.uint64), used.shape[:2]).copy()
    for row in range(cut.rows):
        keys = keys * np.uint64(FACTOR) + used[:, :, row]
    return mixed(keys)


def sketches(signatures: npt.NDArray[np.uint32]) -> Hashes:
    """Two bits of each minimum (documents x `PERMUTATIONS`), packed into 32 bytes a document (documents x 4).

    b-bit minwise hashing (Li and König, Communications of the ACM 54, 2011): two sets of Jaccard similarity J agree at
    a position with probability J + (1 - J) / 4, by equal minima or by chance.
    """
    bits = (signatures * SKETCHING >> np.uint32(30)).astype(np.uint64)
    places = np.arange(0, 64, 2, dtype=np.uint64)
    packed: Hashes = np.bitwise_or.reduce(bits.reshape(-1, PERMUTATIONS // 32, 32) << places, axis=2)
    return packed
