"""Kernels: of the records that share a band, the pairs whose sketches look alike."""

from typing import Any

import numpy as np

from sterling.text.kernels.build import inlined, kernel
from sterling.text.kernels.nouns import MEMBER_BITS

_EVEN = np.uint64(0x5555555555555555)


@kernel
def alike(packed: Any, places: Any, sketches: Any, words: Any, least: Any, ratio: Any, met: Any, scanned: Any) -> Any:
    """Pairs (better, worse) of places that look alike, as one number each, `better << 32 | worse`; some repeated.

    `packed`, sorted: a band and a member in each number, so that the members of a band are neighbours. `places`,
    `sketches`, `words` are by member.
    """
    low = np.uint64((1 << MEMBER_BITS) - 1)
    found = np.empty(1024, np.uint64)
    bucket = np.empty(64, np.int64)
    count = 0
    start = 0
    while start < len(packed):
        stop = start + 1
        while stop < len(packed) and (packed[stop] ^ packed[start]) <= low:
            stop += 1
        size = stop - start
        if size > 1:
            if size > len(bucket):
                bucket = np.empty(2 * size, np.int64)
            for at in range(size):
                bucket[at] = packed[start + at] & low
            if size > met:  # in a smaller one everybody meets everybody, in any order
                _sort(bucket, size, places)
            for row in range(1, size):
                if count + 2 * met > len(found):
                    grown = np.empty(2 * len(found), np.uint64)
                    grown[:count] = found[:count]
                    found = grown
                count = _paired(row, bucket, places, sketches, words, least, ratio, met, scanned, found, count)
        start = stop
    return found[:count].copy()


@inlined
def _sort(bucket: Any, size: Any, places: Any) -> None:
    """By place: a heap sort (Williams, 1964), for some buckets are large."""
    for root in range(size // 2 - 1, -1, -1):
        _sift(bucket, root, size, places)
    for last in range(size - 1, 0, -1):
        bucket[0], bucket[last] = bucket[last], bucket[0]
        _sift(bucket, 0, last, places)


@inlined
def _sift(bucket: Any, root: Any, size: Any, places: Any) -> None:
    while 2 * root + 1 < size:
        child = 2 * root + 1
        if child + 1 < size and places[bucket[child]] < places[bucket[child + 1]]:
            child += 1
        if places[bucket[root]] >= places[bucket[child]]:
            return
        bucket[root], bucket[child] = bucket[child], bucket[root]
        root = child


@inlined
def _paired(
    row: Any,
    bucket: Any,
    places: Any,
    sketches: Any,
    words: Any,
    least: Any,
    ratio: Any,
    met: Any,
    scanned: Any,
    found: Any,
    count: Any,
) -> Any:
    """Adds the pairs of one row of a bucket with those before it; returns how many pairs there are now."""
    left = met
    first = 0
    while left and first < min(row, scanned):
        if _look_alike(bucket[first], bucket[row], sketches, words, least, ratio):
            found[count] = _pair(bucket[first], bucket[row], places)
            count += 1
            left -= 1
        first += 1
    left = met
    last = row - 1
    while left and last >= max(first, row - scanned):
        if _look_alike(bucket[last], bucket[row], sketches, words, least, ratio):
            found[count] = _pair(bucket[last], bucket[row], places)
            count += 1
            left -= 1
        last -= 1
    return count


@inlined
def _pair(one: Any, other: Any, places: Any) -> Any:
    few, many = min(places[one], places[other]), max(places[one], places[other])
    return np.uint64(few) << np.uint64(32) | np.uint64(many)


@inlined
def _look_alike(one: Any, other: Any, sketches: Any, words: Any, least: Any, ratio: Any) -> Any:
    differing = 0
    for word in range(sketches.shape[1]):
        differ = sketches[one, word] ^ sketches[other, word]
        differing += _ones((differ | differ >> np.uint64(1)) & _EVEN)
    if 32 * sketches.shape[1] - differing < least:
        return False
    return len(words) == 0 or min(words[one], words[other]) >= ratio * max(words[one], words[other])


@inlined
def _ones(value: Any) -> Any:
    """How many bits are set (Warren, Hacker's Delight, 5-1)."""
    value = value - (value >> np.uint64(1) & np.uint64(0x5555555555555555))
    value = (value & np.uint64(0x3333333333333333)) + (value >> np.uint64(2) & np.uint64(0x3333333333333333))
    value = value + (value >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64(value * np.uint64(0x0101010101010101) >> np.uint64(56))
