"""Texts as directions, so that texts about one thing point the same way: offline, and the form of any other model.

The offline embedder (`fitted`) reads no meaning: it weighs words and pairs of neighbouring words by how rare they are
in a sample (TF-IDF with sublinear counts), takes out what all texts share, and maps the rest to a few dimensions. A
quarter of these are the sample's main axes (truncated SVD), the others a random projection of what remains, so that a
cosine is that of the weighed words themselves with less noise than a projection alone would leave. SVD alone hears
which words go together, and makes one text of two that differ in names and numbers only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.text.clusters import Vectors, directions
from sterling.text.kernels import kernels
from sterling.text.ngrams import FACTOR, Hashes, mixed

__all__ = ["Embedder", "Offline", "Vectors", "fitted"]


class Embedder(Protocol):
    """Whatever makes directions of texts."""

    @property
    def name(self) -> str:
        """Which it is, for evidence."""

    def embed(self, texts: Sequence[str] | pa.StringArray) -> Vectors:
        """Texts x dimensions, rows of length 1, or 0 for a text without words. Each depends on its own text alone.

        `texts`: strings, or an Arrow column without nulls.
        """


_BITS = 16
"""2^16 features: half of them for words, half for pairs of neighbours."""
_FEATURES = 1 << _BITS
_PAIRS = 0.3
"""What a pair of neighbours weighs beside a word: less, or texts in other words lose what they share."""
_AXES = 4
"""One in so many dimensions is an axis of the sample."""
_READ = 2048
"""Texts of the sample that the axes are computed from; its document frequencies are those of all."""
_EXTRA = 16
"""Directions beside those that are wanted, which make the random search for axes precise (Halko et al., 2011)."""
_USUAL = 1e-3
"""A text that is the common part itself has no direction apart from it: it is compared as it is."""
_LEAST = 1e-3
"""Weight of a word that every text has, so that a collection of copies has directions too."""
_BLOCK = 1024
"""Texts that are worked on at a time."""


@dataclass(frozen=True)
class Offline:
    """Hashed words, weighed and projected.

    The same vectors however texts are batched. Between machines the last bits of what was fitted may differ, so it is
    fitted once and sent along: some MB, the random axes being drawn anew from their seed where they are needed.
    """

    name: str
    weights: npt.NDArray[np.float32]
    """Of each feature: its inverse document frequency."""
    known: npt.NDArray[np.int64]
    """Features that main axes were found for."""
    rows: Vectors
    """Their part of the axes."""
    common: Vectors
    """What the vectors of the sample share, which is taken out of each."""
    main: int
    """How many dimensions are main axes."""

    @cached_property
    def axes(self) -> Vectors:
        """Features x dimensions: the main axes, then random ones."""
        width = self.rows.shape[1]
        axes = np.zeros((_FEATURES, width), np.float32)
        axes[:, self.main :] = _random_axes(width - self.main)
        axes[self.known] = self.rows
        return axes

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "axes"}

    def embed(self, texts: Sequence[str] | pa.StringArray) -> Vectors:
        """Texts x dimensions. Texts are compared without case, punctuation and white space."""
        column = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string())
        parts = [self._block(column.slice(start, _BLOCK)) for start in range(0, len(column), _BLOCK)]
        return np.concatenate([np.zeros((0, self.axes.shape[1]), np.float32), *parts])

    def _block(self, texts: pa.StringArray) -> Vectors:
        counted = _counted(texts)
        empty = counted.ends == np.append(0, counted.ends[:-1])
        rows = directions(_projected(counted, _weighed(counted, self.weights), self.axes))
        apart = rows - self.common
        usual = np.abs(apart).max(axis=1, initial=0) < _USUAL
        apart[usual] = rows[usual]
        rows = directions(apart)
        rows[empty] = 0
        return rows


def fitted(sample: Iterable[str], dimensions: int = 128) -> Offline:
    """An embedder that knows which words are common in a sample, and which go together.

    A few thousand texts are enough. The same sample in the same order gives the same embedder on one machine.
    """
    counted = _counted(pa.array(sample, pa.large_string()))
    weights, some = _inverse_frequencies(counted), counted.head(_READ)
    found = _main_axes(_Sparse.of(some, weights), dimensions // _AXES)
    main = found.axes.shape[1]
    random = _random_axes(dimensions - main)[found.known]
    rows = np.hstack((found.axes, random - found.axes @ (found.axes.T @ random))).astype(np.float32)
    name = f"offline: words and pairs, TF-IDF and SVD of {len(counted.ends)} texts, {dimensions} dimensions"
    plain = Offline(name, weights, found.known, rows, np.zeros((1, dimensions), np.float32), main)
    raw = directions(_projected(some, _weighed(some, weights), plain.axes))
    common = raw.mean(axis=0, keepdims=True, dtype=np.float64) if len(raw) else plain.common
    return replace(plain, common=common.astype(np.float32))


class _Counted(NamedTuple):
    """Which features each text has, text after text: sparse rows."""

    features: npt.NDArray[np.int64]
    signs: npt.NDArray[np.float32]
    """1 or -1 by hash, so that features in one place do not add up."""
    counts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    """Where each text's features end."""

    def head(self, texts: int) -> "_Counted":
        ends = self.ends[:texts]
        last = int(ends[-1]) if len(ends) else 0
        return _Counted(self.features[:last], self.signs[:last], self.counts[:last], ends)

    def texts(self) -> npt.NDArray[np.int64]:
        """The number of the text that each feature is of."""
        return np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))


def _counted(texts: pa.StringArray) -> _Counted:
    words = kernels().word_hashes(texts)
    hashes = np.concatenate([np.empty(0, np.uint64), *words])
    owners = np.repeat(np.arange(len(words), dtype=np.uint64), [len(one) for one in words])
    same = owners[1:] == owners[:-1]
    pairs = mixed(hashes[:-1] * np.uint64(FACTOR) + hashes[1:])[same]
    keys = np.concatenate((_keys(owners, hashes, 0), _keys(owners[:-1][same], pairs, 1)))
    keys.sort()
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    found, counts = keys[starts], np.diff(np.append(starts, len(keys)))
    signs = np.where(found & np.uint64(1), np.float32(1), np.float32(-1))
    features = (found >> np.uint64(1) & np.uint64(_FEATURES - 1)).astype(np.int64)
    ends = np.searchsorted(found, np.arange(1, len(words) + 1, dtype=np.uint64) << np.uint64(_BITS + 1))
    return _Counted(features, signs, counts, ends)


def _keys(owners: Hashes, hashes: Hashes, kind: int) -> Hashes:
    """Text, kind, feature, sign in one number that can be sorted."""
    place = hashes >> np.uint64(65 - _BITS) | np.uint64(kind << (_BITS - 1))
    keys: Hashes = owners << np.uint64(_BITS + 1) | place << np.uint64(1) | hashes & np.uint64(1)
    return keys


def _inverse_frequencies(counted: _Counted) -> npt.NDArray[np.float32]:
    """ln((n + 1) / (df + 1)): for a feature that no text of the sample has the most; pairs less."""
    frequency = np.bincount(counted.features, minlength=_FEATURES)
    weights = np.log((len(counted.ends) + 1) / (frequency + 1))
    if not len(counted.ends):
        weights = np.ones(_FEATURES)
    weights[_FEATURES // 2 :] *= _PAIRS
    return np.maximum(weights, _LEAST).astype(np.float32)


def _weighed(counted: _Counted, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(1 + ln count) x inverse document frequency, each text's of length 1."""
    weighed = counted.signs * (1 + np.log(counted.counts)) * weights[counted.features]
    squares = np.bincount(counted.texts(), weights=weighed * weighed, minlength=len(counted.ends))
    lengths = np.sqrt(np.where(squares > 0, squares, 1))
    return np.asarray(weighed / lengths[counted.texts()], np.float32)


def _projected(counted: _Counted, weighed: npt.NDArray[np.float32], axes: npt.NDArray[np.floating]) -> Vectors:
    """Texts x dimensions, text by text: so a vector does not depend on its neighbours, nor on threads of BLAS."""
    found = np.zeros((len(counted.ends), axes.shape[1]), axes.dtype)
    most = int(np.diff(counted.ends, prepend=0).max(initial=0))
    room = np.empty((most, axes.shape[1]), axes.dtype)
    for text, (start, end) in enumerate(pairwise([0, *counted.ends.tolist()])):
        mine = axes.take(counted.features[start:end], axis=0, out=room[: end - start], mode="clip")
        np.einsum("i,ij->j", weighed[start:end], mine, out=found[text])
    return found


@lru_cache(maxsize=1)
def _random_axes(count: int) -> Vectors:
    """Features x count: a sign each, so that what falls into few dimensions keeps its length on average.

    The last one is held, since fitting and embedding ask for the same: 48 MB for 256 dimensions. Not to be written to.
    """
    signs = np.random.default_rng(0).integers(0, 2, (_FEATURES, count), np.int8) * np.float32(2) - np.float32(1)
    return np.asarray(signs / np.sqrt(np.float32(max(1, count))), np.float32)


class _Sparse(NamedTuple):
    """Texts x known features, without their mean: the words that at least two texts of a sample have."""

    known: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    """Of each value: the place of its feature in `known`."""
    texts: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    height: int
    mean: npt.NDArray[np.float64]

    @classmethod
    def of(cls, counted: _Counted, weights: npt.NDArray[np.float32]) -> "_Sparse":
        frequency = np.bincount(counted.features, minlength=_FEATURES)
        mine = np.flatnonzero((frequency[counted.features] > 1) & (counted.features < _FEATURES // 2))
        known, columns = np.unique(counted.features[mine], return_inverse=True)
        values = _weighed(counted, weights)[mine].astype(np.float64)
        height = len(counted.ends)
        mean = np.bincount(columns, weights=values, minlength=len(known)) / max(1, height)
        return cls(known, columns, counted.texts()[mine], values, height, mean)

    def times(self, right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return _summed(self.texts, self.columns, self.values, right, self.height) - self.mean @ right

    def transposed_times(self, right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        order = np.argsort(self.columns, kind="stable")
        rows = _summed(self.columns[order], self.texts[order], self.values[order], right, len(self.known))
        return rows - np.outer(self.mean, right.sum(axis=0))


def _summed(
    to: npt.NDArray[np.int64], of: npt.NDArray[np.int64], values: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64], height: int,
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Row `to` of the result: the sum of `values` x rows `of` of `right`. `to` is sorted."""
    found = np.zeros((height, right.shape[1]))
    borders = [*np.flatnonzero(np.diff(to, prepend=-1)).tolist(), len(to)]
    for start, end in pairwise(borders):
        found[to[start]] = values[start:end] @ right[of[start:end]]
    return found


class _Main(NamedTuple):
    known: npt.NDArray[np.int64]
    axes: npt.NDArray[np.float64]
    """Known features x axes, of length 1 and at right angles."""


def _main_axes(sample: _Sparse, count: int) -> _Main:
    """At most `count` right singular vectors, by random subspace iteration (Halko, Martinsson and Tropp, 2011).

    The largest component of each is positive.
    """
    wanted = min(count, sample.height - 1, len(sample.known) - 1)
    if wanted < 1:
        return _Main(sample.known, np.zeros((len(sample.known), 0)))
    width = min(wanted + _EXTRA, sample.height, len(sample.known))
    basis = np.random.default_rng(1).standard_normal((len(sample.known), width))
    for _ in range(2):
        basis = np.linalg.qr(sample.transposed_times(np.linalg.qr(sample.times(basis))[0]))[0]
    small = sample.transposed_times(np.linalg.qr(sample.times(basis))[0])
    lengths, turned = np.linalg.eigh(small.T @ small)
    largest = [at for at in np.argsort(-lengths)[:wanted].tolist() if lengths[at] > 1e-9 * lengths.max()]
    axes = small @ turned[:, largest] / np.sqrt(lengths[largest])
    peaks = axes[np.argmax(np.abs(axes), axis=0), np.arange(axes.shape[1])]
    return _Main(sample.known, axes * np.sign(peaks))
