"""How often each n-gram was seen, counted block by block."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.ngrams import SEED, Hashes, window_hashes

BEGIN = np.uint64(SEED)
"""Stands before each text as a context, and is never predicted."""
_BLOCK = 1 << 20
"""Tokens that are counted at a time."""

Counts = npt.NDArray[np.int64]


class Placed(NamedTuple):
    """Texts one after the other, each behind a `BEGIN`."""

    tokens: Hashes
    depth: npt.NDArray[np.int64]
    """Of each token, how many stand before it in its text, `BEGIN` included: 0 for `BEGIN` itself."""

    @classmethod
    def of(cls, texts: Sequence[Hashes]) -> "Placed":
        """Of one array of token hashes a text."""
        sizes = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
        starts = np.cumsum(sizes) - sizes
        tokens = np.concatenate([part for text in texts for part in (_BEGIN, text)] or [_NONE])
        return cls(tokens, np.arange(len(tokens)) - np.repeat(starts, sizes))

    def grams(self, n: int) -> Hashes:
        """The n-gram that ends at each token; what reaches over the beginning of its text is no n-gram of it."""
        found = np.zeros(len(self.tokens), np.uint64)
        found[n - 1 :] = window_hashes(self.tokens, n)
        return found

    def whole(self, n: int) -> npt.NDArray[np.bool_]:
        """Whether an n-gram of the text ends at each token and predicts it."""
        within: npt.NDArray[np.bool_] = self.depth >= max(1, n - 1)
        return within


_BEGIN = np.array([BEGIN], np.uint64)
_NONE = np.empty(0, np.uint64)


class Table(NamedTuple):
    """The distinct n-grams of one n: 32 bytes each."""

    hashes: Hashes
    """Sorted."""
    counts: Counts
    contexts: Hashes
    """Each n-gram without its last token; 0 for a single token."""
    suffixes: Hashes
    """Each n-gram without its first token; 0 for a single token."""


def counted(texts: Placed, order: int) -> list[Table]:
    """The n-grams of some texts, for n from 1 to `order`."""
    shorter = np.zeros(len(texts.tokens), np.uint64)
    tables = []
    for n in range(1, order + 1):
        grams, whole = texts.grams(n), texts.whole(n)
        contexts = np.roll(shorter, 1)
        tables.append(_summed(grams[whole], np.ones(int(whole.sum()), np.int64), contexts[whole], shorter[whole]))
        shorter = grams
    return tables


def merged(one: Sequence[Table], other: Sequence[Table]) -> list[Table]:
    """What two countings say together."""
    pairs = zip(one, other, strict=True)
    return [_summed(*(np.concatenate(columns) for columns in zip(*pair, strict=True))) for pair in pairs]


def _summed(hashes: Hashes, counts: Counts, contexts: Hashes, suffixes: Hashes) -> Table:
    """Rows with equal hashes as one."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    sums = np.add.reduceat(counts[order], first) if len(first) else counts[:0]
    one = order[first]
    return Table(ordered[first], sums, contexts[one], suffixes[one])


class Counting:
    """Counts texts as they come. What it says depends on the texts alone, not on their order or how they are cut.

    Holds 32 bytes for each distinct n-gram, up to three times that while two countings are merged, and the tokens of
    one block of a million.
    """

    def __init__(self, order: int = 3) -> None:
        self.order = order
        self.texts = 0
        self.tokens = 0
        self._waiting: list[Hashes] = []
        self._owed = 0
        self._done: list[list[Table]] = []

    def add(self, texts: Sequence[Hashes]) -> None:
        """Count some texts, each as the hashes of its tokens."""
        self._waiting += texts
        self.texts += len(texts)
        more = sum(map(len, texts))
        self.tokens += more
        self._owed += more
        if self._owed >= _BLOCK:
            self._count()

    def tables(self) -> list[Table]:
        """Everything counted so far, for n from 1 to `order`."""
        self._count()
        while len(self._done) > 1:
            self._merge()
        return self._done[0]

    def _count(self) -> None:
        """Merge countings of like size only, so that each n-gram is moved a logarithmic number of times."""
        if self._waiting or not self._done:
            self._done.append(counted(Placed.of(self._waiting), self.order))
            self._waiting, self._owed = [], 0
        while len(self._done) > 1 and len(self._done[-2][-1].hashes) <= 2 * len(self._done[-1][-1].hashes):
            self._merge()

    def _merge(self) -> None:
        last = self._done.pop()
        self._done[-1] = merged(self._done[-1], last)
