"""Parts of kernels that read UTF-8 text: token hashes, character hashes, n-grams of either.

`sterling.text.ngrams` defines what they compute; here it is done without a Python object for each token. Arithmetic is
modulo 2^64, so every constant is typed: numba would make a float of a mixture of signed and unsigned.
"""

from typing import Any

import numpy as np

from sterling.text.kernels.build import kernel, part
from sterling.text.kernels.tables import CLASS_SHIFT, OTHER, SPACE, WORD
from sterling.text.ngrams import FACTOR, SEED

_SEED, _FACTOR = np.uint64(SEED), np.uint64(FACTOR)
_SHIFT, _CODE = np.uint32(CLASS_SHIFT), np.uint32((1 << CLASS_SHIFT) - 1)
_SPACE, _WORD, _OTHER = np.uint32(SPACE), np.uint32(WORD), np.uint32(OTHER)
_LOW = np.uint32(0x3F)

WORDS, PLAIN_WORDS, CHARACTERS = 0, 1, 2
"""What is read: `tokens.words`, `tokens.plain_words`, or characters with white space as one."""


@kernel
def occurs(data: Any, first: Any, second: Any) -> Any:
    """Whether these two bytes follow each other somewhere."""
    count = 0
    for at in range(len(data) - 1):
        count += (data[at] == first) & (data[at + 1] == second)
    return count > 0


@part
def mixed(value: Any) -> Any:
    """`ngrams.mixed` of one value."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@part
def code_point(data: Any, at: Any) -> Any:
    """(the character of valid UTF-8 that begins at `at`, where the next one begins)."""
    lead = np.uint32(data[at])
    if lead < 0x80:
        return lead, at + 1
    one = np.uint32(data[at + 1]) & _LOW
    if lead < 0xE0:
        return (lead & np.uint32(0x1F)) << np.uint32(6) | one, at + 2
    two = np.uint32(data[at + 2]) & _LOW
    if lead < 0xF0:
        return (lead & np.uint32(0x0F)) << np.uint32(12) | one << np.uint32(6) | two, at + 3
    three = np.uint32(data[at + 3]) & _LOW
    return (lead & np.uint32(7)) << np.uint32(18) | one << np.uint32(12) | two << np.uint32(6) | three, at + 4


@part
def hashed(state: Any, code: Any) -> Any:
    """One more character of a token."""
    return (state ^ np.uint64(code)) * _FACTOR


@part
def units(data: Any, start: Any, end: Any, table: Any, kind: Any, out: Any) -> Any:
    """Hashes of one text's units in order into `out`; returns how many. `out` has room for one a byte."""
    if kind == CHARACTERS:
        return _characters(data, start, end, table, out)
    return _tokens(data, start, end, table, kind == WORDS, out)


@part
def _tokens(data: Any, start: Any, end: Any, table: Any, punctuation: Any, out: Any) -> Any:
    count = 0
    state = _SEED
    at = start
    while at < end:
        code, at = code_point(data, at)
        entry = table[code]
        kind = entry >> _SHIFT
        if kind == _WORD:
            state = hashed(state, entry & _CODE)
            continue
        if state != _SEED:
            out[count] = mixed(state)
            count += 1
            state = _SEED
        if punctuation and kind == _OTHER:
            out[count] = mixed(hashed(_SEED, entry & _CODE))
            count += 1
    if state != _SEED:
        out[count] = mixed(state)
        count += 1
    return count


@part
def _characters(data: Any, start: Any, end: Any, table: Any, out: Any) -> Any:
    count = 0
    gap = False
    at = start
    while at < end:
        code, at = code_point(data, at)
        entry = table[code]
        if entry >> _SHIFT == _SPACE:
            gap = count > 0
            continue
        if gap:
            out[count] = mixed(hashed(_SEED, np.uint32(32)))
            count += 1
            gap = False
        out[count] = mixed(hashed(_SEED, entry & _CODE))
        count += 1
    return count


@part
def windows(hashes: Any, count: Any, n: Any) -> Any:
    """`ngrams.window_hashes` of the first `count`, in place; returns how many there are."""
    if count < n:
        return 0
    power = np.uint64(1)
    state = np.uint64(0)
    for at in range(n - 1):
        power *= _FACTOR
        state = state * _FACTOR + hashes[at]
    for at in range(n - 1, count):
        state = state * _FACTOR + hashes[at]
        first = hashes[at - n + 1]
        hashes[at - n + 1] = mixed(state + np.uint64(n))
        state -= power * first
    return count - n + 1


@part
def shingled(hashes: Any, count: Any, n: Any) -> Any:
    """`windows`; of fewer than `n` units one, of all of them: see `ngrams.shingles`."""
    if count >= n:
        return windows(hashes, count, n)
    state = mixed(_SEED)
    for at in range(count):
        state = state * _FACTOR + hashes[at]
    hashes[0] = mixed(state + np.uint64(count + 1))
    return 1


@part
def longest(offsets: Any) -> Any:
    """Bytes of the longest text, and one more."""
    most = 0
    for at in range(len(offsets) - 1):
        most = max(most, offsets[at + 1] - offsets[at])
    return most + 1
