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
def windows(hashes: Any, count: Any, n: Any, out: Any) -> Any:
    """`ngrams.window_hashes` of the first `count` into `out`, which may be `hashes`; returns how many there are."""
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
        out[at - n + 1] = mixed(state + np.uint64(n))
        state -= power * first
    return count - n + 1


@inlined
def shingled(hashes: Any, count: Any, n: Any) -> Any:
    """`windows`; of fewer than `n` units one, of all of them: see `ngrams.shingles`."""
    if count >= n:
        return windows(hashes, count, n, hashes)
    state = mixed(SEED)
    for at in range(count):
        state = state * FACTOR + hashes[at]
    hashes[0] = mixed(state + np.uint64(count + 1))
    return 1


@inlined
def slot(table: Any, owner: Any, mine: Any, value: Any) -> Any:
    """Where `value` is in an open table, or where it would be; places of another `owner` are free."""
    last = np.uint64(len(table) - 1)
    at = value & last
    while owner[at] == mine and table[at] != value:
        at = (at + np.uint64(1)) & last
    return at
