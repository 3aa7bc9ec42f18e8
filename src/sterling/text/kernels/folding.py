"""Kernel: 128-bit digests of texts with case and white space forgiven, as `normal.digest` defines them."""

from typing import Any

import numpy as np

from sterling.text.kernels.ascii import is_ascii
from sterling.text.kernels.build import kernel, part
from sterling.text.kernels.hashing import mixed
from sterling.text.kernels.reading import code_point, longest
from sterling.text.normal import FIRST, SECOND

_U8 = np.uint8
_FIRST, _SECOND = np.uint64(FIRST), np.uint64(SECOND)


@kernel
def digests(data: Any, offsets: Any, first: Any, more: Any, out: Any) -> None:
    """`out` (texts x 2): the digest of each text. `first` and `more` are `tables.Folding`."""
    most = longest(offsets)
    folded = np.zeros(40 * (most // 8 + 2), np.uint8)  # two bytes become nine at most
    words = folded.view(np.uint64)
    plain = np.empty(most, np.uint8)
    spaces = np.ones(most + 1, np.uint8)
    for text in range(len(offsets) - 1):
        raw = data[offsets[text] : offsets[text + 1]]
        if is_ascii(raw):
            _fold(raw, folded, spaces[1:])
            size = len(raw)
            if _has_gaps(spaces[: size + 1]):
                plain[:size] = folded[:size]
                size = _squeezed(plain[:size], spaces, folded)
        else:
            size = _normalise(data, offsets[text], offsets[text + 1], first, more, folded)
        folded[size : size + 8] = 0
        _digest(words, size, out[text])


@part
def _fold(text: Any, plain: Any, spaces: Any) -> None:
    """ASCII in lower case with white space as spaces; and where white space is."""
    for at in range(len(text)):
        byte = text[at]
        space = _U8(byte == _U8(32)) | _U8(_U8(byte - _U8(9)) < _U8(5)) | _U8(_U8(byte - _U8(28)) < _U8(4))
        capital = _U8(_U8(byte - _U8(65)) < _U8(26))
        plain[at] = _U8(32) if space else _U8(byte + _U8(capital << _U8(5)))
        spaces[at] = space


@part
def _has_gaps(spaces: Any) -> Any:
    """Whether there is white space behind white space, before the text, or at its end."""
    found = spaces[len(spaces) - 1]
    for at in range(len(spaces) - 1):
        found |= spaces[at] & spaces[at + 1]
    return found > 0


@part
def _squeezed(plain: Any, spaces: Any, out: Any) -> Any:
    """Without a space behind white space (what is before a text counts as such) and one at the end; the length."""
    size: Any = 0
    for at in range(len(plain)):
        out[size] = plain[at]
        size += np.int64(_U8(1) - (spaces[at] & spaces[at + 1]))
    return size - 1 if size and out[size - 1] == 32 else size


@part
def _normalise(data: Any, start: Any, end: Any, first: Any, more: Any, out: Any) -> Any:
    """Case-folded UTF-8 with one space for each run of white space, into `out`; its length."""
    space = -1 - len(more)
    size = 0
    gap = False
    at = start
    while at < end:
        code, at = code_point(data, at)
        fold = first[code]
        if fold == space:
            gap = size > 0
            continue
        if gap:
            out[size] = 32
            size += 1
            gap = False
        if 0 <= fold < 128:
            out[size] = fold
            size += 1
        elif fold >= 0:
            size = _encode(fold, out, size)
        else:
            for each in range(3):
                if more[-1 - fold, each]:
                    size = _encode(more[-1 - fold, each], out, size)
    return size


@part
def _encode(code: Any, out: Any, at: Any) -> Any:
    """One character as UTF-8; returns where the next one begins."""
    if code < 0x80:
        out[at] = code
        return at + 1
    if code < 0x800:
        out[at] = 0xC0 | code >> 6
        out[at + 1] = 0x80 | code & 0x3F
        return at + 2
    if code < 0x10000:
        out[at] = 0xE0 | code >> 12
        out[at + 1] = 0x80 | code >> 6 & 0x3F
        out[at + 2] = 0x80 | code & 0x3F
        return at + 3
    out[at] = 0xF0 | code >> 18
    out[at + 1] = 0x80 | code >> 12 & 0x3F
    out[at + 2] = 0x80 | code >> 6 & 0x3F
    out[at + 3] = 0x80 | code & 0x3F
    return at + 4


@part
def _digest(words: Any, size: Any, out: Any) -> None:
    one = np.uint64(0)
    two = np.uint64(0)
    for at in range((size + 7) // 8):
        key = np.uint64(at + 1)
        one += mixed(words[at] + key * _FIRST)
        two += mixed(words[at] ^ key * _SECOND)
    out[0] = mixed(one + np.uint64(size))
    out[1] = mixed(two ^ one + np.uint64(size) * _SECOND)
