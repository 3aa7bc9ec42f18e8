"""Topics of the human train records, for minimums of the mix by cluster."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, left
from sterling.mix import ClusterLeast
from sterling.recipes import PerCluster
from sterling.records import text_column
from sterling.records.lowest import lowest
from sterling.text import plain_words
from sterling.text.clusters import Clusters, vectors

_MOST = 2_000
"""Records that topics are found in: those with the smallest ids, which are digests."""
_WORDS = 4
_LEAST_TEXTS = 5
"""That a word is in, so that none is told of one person alone."""
_LEAST_LETTERS = 3
"""Of a word that tells a topic to a person."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Clusters of a sample, and what tells each from the others."""

    clusters: Clusters
    words: Sequence[str]
    """By number of the cluster: its most telling words. Empty where no record of the sample is in it."""

    @classmethod
    def of(cls, anchors: Sequence[Shard], asked: PerCluster, seed: int) -> "Topics":
        """Of standing human records, the same however they were cut into shards."""
        texts = _sample(anchors)
        rows = vectors(texts)
        clusters = Clusters.of(rows, asked.clusters, seed)
        return cls(clusters, _telling(texts, clusters.assign(rows), asked.clusters))

    def homes(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        """The number of each text's nearest cluster."""
        return self.clusters.assign(vectors(texts))

    def minimums(self, least: int) -> tuple[ClusterLeast, ...]:
        """Of every cluster that some human record is in."""
        return tuple(ClusterLeast(number, words, least) for number, words in enumerate(self.words) if words)


def _sample(anchors: Sequence[Shard]) -> list[str]:
    best = lowest(map(_human, anchors), _MOST)
    found: list[str] = [] if best is None else best["text"].to_pylist()
    return found


def _human(shard: Shard) -> pa.Table:
    batch = left(shard).batch
    human = batch.filter(pc.equal(batch.column("origin"), "human"))
    return pa.table({"id": human.column("id"), "text": text_column(human).cast(pa.large_string())})


def _telling(texts: Sequence[str], homes: npt.NDArray[np.int64], count: int) -> list[str]:
    """Words of which a cluster's texts have most more than all texts do; its number where it has none."""
    held = [Counter[str]() for _ in range(count)]
    for text, home in zip(texts, homes.tolist(), strict=True):
        held[home].update({word for word in plain_words(text) if len(word) >= _LEAST_LETTERS})
    every = sum(held, Counter[str]())
    sizes = np.bincount(homes, minlength=count).tolist()
    found: list[str] = []
    for number, (words, size) in enumerate(zip(held, sizes, strict=True)):
        gain = {word: n / size - every[word] / len(texts) for word, n in words.items() if n >= _LEAST_TEXTS}
        best = sorted(gain, key=lambda word: (-gain[word], word))[:_WORDS]
        found.append((", ".join(best) or f"topic {number}") if size else "")
    return found
