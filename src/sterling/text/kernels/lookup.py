"""Kernel: which texts hold an n-gram of a known set."""

from typing import Any

import numpy as np

from sterling.text.kernels.build import inlined, kernel
from sterling.text.kernels.hashing import windows
from sterling.text.kernels.reading import PLAIN_WORDS, longest, space_for, units


@kernel
def suspects(
    data: Any,
    offsets: Any,
    table: Any,
    lengths: Any,
    known: Any,
    ends: Any,
    filters: Any,
    filter_ends: Any,
    found: Any,
    words: Any,
) -> None:
    """For each text whether it holds an n-gram of any length in `lengths`, and how many plain words it has.

    `known`: for each length the sorted hashes of its n-grams, one after the other up to `ends`; `filters` and
    `filter_ends` likewise the words of `blocks.Blocks`.
    """
    space = space_for(offsets)
    hashes = np.empty(longest(offsets), np.uint64)
    grams = np.empty(longest(offsets), np.uint64)
    for text in range(len(offsets) - 1):
        count = units(data, offsets[text], offsets[text + 1], table, PLAIN_WORDS, space, hashes)
        words[text] = count
        found[text] = False
        for at in range(len(lengths)):
            size = windows(hashes, count, lengths[at], grams)
            start, filter_start = (ends[at - 1], filter_ends[at - 1]) if at else (0, 0)
            if _any(grams, size, known[start : ends[at]], filters[filter_start : filter_ends[at]]):
                found[text] = True
                break


@inlined
def _any(hashes: Any, count: Any, known: Any, filter_words: Any) -> Any:
    shift = np.uint64(64)
    size = len(filter_words)
    while size > 1:
        size //= 2
        shift -= np.uint64(1)
    for at in range(count):
        value = hashes[at]
        bits = _bits(value)
        word = filter_words[value >> shift] if shift < 64 else filter_words[0]
        if word & bits == bits and _holds(known, value):
            return True
    return False


@inlined
def _bits(value: Any) -> Any:
    """`blocks.bits` of one hash."""
    one = np.uint64(1)
    last = np.uint64(63)
    return one << (value & last) | one << (value >> np.uint64(6) & last) | one << (value >> np.uint64(12) & last)


@inlined
def _holds(known: Any, value: Any) -> Any:
    low, high = 0, len(known)
    while low < high:
        middle = (low + high) // 2
        if known[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < len(known) and known[low] == value
