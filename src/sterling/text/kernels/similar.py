"""Kernels: exact similarity of pairs of texts, and the pairs of a bucket whose sketches look alike."""

from typing import Any

import numpy as np

from sterling.text.kernels.build import inlined, kernel
from sterling.text.kernels.hashing import shingled, slot
from sterling.text.kernels.reading import PLAIN_WORDS, longest, space_for, units


@kernel
def shingle_hashes(data: Any, offsets: Any, table: Any, kind: Any, n: Any, out: Any, ends: Any) -> None:
    """The shingles of each text in order, repetitions included, one text after the other; where each text's end."""
    space = space_for(offsets)
    hashes = np.empty(longest(offsets), np.uint64)
    filled = 0
    for text in range(len(offsets) - 1):
        count = units(data, offsets[text], offsets[text + 1], table, kind, space, hashes)
        count = shingled(hashes, count, n)
        out[filled : filled + count] = hashes[:count]
        filled += count
        ends[text] = filled


@kernel
def word_hashes(data: Any, offsets: Any, table: Any, out: Any, ends: Any) -> None:
    """The plain words of each text in order, one text after the other; where each text's end."""
    space = space_for(offsets)
    hashes = np.empty(longest(offsets), np.uint64)
    filled = 0
    for text in range(len(offsets) - 1):
        count = units(data, offsets[text], offsets[text + 1], table, PLAIN_WORDS, space, hashes)
        out[filled : filled + count] = hashes[:count]
        filled += count
        ends[text] = filled


@kernel
def similarities(hashes: Any, ends: Any, left: Any, right: Any, out: Any) -> None:
    """Jaccard similarity of each pair of texts, as sets of hashes. Equal `left` must be neighbours."""
    most = 1
    for text in range(len(ends)):
        most = max(most, ends[text] - (ends[text - 1] if text else 0))
    slots = 4
    while slots < 2 * most:
        slots *= 2
    table = np.zeros(slots, np.uint64)
    owner = np.full(slots, -1, np.int64)  # which text a slot belongs to, so that nothing need be cleared
    met = np.full(slots, -1, np.int64)  # by which pair it was counted
    distinct = _distinct(hashes, ends, table, owner)
    owner[:] = -1
    held = -1
    for pair in range(len(left)):
        if left[pair] != held:
            held = left[pair]
            _insert(hashes, ends, held, table, owner)
        common = _common(hashes, ends, right[pair], table, owner, held, met, pair)
        whole = distinct[held] + distinct[right[pair]] - common
        out[pair] = common / whole


@inlined
def _insert(hashes: Any, ends: Any, text: Any, table: Any, owner: Any) -> Any:
    """The set of a text's hashes into the table; returns its size."""
    size = 0
    for at in range(ends[text - 1] if text else 0, ends[text]):
        place = slot(table, owner, text, hashes[at])
        if owner[place] != text:
            owner[place] = text
            table[place] = hashes[at]
            size += 1
    return size


@inlined
def _distinct(hashes: Any, ends: Any, table: Any, owner: Any) -> Any:
    sizes = np.empty(len(ends), np.int64)
    for text in range(len(ends)):
        sizes[text] = _insert(hashes, ends, text, table, owner)
    return sizes


@inlined
def _common(hashes: Any, ends: Any, text: Any, table: Any, owner: Any, held: Any, met: Any, pair: Any) -> Any:
    """How many of a text's hashes are in the table, each counted once."""
    common = 0
    for at in range(ends[text - 1] if text else 0, ends[text]):
        place = slot(table, owner, held, hashes[at])
        if owner[place] == held and met[place] != pair:
            met[place] = pair
            common += 1
    return common
