"""Parts of the kernel of `counting`: what repeats itself, by hashes in an open table."""

from typing import Any

import numpy as np

from sterling.text.kernels.build import inlined, part
from sterling.text.kernels.hashing import slot, windows
from sterling.text.kernels.reading import code_point
from sterling.text.kernels.tables import CLASS_SHIFT, WORD
from sterling.text.kernels.tallies import AT, LONGEST_LOOP

_SHIFT, _WORD = np.uint32(CLASS_SHIFT), np.uint32(WORD)
_LOOP, _TOP, _REPEATED = AT["loop_words"], AT["top_2"], AT["repeated_5"]


@inlined
def met(keys: Any, owner: Any, turn: Any, value: Any) -> Any:
    """Whether `value` was there in this pass; it is from now on."""
    place = slot(keys, owner, turn, value)
    if owner[place] == turn:
        return True
    owner[place] = turn
    keys[place] = value
    return False


@part
def lengths(data: Any, start: Any, end: Any, table: Any, before: Any) -> None:
    """Characters before each plain word, and of all of them, of a text that is not ASCII."""
    count, total = 0, 0
    inside = False
    before[0] = 0
    at = start
    while at < end:
        code, at = code_point(data, at)
        if table[code] >> _SHIFT == _WORD:
            total += 1
            inside = True
            before[count + 1] = total
        else:
            count += inside
            inside = False


@part
def stop_words(hashes: Any, count: Any, stop: Any) -> Any:
    """How many of the stop words are there."""
    found = np.uint64(0)
    for at in range(count if len(stop) else 0):
        for which in range(len(stop)):
            found |= np.uint64(hashes[at] == stop[which]) << np.uint64(which)
    number = 0
    while found:
        found &= found - np.uint64(1)
        number += 1
    return number


@part
def loop(hashes: Any, count: Any, row: Any) -> None:
    """`tallies.loop`."""
    most, times = 0, 0
    for period in range(1, min(LONGEST_LOOP, count // 3) + 1):
        run = 0
        while run + period < count and hashes[count - 1 - run] == hashes[count - 1 - run - period]:
            run += 1
        if run >= 2 * period and run + period > most:
            most, times = run + period, (run + period) // period
    row[_LOOP], row[_LOOP + 1] = most, times


@part
def frequent(
    hashes: Any, count: Any, before: Any, grams: Any, keys: Any, owner: Any, times: Any, turn: Any, row: Any
) -> Any:
    """Top and repeated n-grams; returns the last pass. What repeats no n-gram repeats no longer one."""
    for n in range(2, 11):
        size = windows(hashes, count, n, grams)
        turn += 1
        if n < 5:
            found = _top(grams, size, n, before, keys, owner, times, turn)
            row[_TOP + n - 2] = found
        else:
            found = _repeated(grams, size, n, before, keys, owner, turn)
            row[_REPEATED + n - 5] = found
        if not found:
            break
    return turn


@part
def _top(grams: Any, size: Any, n: Any, before: Any, keys: Any, owner: Any, times: Any, turn: Any) -> Any:
    most, longest_one = 1, 0
    for at in range(size):
        place = slot(keys, owner, turn, grams[at])
        if owner[place] != turn:
            owner[place] = turn
            keys[place] = grams[at]
            times[place] = 1
            continue
        times[place] += 1
        length = before[at + n] - before[at]
        if times[place] > most:
            most, longest_one = times[place], length
        elif times[place] == most and length > longest_one:
            longest_one = length
    return most * longest_one


@part
def _repeated(grams: Any, size: Any, n: Any, before: Any, keys: Any, owner: Any, turn: Any) -> Any:
    covered, total = 0, 0
    for at in range(size):
        if met(keys, owner, turn, grams[at]):
            total += before[at + n] - before[max(covered, at)]
            covered = at + n
    return total
