"""Whether the parts of a text speak of the same things: words in common across its joints.

A text is cut into stretches of whole sentences. At each joint between two stretches, all before it and all after it are
two bags of words, weighed by (1 + ln count) and by how rare a word is among other texts; their cosine is the cohesion
there (Hearst's TextTiling, Computational Linguistics 23, 1997, with all of the text on either side, so that short texts
can be judged). The weakest joint tells of the text. The bags are compared as they are: the noise of a projection to a
few hundred dimensions is as large as what two halves of a text have in common.

It hears repetition and nothing else. A text that says everything once has no cohesion.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.text.kernels import kernels

_BITS = 18
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")  # noqa: RUF001 - full stops of Chinese and Japanese
_STRETCH = 12
"""Words of a stretch at least, the last one perhaps of half as many: short ones were best on four kinds of texts."""
_EDGE = 0.25
"""Of a text's words, at least so many on either side of a joint; if none is so placed, the middlemost counts."""


class Joint(NamedTuple):
    """The place where a text holds together least."""

    cohesion: float
    """Cosine of the words before and after, from 0 to 1."""
    at: int
    """The character where what comes after begins."""


def rarity(texts: Iterable[pa.StringArray]) -> npt.NDArray[np.float64]:
    """ln((n + 1) / (df + 1)) of each of 2^18 hashes of words among all texts of these columns."""
    frequency, count = np.zeros(1 << _BITS), 0
    for column in texts:
        count += len(column)
        for words in kernels().word_hashes(column):
            frequency[np.unique(_places(words))] += 1
    weights: npt.NDArray[np.float64] = np.log((count + 1) / (frequency + 1))
    return weights


def weakest_joints(texts: Sequence[str], weights: npt.NDArray[np.float64]) -> list[Joint | None]:
    """Of each text; None for one of fewer than two stretches. 150 to 310 microseconds a text of 1 KB."""
    cut = [stretches(text) for text in texts]
    flat = [text[one.start : one.stop] for text, found in zip(texts, cut, strict=True) for one in found]
    words = iter(kernels().word_hashes(pa.array(flat, pa.large_string())))
    return [_weakest(found, [_places(next(words)) for _ in found], weights) for found in cut]


def stretches(text: str) -> list[slice]:
    """Whole sentences of at least 12 words together, as pieces of the text in order."""
    found: list[slice] = []
    start, words, place = 0, 0, 0
    for border in [*(one.span() for one in _SENTENCE.finditer(text)), (len(text), len(text))]:
        words += len(text[place : border[0]].split())
        place = border[1]
        if words >= _STRETCH:
            found.append(slice(start, place))
            start, words = place, 0
    if words:
        short = found.pop() if found and words < _STRETCH / 2 else slice(start, start)
        found.append(slice(short.start, len(text)))
    return found


def _places(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    return (words >> np.uint64(64 - _BITS)).astype(np.int64)


def _weakest(
    cut: Sequence[slice], words: Sequence[npt.NDArray[np.int64]], weights: npt.NDArray[np.float64]
) -> Joint | None:
    sizes = np.array([len(one) for one in words])
    if len(cut) < 2 or not sizes.any():
        return None
    types, place = np.unique(np.concatenate(words), return_inverse=True)
    cells = np.repeat(np.arange(len(cut)) * len(types), sizes) + place
    counts = np.bincount(cells, minlength=len(cut) * len(types)).reshape(len(cut), -1)
    before = np.cumsum(counts, axis=0)[:-1]
    after = counts.sum(axis=0) - before
    cosines = _cosines(_weighed(before, weights[types]), _weighed(after, weights[types]))
    smaller = np.minimum(before.sum(axis=1), after.sum(axis=1))
    cosines[smaller < min(_EDGE * sizes.sum(), smaller.max())] = np.inf
    least = int(np.argmin(cosines))
    return Joint(float(cosines[least]), cut[least + 1].start)


def _weighed(counts: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0.0) * weights


def _cosines(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = np.sqrt((one * one).sum(axis=1) * (other * other).sum(axis=1))
    cosines: npt.NDArray[np.float64] = (one * other).sum(axis=1) / np.where(lengths > 0, lengths, 1)
    return cosines
