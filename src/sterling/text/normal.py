"""Texts with case and white space forgiven, and their digests: what exact duplicates are found by."""

import numpy as np

from sterling.text.ngrams import Hashes, mixed

FIRST, SECOND = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
"""Odd: what tells the places of a text apart, differently in each half of a digest."""


def normalised(text: str) -> str:
    """Case-folded, with each run of white space as one space and none at the ends."""
    return " ".join(text.casefold().split())


def digest(text: str) -> Hashes:
    """128 bits of `normalised(text)`, as two numbers.

    Its UTF-8 in words of 8 bytes, each mixed with its place, and added up: any order of work gives the same sum. Two
    different texts share both halves with probability about 2^-128. No defence against somebody who looks for
    collisions.
    """
    data = normalised(text).encode("utf-8", "surrogatepass")
    words = np.frombuffer(data + bytes(-len(data) % 8), "<u8")
    place = np.arange(1, len(words) + 1, dtype=np.uint64)
    size = np.array([len(data)], np.uint64)
    one = mixed(words + place * np.uint64(FIRST)).sum(dtype=np.uint64)
    two = mixed(words ^ place * np.uint64(SECOND)).sum(dtype=np.uint64)
    return mixed(np.concatenate((size + one, two ^ size * np.uint64(SECOND) + one)))
