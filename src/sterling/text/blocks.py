"""`Blocks`: a Bloom filter in which one hash costs one look at memory (Putze, Sanders, Singler, ACM JEA 14, 2009)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sterling.text.ngrams import Hashes

_BITS_EACH = 16


@dataclass(frozen=True, slots=True)
class Blocks:
    """Says of a hash that it is surely not in a set, or may be: wrongly so for 1 or 2 of 100."""

    words: Hashes
    """A power of two of them, at least 2. The top bits of a hash choose one, three groups of its low bits the bits."""

    @classmethod
    def of(cls, hashes: Hashes) -> "Blocks":
        """The filter of a set: 16 to 32 bits for each member."""
        words = np.zeros(1 << max(1, (_BITS_EACH * len(hashes) // 64).bit_length()), np.uint64)
        filled = cls(words)
        np.bitwise_or.at(words, filled.place(hashes), bits(hashes))
        return filled

    def place(self, hashes: Hashes) -> npt.NDArray[np.intp]:
        """Which word answers for each hash."""
        return (hashes >> np.uint64(65 - len(self.words).bit_length())).astype(np.intp)

    def may_hold(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """For each hash whether the set can hold it."""
        wanted = bits(hashes)
        held: npt.NDArray[np.bool_] = (self.words[self.place(hashes)] & wanted) == wanted
        return held


def bits(hashes: Hashes) -> Hashes:
    """The bits of a word that stand for each hash: up to three."""
    one, last = np.uint64(1), np.uint64(63)
    places = (hashes & last, hashes >> np.uint64(6) & last, hashes >> np.uint64(12) & last)
    chosen: Hashes = one << places[0] | one << places[1] | one << places[2]
    return chosen
