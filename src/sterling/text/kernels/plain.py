"""What the kernels compute, without them: text by text in Python and numpy. The same numbers, bit for bit."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.text.kernels.nouns import Crowd, Grams, Marks, Pairs, Shingling, Suspects
from sterling.text.kernels.tallies import NAMES, tally
from sterling.text.minhash import PERMUTATIONS, Banding, Signature, band_keys, signature, sketches
from sterling.text.ngrams import Hashes, jaccard, ngram_hashes, shingles, token_hashes
from sterling.text.normal import digest
from sterling.text.tokens import plain_words

_EVEN = np.uint64(0x5555555555555555)
_BLOCK = 256
"""Members of a bucket that are held against all of it at a time."""


def marks(texts: pa.StringArray, by: Shingling, cut: Banding) -> Marks:
    """Band keys and sketches of the MinHash signature of each text."""
    signatures = np.empty((len(texts), PERMUTATIONS), np.uint32)
    for at, text in enumerate(texts.to_pylist()):
        signatures[at] = _signature(text, by)
    return Marks(band_keys(signatures, cut), sketches(signatures))


def _signature(text: str, by: Shingling) -> Signature:
    return signature(shingles(text, by.n, by.unit))


def similarities(texts: pa.StringArray, pairs: Pairs, by: Shingling) -> npt.NDArray[np.float64]:
    """Jaccard similarity of the shingles of each pair of texts."""
    sets = [shingles(text, by.n, by.unit) for text in texts.to_pylist()]
    return np.array(
        [jaccard(sets[one], sets[other]) for one, other in zip(*map(np.ndarray.tolist, pairs), strict=True)]
    )


def word_hashes(texts: pa.StringArray) -> list[Hashes]:
    """The hash of each plain word of each text."""
    return [token_hashes(plain_words(text)) for text in texts.to_pylist()]


def digests(texts: pa.StringArray) -> Hashes:
    """`normal.digest` of each text: texts x 2."""
    found = np.empty((len(texts), 2), np.uint64)
    for at, text in enumerate(texts.to_pylist()):
        found[at] = digest(text)
    return found


def suspects(texts: pa.StringArray, grams: Sequence[Grams]) -> Suspects:
    """Which texts hold an n-gram of `grams`, and how many plain words each has."""
    read = [plain_words(text) for text in texts.to_pylist()]
    held = [any(one.holds(ngram_hashes(words, one.n)).any() for one in grams) for words in read]
    return Suspects(np.array(held, np.bool_), np.array([len(words) for words in read], np.int64))


def alike(crowd: Crowd, least: int, ratio: float, met: int, scanned: int) -> Pairs:
    """Pairs of places that share a band and look alike, each once."""
    everybody = crowd.members.astype(np.int64)
    order = np.lexsort((crowd.places[everybody], crowd.bands))
    members = everybody[order]
    edges = [0, *(np.flatnonzero(np.diff(crowd.bands[order])) + 1).tolist(), len(order)]
    found = [_alike(crowd, members[start:stop], least, ratio, met, scanned) for start, stop in pairwise(edges)]
    better, worse = np.unique(np.concatenate(found, axis=1), axis=1)
    return Pairs(better, worse)


def tallies(texts: pa.StringArray, stop: Hashes) -> npt.NDArray[np.int64]:
    """Of each text the row of numbers that `tallies.tally` defines."""
    return np.array([tally(text, stop) for text in texts.to_pylist()], np.int64).reshape(-1, len(NAMES))


def _alike(
    crowd: Crowd, bucket: npt.NDArray[np.int64], least: int, ratio: float, met: int, scanned: int
) -> npt.NDArray[np.int64]:
    """Of one bucket of members, the better first."""
    found = [np.empty((2, 0), np.int64)]
    for first in range(0, len(bucket), _BLOCK):
        mine = np.arange(first, min(first + _BLOCK, len(bucket)))
        theirs = np.arange(mine[-1] + 1)
        near = _look_alike(crowd, bucket[mine], bucket[theirs], least, ratio) & (theirs < mine[:, None])
        head, tail = near & (theirs < scanned), near & (theirs >= mine[:, None] - scanned)
        head &= np.cumsum(head, axis=1) <= met
        tail &= np.cumsum(tail[:, ::-1], axis=1)[:, ::-1] <= met
        worse, better = np.nonzero(head | tail)
        found.append(np.stack((crowd.places[bucket[theirs[better]]], crowd.places[bucket[mine[worse]]])))
    return np.concatenate(found, axis=1)


def _look_alike(
    crowd: Crowd, mine: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64], least: int, ratio: float
) -> npt.NDArray[np.bool_]:
    differ = crowd.sketches[mine, None, :] ^ crowd.sketches[None, theirs, :]
    differ = (differ | differ >> np.uint64(1)) & _EVEN
    enough = PERMUTATIONS - np.bitwise_count(differ).sum(axis=2, dtype=np.int64) >= least
    if not len(crowd.words):
        return np.asarray(enough)
    one, other = crowd.words[mine, None], crowd.words[None, theirs]
    return np.asarray(enough & (np.minimum(one, other) >= ratio * np.maximum(one, other)))
