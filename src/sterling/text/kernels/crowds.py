"""Kernel: of the records that share a band, the pairs whose sketches look alike."""

from typing import Any

import numpy as np

from sterling.text.kernels.build import kernel, part

_EVEN = np.uint64(0x5555555555555555)


@kernel
def alike(edges: Any, places: Any, sketches: Any, words: Any, least: Any, ratio: Any, met: Any, scanned: Any) -> Any:
    """Pairs (better, worse) as one number each, `better << 32 | worse`, of the `places` of two members of a bucket.

    Bucket i is rows `edges[i]` to `edges[i + 1]` of `places` (the order of records, sorted within a bucket),
    `sketches` and `words`. A row is paired with the first and the last `met` of its better ones that look like it,
    searched for among the first and the last `scanned`.
    """
    found = np.empty(1024, np.uint64)
    count = 0
    for bucket in range(len(edges) - 1):
        start, stop = edges[bucket], edges[bucket + 1]
        for row in range(start + 1, stop):
            if count + 2 * met > len(found):
                grown = np.empty(2 * len(found), np.uint64)
                grown[:count] = found[:count]
                found = grown
            count = _paired(row, start, places, sketches, words, least, ratio, met, scanned, found, count)
    return found[:count].copy()


@part
def _paired(row: Any, start: Any, places: Any, sketches: Any, words: Any, least: Any, ratio: Any, met: Any, scanned: Any, found: Any, count: Any) -> Any:
    mine = np.uint64(places[row])
    first = start
    left = met
    while left and first < min(row, start + scanned):
        if _look_alike(first, row, sketches, words, least, ratio):
            found[count] = np.uint64(places[first]) << np.uint64(32) | mine
            count += 1
            left -= 1
        first += 1
    last = row - 1
    left = met
    while left and last >= max(first, row - scanned):
        if _look_alike(last, row, sketches, words, least, ratio):
            found[count] = np.uint64(places[last]) << np.uint64(32) | mine
            count += 1
            left -= 1
        last -= 1
    return count


@part
def _look_alike(one: Any, other: Any, sketches: Any, words: Any, least: Any, ratio: Any) -> Any:
    few, many = min(words[one], words[other]), max(words[one], words[other])
    if few < ratio * many:
        return False
    matches = 0
    for word in range(sketches.shape[1]):
        differ = sketches[one, word] ^ sketches[other, word]
        matches += 32 - _ones((differ | differ >> np.uint64(1)) & _EVEN)
    return matches >= least


@part
def _ones(value: Any) -> Any:
    """How many bits are set (Warren, Hacker's Delight, 5-1)."""
    value = value - (value >> np.uint64(1) & np.uint64(0x5555555555555555))
    value = (value & np.uint64(0x3333333333333333)) + (value >> np.uint64(2) & np.uint64(0x3333333333333333))
    value = value + (value >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64(value * np.uint64(0x0101010101010101) >> np.uint64(56))
