"""Parts of kernels: the arithmetic of `sterling.text.ngrams`, modulo 2^64.

Every constant is typed, since numba would make a float of a mixture of signed and unsigned.
"""

from typing import Any

import numpy as np

from sterling.text import ngrams
from sterling.text.kernels.build import inlined, part

SEED, FACTOR = np.uint64(ngrams.SEED), np.uint64(ngrams.FACTOR)


@part
def mixed(value: Any) -> Any:
    """`ngrams.mixed` of one value."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@inlined
def windows(hashes: Any, count: Any, n: Any) -> Any:
    """`ngrams.window_hashes` of the first `count`, in place; returns how many there are."""
    if count < n:
        return 0
    power = np.uint64(1)
    state = np.uint64(0)
    for at in range(n - 1):
        power *= FACTOR
        state = state * FACTOR + hashes[at]
    for at in range(n - 1, count):
        state = state * FACTOR + hashes[at]
        first = hashes[at - n + 1]
        hashes[at - n + 1] = mixed(state + np.uint64(n))
        state -= power * first
    return count - n + 1


@inlined
def shingled(hashes: Any, count: Any, n: Any) -> Any:
    """`windows`; of fewer than `n` units one, of all of them: see `ngrams.shingles`."""
    if count >= n:
        return windows(hashes, count, n)
    state = mixed(SEED)
    for at in range(count):
        state = state * FACTOR + hashes[at]
    hashes[0] = mixed(state + np.uint64(count + 1))
    return 1
