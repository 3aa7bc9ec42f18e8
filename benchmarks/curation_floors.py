"""The floor of each check of `million_curation.py`: the same work on records in memory, without a pipeline around it.

One pass in one process over batches of records; nothing is read, sorted into shards, written or signed. What each floor
holds: exact duplicates, the digests of all texts and which repeat. Near duplicates, the marks of all texts, the pairs
of all bands, the exact similarity of each pair. Contamination, which texts share a 10-gram with an item. Quality has no
kernel of its own: its floor is the check's `judge`, a ruling for each record included.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from sterling.curate import Quality
from sterling.curate.pairs.sketches import least_matches
from sterling.engine.produce import chunks
from sterling.records import SCHEMA, digest
from sterling.registry import FitContext
from sterling.text import banding, plain_words, token_hashes, window_hashes
from sterling.text.kernels import MEMBER_BITS, Crowd, Grams, Pairs, Shingling, kernels

BATCH = 10_000
"""Records that a floor is given at a time."""
ONE: Mapping[str, Any] = {
    "format": "text", "conversational": False, "origin": "human", "depth": 0, "parents": [], "role": "train",
    "source": "rows", "tags": [],
}  # fmt: skip
"""What is the same of every record."""


class Corpus(NamedTuple):
    """What every floor is given."""

    records: Sequence[pa.RecordBatch]
    items: Sequence[str]
    """Of the evaluation set."""

    def texts(self) -> list[pa.Array]:
        """The text of every record, batch by batch."""
        return [batch.column("text").cast(pa.large_string()) for batch in self.records]


def floors(folder: Path) -> dict[str, float]:
    """Seconds of CPU of each check's floor on the corpus in this folder."""
    batches = [records(number * BATCH, some) for number, some in chunks(texts(folder / "rows.jsonl"), BATCH)]
    whole = Corpus(batches, list(texts(folder / "items.jsonl")))
    spent: dict[str, float] = {}
    kernels()
    for name, work in FLOORS.items():
        work(whole._replace(records=whole.records[:1]))  # compiled kernels are read from their cache
        start = time.process_time()
        work(whole)
        spent[name] = time.process_time() - start
    return spent


def texts(path: Path) -> Iterator[str]:
    """The texts of a file, row by row."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)["text"]


def records(start: int, some: Sequence[str]) -> pa.RecordBatch:
    """Human records with these texts, the first of them in that row."""
    rows = range(start, start + len(some))
    own: dict[str, Any] = {
        "id": [digest(str(row)) for row in rows], "content": [digest(text) for text in some], "text": some,
        "row": [f"rows.jsonl:{row + 1}" for row in rows],
    }  # fmt: skip
    columns = [own.get(field.name, [ONE.get(field.name)] * len(some)) for field in SCHEMA]
    arrays = [pa.array(column, field.type) for field, column in zip(SCHEMA, columns, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def exact(whole: Corpus) -> None:
    """Digests of all texts, and which repeat."""
    digests = np.concatenate([kernels().digests(batch) for batch in whole.texts()])
    np.unique(digests[:, 0], return_index=True)


def near(whole: Corpus) -> None:
    """Marks of all texts, the pairs of all bands, the exact similarity of each pair."""
    by, cut, batches = Shingling(5, "word"), banding(0.8, 0.995), whole.texts()
    marks = [kernels().marks(batch, by, cut) for batch in batches]
    keys, sketches = (np.concatenate([mark[side] for mark in marks]) for side in (0, 1))
    bands = keys.ravel() >> np.uint64(MEMBER_BITS)
    members = np.repeat(np.arange(len(keys), dtype=np.uint64), keys.shape[1])
    crowd = Crowd(bands, members, np.arange(len(keys)), sketches, np.empty(0, np.int32))
    pairs = kernels().alike(crowd, least_matches(0.8, 0.005), 0.8, 16, 2048)
    column = pa.chunked_array(batches)
    order = np.argsort(pairs.one, kind="stable")
    for at in range(0, len(order), 100_000):
        some = order[at : at + 100_000]
        used, place = np.unique(np.concatenate([pairs.one[some], pairs.other[some]]), return_inverse=True)
        mine = column.take(pa.array(used)).combine_chunks()
        kernels().similarities(mine, Pairs(place[: len(some)], place[len(some) :]), by)


def contamination(whole: Corpus) -> None:
    """Which texts hold a 10-gram of the items."""
    hashes = [window_hashes(token_hashes(plain_words(text)), 10) for text in whole.items]
    known = Grams.of(10, np.unique(np.concatenate(hashes)))
    for batch in whole.texts():
        kernels().suspects(batch, [known])


def quality(whole: Corpus) -> None:
    """A ruling for each record."""
    check = Quality()
    fitted = check.fit(FitContext())
    for batch in whole.records:
        check.judge(batch, fitted)


FLOORS: Mapping[str, Callable[[Corpus], None]] = {
    "exact": exact,
    "near": near,
    "contamination": contamination,
    "quality": quality,
}
