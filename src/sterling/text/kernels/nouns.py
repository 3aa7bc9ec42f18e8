"""What goes into the kernels and comes out of them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.blocks import Blocks
from sterling.text.ngrams import Hashes, Unit


class Shingling(NamedTuple):
    """What a text is cut into."""

    n: int
    unit: Unit = "word"


class Marks(NamedTuple):
    """What near duplicates are found by."""

    keys: Hashes
    """Band keys: texts x bands."""
    sketches: Hashes
    """`minhash.sketches`: texts x 4."""


class Pairs(NamedTuple):
    """Pairs of indices: two arrays of one length."""

    one: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]


MEMBER_BITS = 28
"""A crowd has at most 2^28 members; a band is a number below 2^36, so that both go into one of 64 bits."""


class Crowd(NamedTuple):
    """Members, and the bands by which they meet."""

    bands: Hashes
    """By row, in any order: below 2^36."""
    members: Hashes
    """By row: who is found under that band."""
    places: npt.NDArray[np.int64]
    """By member: its number in the order in which records stay. Below 2^32."""
    sketches: Hashes
    """By member: members x 4."""
    words: npt.NDArray[np.int32]
    """By member: the size of what it is compared by; or empty, where that is not known."""


@dataclass(frozen=True, slots=True)
class Grams:
    """A set of word n-grams, as hashes."""

    n: int
    hashes: Hashes
    """Sorted and unique."""
    blocks: Blocks
    """Which of them are surely not there."""

    @classmethod
    def of(cls, n: int, hashes: Hashes) -> "Grams":
        """Of sorted, unique hashes of n-grams."""
        return cls(n, hashes, Blocks.of(hashes))

    def find(self, sought: Hashes) -> npt.NDArray[np.intp]:
        """For each hash its index in `hashes`, or -1."""
        found = np.full(len(sought), -1, np.intp)
        likely = np.flatnonzero(self.blocks.may_hold(sought))
        if len(likely) and len(self.hashes):
            at = np.searchsorted(self.hashes, sought[likely])
            at[at == len(self.hashes)] = 0
            same = self.hashes[at] == sought[likely]
            found[likely[same]] = at[same]
        return found

    def holds(self, sought: Hashes) -> npt.NDArray[np.bool_]:
        """For each hash whether it is in the set."""
        held: npt.NDArray[np.bool_] = self.find(sought) >= 0
        return held


class Suspects(NamedTuple):
    """For each text:"""

    found: npt.NDArray[np.bool_]
    """whether it holds a known n-gram;"""
    words: npt.NDArray[np.int64]
    """how many plain words it has."""
