"""BM25: which passages of a collection share the most telling words with a query.

The score of a passage d for a query q is the sum over the query's distinct words t of

    idf(t) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * |d| / mean |d|))      idf(t) = ln(1 + (N - n + 0.5) / (n + 0.5))

with tf the count of t in d, n the number of passages that have t, N that of all (Robertson and Zaragoza, The
Probabilistic Relevance Framework: BM25 and Beyond, 2009, equations 3.3 and 3.15; the 1 within the logarithm, as in
Lucene, keeps a word that most passages have from counting against them). Words are `plain_words`: no stemming and no
stop words, so `cat` does not find `cats`.

The index is flat arrays: 8 bytes for each word type of a passage (its number and the weight), 4 for each passage, and
16 for each word of the vocabulary, which is a sorted array of 64-bit hashes; about one byte for a byte of English.
While it is built, some seven times as much. Texts themselves are not kept. Weights are computed once, so a query adds
up the rows of its words. Two words share a hash with a probability of about 2^-64.

The library bm25s (method `lucene`) gives the same scores but for a constant factor, at the same speed; this is a
hundred lines on the tokens and hashes that the house has, needs nothing installed, and orders equals the same way
on every machine.
"""

from array import array
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.ngrams import token_hashes
from sterling.text.tokens import plain_words


class Hit(NamedTuple):
    """A passage that shares words with the query."""

    document: int
    """Its number, in the order in which passages were given."""
    score: float


class Bm25:
    """An inverted index. Picklable; the same passages give the same index on every machine."""

    def __init__(self, texts: Iterable[str], *, k1: float = 1.2, b: float = 0.75) -> None:
        """`k1` says how soon more of the same word stops to count, `b` how much a long passage is held back."""
        gathered = _Gathered()
        for text in texts:
            gathered.take(text)
        words = np.frombuffer(gathered.words, np.uint64)
        order = np.argsort(words, kind="stable")
        self._words, starts = np.unique(words[order], return_index=True)
        self._bounds = np.append(starts, len(words)).astype(np.int64)
        self._documents = np.frombuffer(gathered.documents, np.uint32)[order]
        self._lengths = np.array(gathered.lengths, np.uint32)
        counts = np.frombuffer(gathered.counts, np.uint32)[order]
        self._weights = self._weighed(counts, k1, b)

    def __len__(self) -> int:
        """How many passages it holds."""
        return len(self._lengths)

    @property
    def nbytes(self) -> int:
        """Of its arrays."""
        arrays = (self._words, self._bounds, self._documents, self._weights, self._lengths)
        return sum(one.nbytes for one in arrays)

    def search(self, query: str, top: int) -> list[Hit]:
        """At most `top` passages that share a word with the query, best first, the earlier of equals first."""
        scores = self.scores(query)
        found = np.flatnonzero(scores)
        if len(found) > top:
            threshold = np.partition(scores[found], len(found) - top)[len(found) - top]
            found = found[scores[found] >= threshold]
        best = found[np.argsort(-scores[found], kind="stable")][:top]
        return [Hit(int(document), float(scores[document])) for document in best]

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """(passages,): the score of each."""
        total = np.zeros(len(self._lengths), np.float32)
        for row in self._rows(query):
            total[self._documents[row]] += self._weights[row]
        return total

    def _rows(self, query: str) -> list[slice]:
        wanted = np.unique(token_hashes(plain_words(query)))
        at = np.searchsorted(self._words, wanted)
        known = [int(n) for n, word in zip(at, wanted, strict=True) if n < len(self._words) and self._words[n] == word]
        return [slice(self._bounds[n], self._bounds[n + 1]) for n in known]

    def _weighed(self, counts: npt.NDArray[np.uint32], k1: float, b: float) -> npt.NDArray[np.float32]:
        if not len(counts):
            return np.empty(0, np.float32)
        holders = np.diff(self._bounds)
        idf = np.log1p((len(self._lengths) - holders + 0.5) / (holders + 0.5)).astype(np.float32)
        damping = (k1 * (1 - b + b * self._lengths / self._lengths.mean())).astype(np.float32)
        tf = counts.astype(np.float32)
        weights: npt.NDArray[np.float32] = tf * np.float32(k1 + 1) / (tf + damping[self._documents])
        return np.asarray(weights * np.repeat(idf, holders), np.float32)


class _Gathered:
    """Word, passage and count of every entry, in the order of the passages."""

    def __init__(self) -> None:
        self.words, self.documents, self.counts, self.lengths = array("Q"), array("I"), array("I"), array("I")

    def take(self, text: str) -> None:
        words = token_hashes(plain_words(text))
        types, counts = np.unique(words, return_counts=True)
        self.words.frombytes(types.astype(np.uint64).tobytes())
        self.counts.frombytes(counts.astype(np.uint32).tobytes())
        self.documents.frombytes(np.full(len(types), len(self.lengths), np.uint32).tobytes())
        self.lengths.append(len(words))
