"""Kernels: of the records that share a band, the pairs whose sketches look alike."""

from typing import Any

import numpy as np

from sterling.text.kernels.build import kernel, part

_EVEN = np.uint64(0x5555555555555555)


@kernel
def by_place(places: Any, count: Any) -> Any:
    """Rows in the order of their places, of which there are `count`."""
    begins = np.zeros(count + 1, np.int64)
    for row in range(len(places)):
        begins[places[row] + 1] += 1
    for place in range(count):
        begins[place + 1] += begins[place]
    rows = np.empty(len(places), np.int64)
    for row in range(len(places)):
        rows[begins[places[row]]] = row
        begins[places[row]] += 1
    return rows


@kernel
def alike(packed: Any, low: Any, rows: Any, crowd: Any, least: Any, ratio: Any, met: Any, scanned: Any) -> Any:
    """Pairs (better, worse) of places that look alike, as one number each, `better << 32 | worse`; some repeated.

    `packed`, sorted: the upper bits of a band, and below, in the bits of `low`, an index into `rows`, which are in the
    order of places. So the rows of a band are neighbours, the better first; other bands with the same upper bits may lie
    between them, and are passed over. `crowd`: bands, places, sketches and sizes by row.
    """
    found = np.empty(1024, np.uint64)
    bucket = np.empty(64, np.int64)
    count = 0
    start = 0
    while start < len(packed):
        stop = start + 1
        while stop < len(packed) and (packed[stop] ^ packed[start]) <= low:
            stop += 1
        if stop > start + 1:
            if stop - start > len(bucket):
                bucket = np.empty(2 * (stop - start), np.int64)
            for at in range(start, stop):
                bucket[at - start] = rows[packed[at] & low]
            for row in range(1, stop - start):
                if count + 2 * met > len(found):
                    grown = np.empty(2 * len(found), np.uint64)
                    grown[:count] = found[:count]
                    found = grown
                count = _paired(row, bucket, crowd, least, ratio, met, scanned, found, count)
        start = stop
    return found[:count].copy()


@part
def _paired(row: Any, bucket: Any, crowd: Any, least: Any, ratio: Any, met: Any, scanned: Any, found: Any, count: Any) -> Any:
    """Adds the pairs of one row of a bucket with those before it; returns how many pairs there are now."""
    bands, places = crowd[0], crowd[1]
    mine = bucket[row]
    same = 0
    first = 0
    left = met
    while left and first < row and same < scanned:
        other = bucket[first]
        if bands[other] == bands[mine]:
            same += 1
            if _look_alike(other, mine, crowd, least, ratio):
                found[count] = np.uint64(places[other]) << np.uint64(32) | np.uint64(places[mine])
                count += 1
                left -= 1
        first += 1
    same = 0
    last = row - 1
    left = met
    while left and last >= first and same < scanned:
        other = bucket[last]
        if bands[other] == bands[mine]:
            same += 1
            if _look_alike(other, mine, crowd, least, ratio):
                found[count] = np.uint64(places[other]) << np.uint64(32) | np.uint64(places[mine])
                count += 1
                left -= 1
        last -= 1
    return count


@part
def _look_alike(one: Any, other: Any, crowd: Any, least: Any, ratio: Any) -> Any:
    sketches, words = crowd[2], crowd[3]
    few, many = min(words[one], words[other]), max(words[one], words[other])
    if few < ratio * many:
        return False
    differing = 0
    for word in range(sketches.shape[1]):
        differ = sketches[one, word] ^ sketches[other, word]
        differing += _ones((differ | differ >> np.uint64(1)) & _EVEN)
    return 32 * sketches.shape[1] - differing >= least


@part
def _ones(value: Any) -> Any:
    """How many bits are set (Warren, Hacker's Delight, 5-1)."""
    value = value - (value >> np.uint64(1) & np.uint64(0x5555555555555555))
    value = (value & np.uint64(0x3333333333333333)) + (value >> np.uint64(2) & np.uint64(0x3333333333333333))
    value = value + (value >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64(value * np.uint64(0x0101010101010101) >> np.uint64(56))
