"""Kernel: texts to what near duplicates are found by: band keys and sketches of a MinHash signature."""

from typing import Any

import numpy as np

from sterling.text.kernels.build import kernel, part
from sterling.text.kernels.hashing import FACTOR, mixed, shingled
from sterling.text.kernels.reading import longest, space_for, units
from sterling.text.minhash import SKETCHING

_SKETCHING = np.uint32(SKETCHING)
_LANES = 64
_BLOCK = 512
"""Hashes at a time, so that they stay in the first-level cache whatever the length of the text."""


@kernel
def marks(
    data: Any, offsets: Any, table: Any, kind: Any, n: Any, constants: Any, rows: Any, keys: Any, sketches: Any
) -> None:
    """`keys` (texts x bands) and `sketches` (texts x words of 64 bits) of each text.

    `constants`: factors and shifts of the permutations, 2 x permutations.
    """
    permutations = constants.shape[1]
    space = space_for(offsets)
    hashes = np.empty(longest(offsets), np.uint64)
    folded = np.empty(_BLOCK, np.uint32)
    lowest = np.empty(permutations, np.uint32)
    for text in range(len(offsets) - 1):
        count = units(data, offsets[text], offsets[text + 1], table, kind, space, hashes)
        count = shingled(hashes, count, n)
        lowest[:] = np.uint32(0xFFFFFFFF)
        for start in range(0, count, _BLOCK):
            size = min(_BLOCK, count - start)
            for at in range(size):
                value = hashes[start + at]
                folded[at] = np.uint32(value ^ (value >> np.uint64(32)))
            while size % _LANES:  # a whole number of vectors: what is there twice changes no minimum
                folded[size] = folded[0]
                size += 1
            _lower(folded, size, constants, lowest)
        _bands(lowest, rows, keys[text])
        _sketch(lowest, sketches[text])


@part
def _lower(folded: Any, size: Any, constants: Any, lowest: Any) -> None:
    for permutation in range(len(lowest)):
        factor, shift = constants[0, permutation], constants[1, permutation]
        least = lowest[permutation]
        for at in range(size):
            least = min(least, np.uint32(factor * folded[at] + shift))
        lowest[permutation] = least


@part
def _bands(lowest: Any, rows: Any, keys: Any) -> None:
    """`minhash.band_keys` of one signature."""
    for band in range(len(keys)):
        keys[band] = np.uint64(band + 1)
    for row in range(rows):
        for band in range(len(keys)):
            keys[band] = keys[band] * FACTOR + np.uint64(lowest[band * rows + row])
    for band in range(len(keys)):
        keys[band] = mixed(keys[band])


@part
def _sketch(lowest: Any, sketch: Any) -> None:
    """`minhash.sketches` of one signature."""
    for word in range(len(sketch)):
        packed = np.uint64(0)
        for at in range(32):
            bits = np.uint32(lowest[word * 32 + at] * _SKETCHING) >> np.uint32(30)
            packed |= np.uint64(bits) << np.uint64(2 * at)
        sketch[word] = packed
