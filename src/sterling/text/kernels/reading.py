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
def alone(code: Any) -> Any:
    """The hash of a token of one character."""
    chunk, _ = pushed(np.uint64(0), np.uint64(0), code)
    return mixed((_SEED ^ chunk) * _FACTOR)


@part
def pushed(chunk: Any, size: Any, code: Any) -> Any:
    """(`chunk` with the UTF-8 of a character behind it, its new length in bytes): what `chunk` can't hold is lost."""
    eight, six, last = np.uint64(8), np.uint64(6), np.uint64(0x3F)
    code = np.uint64(code)
    if code < 0x80:
        return chunk << eight | code, size + np.uint64(1)
    if code < 0x800:
        chunk = chunk << eight | np.uint64(0xC0) | code >> six
    else:
        if code < 0x10000:
            chunk = chunk << eight | np.uint64(0xE0) | code >> np.uint64(12)
        else:
            chunk = chunk << eight | np.uint64(0xF0) | code >> np.uint64(18)
            chunk = chunk << eight | np.uint64(0x80) | code >> np.uint64(12) & last
            size += np.uint64(1)
        chunk = chunk << eight | np.uint64(0x80) | code >> six & last
        size += np.uint64(1)
    return chunk << eight | np.uint64(0x80) | code & last, size + np.uint64(2)


@part
def units(data: Any, start: Any, end: Any, table: Any, kind: Any, out: Any) -> Any:
    """Hashes of one text's units in order into `out`; returns how many. `out` has room for one a byte."""
    if kind == CHARACTERS:
        return _characters(data, start, end, table, out)
    return _tokens(data, start, end, table, kind == WORDS, out)


@part
def _tokens(data: Any, start: Any, end: Any, table: Any, punctuation: Any, out: Any) -> Any:
    count = 0
    at = start
    while at < end:
        code, at = code_point(data, at)
        entry = table[code]
        if entry >> _SHIFT == _WORD:
            out[count], at = _word(data, at, end, table, entry & _CODE)
            count += 1
        elif punctuation and entry >> _SHIFT == _OTHER:
            out[count] = alone(entry & _CODE)
            count += 1
    return count


@part
def _word(data: Any, at: Any, end: Any, table: Any, code: Any) -> Any:
    """(hash of the word that begins with `code`, before `at`; where it ends). Eight bytes at a time."""
    zero, eight, byte = np.uint64(0), np.uint64(8), np.uint64(0xFF)
    state = _SEED
    chunk = zero
    size = zero
    while True:
        if code < 0x80:
            chunk = chunk << eight | np.uint64(code)
            size += np.uint64(1)
            if size == eight:
                state = (state ^ chunk) * _FACTOR
                chunk = zero
                size = zero
        else:
            more, width = pushed(zero, zero, code)
            while width > 0:
                width -= np.uint64(1)
                chunk = chunk << eight | more >> (width * eight) & byte
                size += np.uint64(1)
                if size == eight:
                    state = (state ^ chunk) * _FACTOR
                    chunk = zero
                    size = zero
        if at >= end:
            break
        found, after = code_point(data, at)
        entry = table[found]
        if entry >> _SHIFT != _WORD:
            break
        code = entry & _CODE
        at = after
    if size > 0:
        state = (state ^ chunk) * _FACTOR
    return mixed(state), at


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
            out[count] = alone(np.uint32(32))
            count += 1
            gap = False
        out[count] = alone(entry & _CODE)
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
