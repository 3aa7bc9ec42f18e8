"""Parts of kernels that cut ASCII text into tokens, without a branch for each character.

Four passes: what each byte is; where tokens begin and end; a list of these places; the hash of each token. The first
two are compiled to vector instructions, the third appends always and counts sometimes, so that no guess of the
processor can be wrong. Reading character by character takes four times as long.
"""

from typing import Any

import numpy as np

from sterling.text.kernels.build import eight_bytes, inlined, part
from sterling.text.kernels.hashing import FACTOR, SEED, mixed

_U8 = np.uint8
_ALL_BITS = np.uint64(0xFFFFFFFFFFFFFFFF)
_WORD, _OTHER = np.uint8(1), np.uint8(2)
_BEGINS, _ENDS = np.uint8(1), np.uint8(2)


@part
def room(most: Any) -> Any:
    """What tokenising a text of at most so many bytes needs: lower case, classes, borders, beginnings, ends."""
    return (
        np.zeros(most + 8, np.uint8),
        np.zeros(most + 2, np.uint8),
        np.empty(most, np.uint8),
        np.empty(most + 1, np.int32),
        np.empty(most + 1, np.int32),
    )


@part
def is_ascii(text: Any) -> Any:
    """Whether all bytes are below 128."""
    together = np.uint8(0)
    for at in range(len(text)):
        together |= text[at]
    return together < 128


@inlined
def ascii_tokens(text: Any, punctuation: Any, space: Any, out: Any) -> Any:
    """Hashes of a text's tokens into `out`; returns how many. `space` is `room` of at least its length."""
    lower, classes, borders, begins, ends = space
    size = len(text)
    _classify(text, lower, classes[1:], _OTHER if punctuation else np.uint8(0))
    classes[size + 1] = 0
    _borders(classes[: size + 2], borders[:size])
    count = _listed(borders[:size], begins, ends)
    _hash(lower, begins, ends, count, out)
    return count


@part
def _classify(text: Any, lower: Any, classes: Any, other: Any) -> None:
    """Bytes to lower case, and to 1 in words, `other` outside of them, 0 for white space."""
    for at in range(len(text)):
        byte = text[at]
        capital = _U8(_U8(byte - _U8(65)) < _U8(26))
        small = _U8(byte + _U8(capital << _U8(5)))
        lower[at] = small
        word = _U8(_U8(small - _U8(97)) < _U8(26)) | _U8(_U8(byte - _U8(48)) < _U8(10)) | _U8(byte == _U8(95))
        space = _U8(byte == _U8(32)) | _U8(_U8(byte - _U8(9)) < _U8(5)) | _U8(_U8(byte - _U8(28)) < _U8(4))
        classes[at] = word | _U8(other * _U8(_U8(1) - (word | space)))


@part
def _borders(classes: Any, borders: Any) -> None:
    """For each byte whether a token begins there, and whether one ends. One class more at either end, 0."""
    for at in range(len(borders)):
        mine = classes[at + 1]
        word, other = mine & _U8(1), mine >> _U8(1)
        begins = (word & (classes[at] & _U8(1) ^ _U8(1))) | other
        ends = (word & (classes[at + 2] & _U8(1) ^ _U8(1))) | other
        borders[at] = begins | ends << _U8(1)


@part
def _listed(borders: Any, begins: Any, ends: Any) -> Any:
    """Where tokens begin and end; returns how many."""
    begun: Any = 0
    ended: Any = 0
    for at in range(len(borders)):
        border = borders[at]
        begins[begun] = at
        begun += np.int64(border & _BEGINS)
        ends[ended] = at + 1
        ended += np.int64(border >> _U8(1))
    return begun


@part
def _hash(lower: Any, begins: Any, ends: Any, count: Any, out: Any) -> None:
    """`ngrams.token_hashes` of stretches of bytes. Eight bytes behind the last one are read, and forgotten."""
    for token in range(count):
        at = begins[token]
        left = ends[token] - at
        state = SEED
        while left > 8:
            state = (state ^ eight_bytes(lower, at)) * FACTOR
            at += 8
            left -= 8
        state = (state ^ (eight_bytes(lower, at) & (_ALL_BITS >> np.uint64(64 - 8 * left)))) * FACTOR
        out[token] = mixed(state)
