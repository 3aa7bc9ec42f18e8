"""The real text that a corpus is held against: disjoint from what the generator was seeded with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.collapse.diversity import within_documents
from sterling.collapse.samples import Chunk
from sterling.text import Hashes, piece_hashes, token_hashes
from sterling.text.clusters import Clusters
from sterling.text.embedding import Embedder, Vectors, fitted
from sterling.text.rarity import rarest_quarter

_NEIGHBOURS = 5
"""k of PRDC (Naeem et al., arXiv 2002.09797)."""
_TOPICS = 30
_BLOCK = 1024


class Documents(NamedTuple):
    """What is kept of the reference's documents."""

    tokens: tuple[Hashes, ...]
    """Of each, the hashes of its tokens."""
    vocabulary: Hashes
    """Sorted, distinct."""
    tail: npt.NDArray[np.bool_]
    """Which belong to the tail."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Held-out real text, as the measures need it. A few KB a document."""

    documents: Documents
    rare_bigrams: Hashes
    """Sorted hashes of the bigrams that it holds once."""
    embedder: Embedder
    rows: Vectors
    """Of its documents."""
    radii: npt.NDArray[np.float32]
    """Cosine of each document with its fifth neighbour."""
    topics: Clusters
    topic_shares: npt.NDArray[np.float64]
    """The share of its documents in each topic that has any."""

    @classmethod
    def of(cls, texts: Sequence[str], seed: int = 0) -> "Reference":
        """From the documents; the embedder is fitted to them."""
        tokens = tuple(map(piece_hashes, texts))
        embedder = fitted(texts)
        rows = embedder.embed(texts)
        topics = Clusters.of(rows, _TOPICS, seed)
        shares = np.bincount(topics.assign(rows)) / max(1, len(texts))
        documents = Documents(tokens, np.unique(np.concatenate(tokens)), rarest_quarter(texts, texts))
        return cls(documents, _once(tokens), embedder, rows, _radii(rows), topics, shares)

    def covered(self, rows: Vectors) -> npt.NDArray[np.bool_]:
        """Which of its documents have one of these within the distance of their own fifth neighbour."""
        found = np.zeros(len(self.rows), np.bool_)
        for start in range(0, len(self.rows), _BLOCK) if len(rows) else ():
            block = slice(start, start + _BLOCK)
            found[block] = (self.rows[block] @ rows.T).max(axis=1) >= self.radii[block]
        return found


def _once(tokens: Sequence[Hashes]) -> Hashes:
    document = np.repeat(np.arange(len(tokens)), [len(one) for one in tokens])
    bigrams, counts = np.unique(within_documents(np.concatenate(tokens), document, 2), return_counts=True)
    once: Hashes = bigrams[counts == 1]
    return once


def _radii(rows: Vectors) -> npt.NDArray[np.float32]:
    k = min(_NEIGHBOURS, len(rows) - 1)
    parts = [np.partition(rows[start : start + _BLOCK] @ rows.T, -k - 1) for start in range(0, len(rows), _BLOCK)]
    return np.concatenate([part[:, -k - 1] for part in parts]).astype(np.float32)


def bigrams_of(chunk: Chunk) -> Hashes:
    """Distinct bigrams within documents, sorted."""
    return np.unique(within_documents(token_hashes(chunk.tokens), chunk.document, 2))
