"""Word n-grams as 64-bit hashes, and the set similarities that are computed on them.

Hashes are the same on every machine and in every run: the UTF-8 of a token is folded eight bytes at a time (xor and
multiply modulo 2^64, as FNV-1a does with one) and mixed, the tokens of an n-gram combined by a polynomial modulo 2^64
and mixed. Tokens of up to eight bytes have different hashes; other tokens and n-grams share one with probability about
2^-64, so counts on hashes are exact for any collection below some hundred million n-grams. They are no defence against
somebody who looks for collisions.

`sterling.text.kernels` computes the same from bytes; this module is what it is held to.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from sterling.text.tokens import pieces, words

Hashes = npt.NDArray[np.uint64]
"""One hash a token or an n-gram."""
Unit = Literal["word", "character"]
"""What an n-gram has n of."""

SEED = 0x243F6A8885A308D3
"""What the hash of a token begins with: the first digits of pi after the point."""
FACTOR = 0x9E3779B97F4A7C15
"""Odd, near 2^64 divided by the golden ratio."""
_FACTOR = np.uint64(FACTOR)
_ALL_BITS = (1 << 64) - 1
_CACHED_TOKENS = 1 << 18


class _TokenHashes(dict[str, int]):
    """Token to hash, remembered: a vocabulary is small beside its text. Emptied when full, so memory is bounded."""

    def __missing__(self, token: str) -> int:
        if len(self) >= _CACHED_TOKENS:
            self.clear()
        value, data = SEED, token.encode("utf-8", "surrogatepass")
        for at in range(0, len(data), 8):
            value = (value ^ int.from_bytes(data[at : at + 8], "little")) * FACTOR & _ALL_BITS
        self[token] = value = _mixed(value)
        return value


def _mixed(value: int) -> int:
    """`mixed` of one number."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _ALL_BITS
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _ALL_BITS
    return value ^ value >> 31


_token_hashes = _TokenHashes()


def token_hashes(tokens: Sequence[str]) -> Hashes:
    """One hash for each token, in order."""
    return np.fromiter(map(_token_hashes.__getitem__, tokens), dtype=np.uint64, count=len(tokens))


def piece_hashes(text: str) -> Hashes:
    """One hash for each token of a text, as `pieces` cuts it: case kept, marks are tokens of their own."""
    return token_hashes(pieces(text))


def window_hashes(hashes: Hashes, n: int) -> Hashes:
    """One hash for each window of `n` neighbours, in order: `len(hashes) - n + 1` of them, or none."""
    if len(hashes) < n:
        return np.empty(0, dtype=np.uint64)
    last = len(hashes) - n + 1
    combined = hashes[:last].copy()
    for offset in range(1, n):
        combined *= _FACTOR
        combined += hashes[offset : last + offset]
    return mixed(combined + np.uint64(n))


def ngram_hashes(tokens: Sequence[str], n: int) -> Hashes:
    """One hash for each word n-gram of a token list, in order, repetitions included."""
    return window_hashes(token_hashes(tokens), n)


def shingles(text: str, n: int, unit: Unit = "word") -> Hashes:
    """The set of a text's n-grams of words or characters: sorted, unique, never empty.

    Characters are those of the lower-cased text, with each run of white space as one space and none at the ends. A text
    of fewer than `n` words or characters has one shingle, all of them; so two short texts are either equal or unlike.
    """
    units = words(text) if unit == "word" else " ".join(text.lower().split())
    if len(units) >= n:
        return np.unique(ngram_hashes(units, n))
    whole = token_hashes(["", *units])
    return window_hashes(whole, len(whole))


def overlap(a: Hashes, b: Hashes) -> int:
    """How many hashes two sorted unique arrays have in common."""
    both = np.concatenate((a, b))
    both.sort()
    return int(np.count_nonzero(both[1:] == both[:-1]))


def jaccard(a: Hashes, b: Hashes) -> float:
    """|A and B| / |A or B| of two sorted unique arrays; 1 when both are empty."""
    if not len(a) and not len(b):
        return 1.0
    common = overlap(a, b)
    return common / (len(a) + len(b) - common)


def mixed(values: Hashes) -> Hashes:
    """Every bit of each value spread over all 64, in place (the finaliser of splitmix64; Steele et al., 2014)."""
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values
