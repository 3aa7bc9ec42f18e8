"""Which items of an evaluation set say the same as others: equal, nearly equal, or one template with other numbers."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from sterling.text import band_keys, banding, jaccard, shingles, signature

NEAR = 0.7
"""Jaccard similarity of word trigrams, numbers taken as equal, from which two items count as one."""
_WORDS = 3
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
"""Standing by itself: `w12` is a name."""


def group_sizes(texts: Sequence[str]) -> list[int]:
    """How many items each group of nearly equal ones holds; a group of one for an item like no other.

    Items that share a MinHash band are compared, each with the first of its bucket; a chain of pairs is one group. A
    pair at the threshold is found with probability 0.99 in small buckets. It sees words, not meaning: paraphrases count
    as different items.
    """
    plain = [_NUMBER.sub("0", text) for text in texts]
    owner = list(range(len(plain)))
    for one, other in _candidates(plain):
        home, stray = sorted((_root(owner, one), _root(owner, other)))
        if home != stray and jaccard(shingles(plain[one], _WORDS), shingles(plain[other], _WORDS)) >= NEAR:
            owner[stray] = home
    return list(Counter(_root(owner, at) for at in range(len(owner))).values())


def _candidates(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of the first item of each bucket and each other one, once."""
    if not texts:
        return []
    keys = band_keys(np.stack([signature(shingles(text, _WORDS)) for text in texts]), banding(NEAR))
    buckets: dict[int, int] = {}
    pairs: dict[tuple[int, int], None] = {}
    for at, row in enumerate(keys.tolist()):
        for key in row:
            first = buckets.setdefault(key, at)
            if first != at:
                pairs[first, at] = None
    return list(pairs)


def _root(owner: list[int], at: int) -> int:
    while owner[at] != at:
        owner[at] = owner[owner[at]]
        at = owner[at]
    return at
