"""Evaluation items in other words: records whose embedding is next to that of an item."""

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.curate.evaluation_sets.benchmark import Item
from sterling.curate.evaluation_sets.overlap import EXCERPT, REPHRASED
from sterling.records import content_text
from sterling.registry import Ruling
from sterling.text import plain_words
from sterling.text.embedding import Embedder, fitted
from sterling.text.kernels import kernels

_SAMPLE = 4_000
"""Texts of the pool that the embedding is fitted on, beside the items."""
_FEWEST = 8
"""Words below which a text is compared with nothing: a few common ones are alike to anything."""
_BLOCK = 1_024
"""Texts whose cosines with all items are held at once: 4 bytes each."""
_NEAR = 1e-4
"""Single precision errs by less, so what is best by it up to this is decided in double precision."""
_COLUMNS = ("text", "prompt", "completion", "chosen", "rejected")


class Likest(NamedTuple):
    """The text of an item that a text is most alike to."""

    text: int
    """Index in `Likeness.texts`."""
    cosine: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """The texts of all items, embedded. 4 bytes a dimension and text, beside the texts."""

    embedder: Embedder
    vectors: npt.NDArray[np.float32]
    """Rows of length 1."""
    owners: tuple[str, ...]
    """For each row the item's label."""
    texts: tuple[str, ...]
    """For each row the first characters of what it is of."""
    limit: float
    """Cosine from which a text counts as rephrased."""

    def of(self, batch: pa.RecordBatch) -> list[Ruling | None]:
        """For each record of a batch the flag that it deserves, or None."""
        parts = _long_parts(batch)
        best: dict[int, tuple[Likest, str]] = {}
        for (row, text), found in zip(parts, self.likest([text for _, text in parts]), strict=True):
            if found is not None and (row not in best or found.cosine > best[row][0].cosine):
                best[row] = (found, text)
        return [self._ruling(*best[row]) if row in best else None for row in range(batch.num_rows)]

    def likest(self, texts: Sequence[str]) -> Iterator[Likest | None]:
        """For each text the item's text that it is most alike to, the first of equals; None below the limit.

        The same however texts are batched.
        """
        for at in range(0, len(texts), _BLOCK):
            rows = self.embedder.embed(texts[at : at + _BLOCK])
            rough = rows @ self.vectors.T
            for row, cosines, best in zip(rows, rough, rough.max(axis=1, initial=-1).tolist(), strict=True):
                near = best >= self.limit - _NEAR
                found = self._exactly(row, np.flatnonzero(cosines >= best - _NEAR)) if near else None
                yield found if found is not None and found.cosine >= self.limit else None

    def _exactly(self, row: npt.NDArray[np.float32], among: npt.NDArray[np.intp]) -> Likest:
        products = self.vectors[among].astype(np.float64) * row.astype(np.float64)
        cosines = products.sum(axis=1)
        best = int(np.argmax(cosines))
        return Likest(int(among[best]), round(float(cosines[best]), 6))

    def _ruling(self, found: Likest, text: str) -> Ruling:
        label = self.owners[found.text]
        shown = {"benchmark": label, "items": [label], "cosine": found.cosine, "limit": self.limit}
        shown |= {"item": self.texts[found.text], "matched": text.strip()[:EXCERPT]}
        return Ruling("flag", REPHRASED, found.cosine, shown)


def likeness(items: Sequence[Item], pool: Iterable[pa.RecordBatch], limit: float) -> Likeness:
    """Every text of the items that is long enough, in an embedding fitted on them and on a sample of the pool.

    The sample depends on the records' ids and on nothing else.
    """
    pairs = [(item.label, text) for item in items for text in item.texts if len(plain_words(text)) >= _FEWEST]
    said = [text for _, text in pairs]
    embedder = fitted([*said, *_sampled(pool)])
    vectors = embedder.embed(said)
    labels = tuple(label for label, _ in pairs)
    return Likeness(embedder, vectors, labels, tuple(text.strip()[:EXCERPT] for text in said), limit)


def _long_parts(batch: pa.RecordBatch) -> list[tuple[int, str]]:
    """Each part of each record that has words enough, with the record's row."""
    parts = [(row, text) for row, said in enumerate(_parts(batch)) for text in said]
    words = kernels().suspects(pa.array([text for _, text in parts], pa.large_string()), []).words
    return [part for part, long in zip(parts, (words >= _FEWEST).tolist(), strict=True) if long]


def _sampled(pool: Iterable[pa.RecordBatch]) -> list[str]:
    """The texts of the records with the smallest ids, which are digests."""
    rows = (
        (record, said) for batch in pool for record, said in zip(batch["id"].to_pylist(), _parts(batch), strict=True)
    )
    return [text for _, said in heapq.nsmallest(_SAMPLE, rows, key=lambda row: row[0]) for text in said]


def _parts(batch: pa.RecordBatch) -> list[list[str]]:
    """What each record says, part by part: an item may be the prompt, or the completion alone."""
    columns = [batch.column(name).to_pylist() for name in _COLUMNS]
    talks, messages = batch.column("conversational").to_pylist(), batch.column("messages").to_pylist()
    return [
        [*(part for cell in cells if cell is not None for part in _said(cell, talk)), *_said(talked, True)]
        for *cells, talk, talked in zip(*columns, talks, messages, strict=True)
    ]


def _said(cell: str | None, talks: bool) -> list[str]:
    if cell is None:
        return []
    turns: list[Mapping[str, Any]] = json.loads(cell) if talks else [{"content": cell}]
    return [content_text(turn.get("content")) for turn in turns]
