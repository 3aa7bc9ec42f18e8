"""Parts of kernels that read UTF-8 text: the hashes of its tokens, or of its characters.

`sterling.text.tokens` and `ngrams` define what they are; here that is done without a Python object for each.
"""

from typing import Any

import numpy as np

from sterling.text.kernels.ascii import ascii_tokens, is_ascii, room
from sterling.text.kernels.build import inlined, kernel, part
from sterling.text.kernels.hashing import FACTOR, SEED, mixed
from sterling.text.kernels.tables import CLASS_SHIFT, OTHER, SPACE, WORD

_SHIFT, _CODE = np.uint32(CLASS_SHIFT), np.uint32((1 << CLASS_SHIFT) - 1)
_SPACE, _WORD, _OTHER = np.uint32(SPACE), np.uint32(WORD), np.uint32(OTHER)
_LOW, _TAIL = np.uint32(0x3F), np.uint64(0x3F)

WORDS, PLAIN_WORDS, CHARACTERS = 0, 1, 2
"""What is read: `tokens.words`, `tokens.plain_words`, or characters with white space as one."""


@kernel
def occurs(data: Any, one: Any, other: Any) -> Any:
    """Whether one of two characters of two bytes each is somewhere in the data."""
    first, second, third, fourth = one[0], one[1], other[0], other[1]
    seen = np.uint8(0)
    for at in range(len(data) - 1):
        mine, following = data[at], data[at + 1]
        seen |= np.uint8(mine == first) & np.uint8(following == second)
        seen |= np.uint8(mine == third) & np.uint8(following == fourth)
    return seen > 0


@part
def longest(offsets: Any) -> Any:
    """Bytes of the longest text, and one more."""
    most = 0
    for at in range(len(offsets) - 1):
        most = max(most, offsets[at + 1] - offsets[at])
    return most + 1


@part
def space_for(offsets: Any) -> Any:
    """What `units` needs beside its output for each of these texts."""
    return room(longest(offsets))


@inlined
def units(data: Any, start: Any, end: Any, table: Any, kind: Any, space: Any, out: Any) -> Any:
    """Hashes of one text's units in order into `out`; returns how many. `out` has room for one a byte."""
    if kind == CHARACTERS:
        return _characters(data, start, end, table, out)
    if is_ascii(data[start:end]):
        return ascii_tokens(data[start:end], kind == WORDS, space, out)
    return _tokens(data, start, end, table, kind == WORDS, out)


@inlined
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
def _tokens(data: Any, start: Any, end: Any, table: Any, punctuation: Any, out: Any) -> Any:
    count = 0
    at = start
    while at < end:
        code, after = code_point(data, at)
        entry = table[code]
        if entry >> _SHIFT == _WORD:
            out[count], at = _word(data, at, end, table)
            count += 1
            continue
        if punctuation and entry >> _SHIFT == _OTHER:
            out[count] = _alone(entry & _CODE)
            count += 1
        at = after
    return count


@inlined
def _word(data: Any, at: Any, end: Any, table: Any) -> Any:
    """(hash of the word that begins at `at`, where it ends)."""
    state = SEED
    chunk = np.uint64(0)
    bits = np.uint64(0)
    while at < end:
        code, after = code_point(data, at)
        entry = table[code]
        if entry >> _SHIFT != _WORD:
            break
        state, chunk, bits = _pushed(state, chunk, bits, entry & _CODE)
        at = after
    if bits:
        state = (state ^ chunk) * FACTOR
    return mixed(state), at


@part
def _alone(code: Any) -> Any:
    """The hash of a token of one character."""
    state, chunk, _ = _pushed(SEED, np.uint64(0), np.uint64(0), code)
    return mixed((state ^ chunk) * FACTOR)


@part
def _pushed(state: Any, chunk: Any, bits: Any, code: Any) -> Any:
    """(state, chunk, bits in the chunk) of a token with one more character. A full chunk goes into the state."""
    code = np.uint64(code)
    if code < 0x80:
        return _byte(state, chunk, bits, code)
    if code < 0x800:
        state, chunk, bits = _byte(state, chunk, bits, np.uint64(0xC0) | code >> np.uint64(6))
    else:
        if code < 0x10000:
            state, chunk, bits = _byte(state, chunk, bits, np.uint64(0xE0) | code >> np.uint64(12))
        else:
            state, chunk, bits = _byte(state, chunk, bits, np.uint64(0xF0) | code >> np.uint64(18))
            state, chunk, bits = _byte(state, chunk, bits, np.uint64(0x80) | code >> np.uint64(12) & _TAIL)
        state, chunk, bits = _byte(state, chunk, bits, np.uint64(0x80) | code >> np.uint64(6) & _TAIL)
    return _byte(state, chunk, bits, np.uint64(0x80) | code & _TAIL)


@part
def _byte(state: Any, chunk: Any, bits: Any, byte: Any) -> Any:
    chunk |= byte << bits
    bits += np.uint64(8)
    if bits == 64:
        return (state ^ chunk) * FACTOR, np.uint64(0), np.uint64(0)
    return state, chunk, bits


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
            out[count] = _alone(np.uint32(32))
            count += 1
            gap = False
        out[count] = _alone(entry & _CODE)
        count += 1
    return count
