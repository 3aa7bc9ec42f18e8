"""The kernels, called on Arrow columns. Needs numba; what they compute, `plain` defines."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.text.kernels import counting, crowds, folding, lookup, minima, reading, similar
from sterling.text.kernels import tallies as defined
from sterling.text.kernels.nouns import MEMBER_BITS, Crowd, Grams, Marks, Pairs, Shingling, Suspects
from sterling.text.kernels.reading import CHARACTERS, WORDS
from sterling.text.kernels.tables import CONTEXTUAL, folding_table, lower_table
from sterling.text.minhash import CONSTANTS, PERMUTATIONS, Banding
from sterling.text.ngrams import Hashes


def marks(texts: pa.StringArray, by: Shingling, cut: Banding) -> Marks:
    """Band keys and sketches of the MinHash signature of each text."""
    read = _lowered(texts)
    found = Marks(np.empty((len(texts), cut.bands), np.uint64), np.empty((len(texts), PERMUTATIONS // 32), np.uint64))
    minima.marks(*read, lower_table(), _kind(by), by.n, CONSTANTS, cut.rows, *found)
    return found


def similarities(texts: pa.StringArray, pairs: Pairs, by: Shingling) -> npt.NDArray[np.float64]:
    """Jaccard similarity of the shingles of each pair of texts."""
    read = _lowered(texts)
    hashes = np.empty(len(read.data) + len(texts), np.uint64)
    ends = np.empty(len(texts), np.int64)
    similar.shingle_hashes(*read, lower_table(), _kind(by), by.n, hashes, ends)
    order = np.argsort(pairs.one)
    found = np.empty(len(order), np.float64)
    similar.similarities(hashes, ends, pairs.one[order], pairs.other[order], found)
    back = np.empty_like(found)
    back[order] = found
    return back


def word_hashes(texts: pa.StringArray) -> list[Hashes]:
    """The hash of each plain word of each text."""
    read = _lowered(texts)
    hashes, ends = np.empty(len(read.data), np.uint64), np.empty(len(texts), np.int64)
    similar.word_hashes(*read, lower_table(), hashes, ends)
    return np.split(hashes, ends)[:-1]


def digests(texts: pa.StringArray) -> Hashes:
    """`normal.digest` of each text: texts x 2."""
    found = np.empty((len(texts), 2), np.uint64)
    folding.digests(*_bytes(texts), *folding_table(), found)
    return found


def suspects(texts: pa.StringArray, grams: Sequence[Grams]) -> Suspects:
    """Which texts hold an n-gram of `grams`, and how many plain words each has."""
    found = Suspects(np.empty(len(texts), np.bool_), np.empty(len(texts), np.int64))
    lengths = np.array([one.n for one in grams], np.int64)
    known, filters = ([one.hashes for one in grams], [one.blocks.words for one in grams])
    lookup.suspects(*_lowered(texts), lower_table(), lengths, *_joined(known), *_joined(filters), *found)
    return found


def alike(crowd: Crowd, least: int, ratio: float, met: int, scanned: int) -> Pairs:
    """Pairs of places that share a band and look alike, each once.

    Band and member are sorted as one number, which is five times faster than asking for an order.
    """
    packed = crowd.bands << np.uint64(MEMBER_BITS)
    packed |= crowd.members
    packed.sort()
    found = np.sort(crowds.alike(packed, *crowd[2:], least, ratio, met, scanned))
    each = found[np.append(True, found[1:] != found[:-1])[: len(found)]]
    return Pairs((each >> np.uint64(32)).astype(np.int64), (each & np.uint64(0xFFFFFFFF)).astype(np.int64))


def tallies(texts: pa.StringArray, stop: Hashes) -> npt.NDArray[np.int64]:
    """Of each text the row of numbers that `tallies.tally` defines."""
    found = np.zeros((len(texts), len(defined.NAMES)), np.int64)
    counting.tallies(*_bytes(texts), *_lowered(texts), lower_table(), defined.marks(), stop, found)
    return found


class _Bytes(NamedTuple):
    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]


def _bytes(texts: pa.StringArray) -> _Bytes:
    """The buffers of a column without nulls: of a slice its own part, for others may share the rest."""
    _, places, data = texts.buffers()
    if not len(texts):
        return _Bytes(np.empty(0, np.uint8), np.zeros(1, np.int64))
    width = np.dtype(np.int64 if pa.types.is_large_string(texts.type) else np.int32)
    offsets = np.frombuffer(places, width)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    mine = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]
    return _Bytes(mine, offsets - offsets[0])


def _lowered(texts: pa.StringArray) -> _Bytes:
    """The bytes of a column in which no character needs to know its neighbours to be lower-cased."""
    read = _bytes(texts)
    if not len(read.data) or read.data.max() < 0x80:  # numpy sees that ten times as fast as a search for two bytes
        return read
    if not reading.occurs(read.data, *(np.frombuffer(one.encode(), np.uint8) for one in CONTEXTUAL)):
        return read
    odd = pc.match_substring_regex(texts, "|".join(CONTEXTUAL))
    lowered = [text.lower() for text in texts.filter(odd).to_pylist()]
    return _bytes(pc.replace_with_mask(texts, odd, pa.array(lowered, texts.type)))


def _kind(by: Shingling) -> int:
    return WORDS if by.unit == "word" else CHARACTERS


def _joined(parts: Sequence[Hashes]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Arrays one after the other, and where each ends."""
    return np.concatenate([np.empty(0, np.uint64), *parts]), np.cumsum([len(part) for part in parts], dtype=np.int64)
