"""Kernels: of the records that share a band, the pairs whose sketches look alike."""

from typing import Any

import numpy as np

from sterling.text.kernels.build import kernel, part

_EVEN = np.uint64(0x5555555555555555)


@kernel
def alike(packed: Any, low: Any, crowd: Any, least: Any, ratio: Any, met: Any, scanned: Any) -> Any:
    """Pairs (better, worse) of places that look alike, as one number each, `better << 32 | worse`; some repeated.

    `packed`, sorted: the upper bits of a band, and in the bits of `low` a row. So the rows of a band are neighbours; a
    row of another band with the same upper bits may be among them. `crowd`: bands, places, sketches, words, by row.
    """
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
            if size > met:
                _sort(bucket, size, crowd)
            first = 0
            for row in range(1, size):
                if size > met and crowd[0][bucket[row]] != crowd[0][bucket[row - 1]]:
                    first = row
                if count + 2 * met > len(found):
                    grown = np.empty(2 * len(found), np.uint64)
                    grown[:count] = found[:count]
                    found = grown
                count = _paired(first, row, bucket, crowd, least, ratio, met, scanned, found, count)
        start = stop
    return found[:count].copy()


@part
def _sort(bucket: Any, size: Any, crowd: Any) -> None:
    """By (band, place): a heap sort (Williams, 1964), for some buckets are large."""
    for root in range(size // 2 - 1, -1, -1):
        _sift(bucket, root, size, crowd)
    for last in range(size - 1, 0, -1):
        bucket[0], bucket[last] = bucket[last], bucket[0]
        _sift(bucket, 0, last, crowd)


@part
def _sift(bucket: Any, root: Any, size: Any, crowd: Any) -> None:
    while 2 * root + 1 < size:
        child = 2 * root + 1
        if child + 1 < size and _before(bucket[child], bucket[child + 1], crowd):
            child += 1
        if not _before(bucket[root], bucket[child], crowd):
            return
        bucket[root], bucket[child] = bucket[child], bucket[root]
        root = child


@part
def _before(one: Any, other: Any, crowd: Any) -> Any:
    bands, places = crowd[0], crowd[1]
    return bands[one] < bands[other] or (bands[one] == bands[other] and places[one] < places[other])


@part
def _paired(first: Any, row: Any, bucket: Any, crowd: Any, least: Any, ratio: Any, met: Any, scanned: Any, found: Any, count: Any) -> Any:
    """Adds the pairs of one row of a bucket with those between `first` and it; returns how many pairs there are now."""
    left = met
    at = first
    while left and at < min(row, first + scanned):
        if _look_alike(bucket[at], bucket[row], crowd, least, ratio):
            found[count] = _pair(bucket[at], bucket[row], crowd)
            count += 1
            left -= 1
        at += 1
    left = met
    last = row - 1
    while left and last >= max(at, row - scanned):
        if _look_alike(bucket[last], bucket[row], crowd, least, ratio):
            found[count] = _pair(bucket[last], bucket[row], crowd)
            count += 1
            left -= 1
        last -= 1
    return count


@part
def _pair(one: Any, other: Any, crowd: Any) -> Any:
    few, many = min(crowd[1][one], crowd[1][other]), max(crowd[1][one], crowd[1][other])
    return np.uint64(few) << np.uint64(32) | np.uint64(many)


@part
def _look_alike(one: Any, other: Any, crowd: Any, least: Any, ratio: Any) -> Any:
    bands, sketches, words = crowd[0], crowd[2], crowd[3]
    differing = 0
    for word in range(sketches.shape[1]):
        differ = sketches[one, word] ^ sketches[other, word]
        differing += _ones((differ | differ >> np.uint64(1)) & _EVEN)
    if 32 * sketches.shape[1] - differing < least or bands[one] != bands[other]:
        return False
    return len(words) == 0 or min(words[one], words[other]) >= ratio * max(words[one], words[other])


@part
def _ones(value: Any) -> Any:
    """How many bits are set (Warren, Hacker's Delight, 5-1)."""
    value = value - (value >> np.uint64(1) & np.uint64(0x5555555555555555))
    value = (value & np.uint64(0x3333333333333333)) + (value >> np.uint64(2) & np.uint64(0x3333333333333333))
    value = value + (value >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64(value * np.uint64(0x0101010101010101) >> np.uint64(56))
