"""`near_duplicates`: pairs found by MinHash bands, confirmed by reading both texts, then settled."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from pydantic import Field

from sterling.records import Family, compared
from sterling.registry import Resolution, SetCheck, register
from sterling.stats import Evidence
from sterling.text import PERMUTATIONS, Banding, Hashes, band_keys, banding, jaccard, shingles, signature

_ALL_PAIRS = 128
"""A bucket of up to this many records is compared pair by pair."""
_MET = 16
"""In a larger one, how many records each is compared with, of each kind."""


@register("check", "near_duplicates")
class NearDuplicates(SetCheck):
    """Drops a record whose word n-grams are, by Jaccard similarity, at least `threshold` those of a better kept one.

    Bands propose pairs; only the exact similarity of both texts removes anything. The bands are chosen so that a pair
    exactly at the threshold is proposed with probability 0.99 or more, a closer one with more.

    Traps: templated text is alike by construction, so 0.8 is high for it and low for prose; white space and case are
    not compared; a text of fewer than `ngram` words is a near duplicate only of a text with the same words. In a
    bucket of more than 128 records, each is compared with only the 16 best, and, among those that share the next band
    too, with the 16 best and the 16 just before it. That costs recall where one template holds many small clusters
    (what stays is then a missed duplicate) and never precision.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"
    removed_as: ClassVar[str] = "near_duplicate"

    threshold: float = Field(default=0.8, ge=0.5, le=1)
    """Jaccard similarity of the two sets of word n-grams from which a record counts as a near duplicate."""
    ngram: int = Field(default=5, ge=1, le=100)
    """Words in an n-gram."""

    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        """One row for each record and band: its key, and the next band's to divide large buckets by."""
        cut = self._cut()
        keys = self._band_keys(self.view(batch), cut)
        rows = np.repeat(np.arange(len(keys), dtype=np.int32), cut.bands)
        band, following = keys.ravel(), np.roll(keys, -1, axis=1).ravel()
        return pa.table({"row": rows, "partition": band, "band": band, "following": following})

    def resolve(self, partition: pa.Table) -> Resolution:
        """Pairs worth reading, the better ranked first, each once."""
        pairs: dict[tuple[str, str], None] = {}
        for bucket in _buckets(partition):
            pairs.update(dict.fromkeys(_proposed(bucket)))
        return Resolution(pairs=list(pairs))

    def view(self, batch: pa.RecordBatch) -> list[str]:
        """The part by which a record differs from its relatives, else its whole text."""
        return compared(batch)

    def confirm(self, pairs: Sequence[tuple[str, str]], texts: Mapping[str, str]) -> list[float | None]:
        """Exact Jaccard similarities; None below the threshold. Holds 8 bytes a word of the texts in `pairs`."""
        sets = {record: shingles(texts[record], self.ngram) for record in {*chain.from_iterable(pairs)}}
        return [self._similarity(sets[a], sets[b]) for a, b in pairs]

    def measure(self, state: Any) -> Sequence[Evidence]:
        """How sure the search is to look at a pair that is just similar enough."""
        cut = self._cut()
        method = "1 - (1 - threshold^rows)^bands, probability that MinHash bands propose a pair at the threshold"
        inputs = {"threshold": self.threshold, "ngram": self.ngram, "bands": cut.bands, "rows": cut.rows}
        recall = cut.recall(self.threshold)
        return [Evidence("near_duplicates.recall_at_threshold", recall, PERMUTATIONS, None, method, inputs)]

    def _cut(self) -> Banding:
        return banding(self.threshold)

    def _band_keys(self, texts: Sequence[str], cut: Banding) -> Hashes:
        signatures = np.empty((len(texts), PERMUTATIONS), dtype=np.uint32)
        for i, text in enumerate(texts):
            signatures[i] = signature(shingles(text, self.ngram))
        return band_keys(signatures, cut)

    def _similarity(self, a: Hashes, b: Hashes) -> float | None:
        if min(len(a), len(b)) < self.threshold * max(len(a), len(b)):
            return None
        similarity = jaccard(a, b)
        return similarity if similarity >= self.threshold else None


class _Member(NamedTuple):
    """One record in a bucket. The order of members is the order in which records stay."""

    rank: int
    record: str
    following: int
    """Its key in the next band."""


def _buckets(partition: pa.Table) -> Iterator[list[_Member]]:
    """The members of each group of two or more equal band keys, best first."""
    band = partition.column("band").to_numpy()
    order = np.argsort(band, kind="stable")
    edges = np.flatnonzero(np.diff(band[order])) + 1
    sizes = np.diff(np.concatenate(([0], edges, [len(band)])))
    crowded = partition.take(pa.array(order[np.repeat(sizes > 1, sizes)]))
    members = map(_Member, *(crowded.column(name).to_pylist() for name in _Member._fields))
    for size in sizes[sizes > 1].tolist():
        yield sorted(islice(members, size))


def _proposed(bucket: list[_Member]) -> Iterator[tuple[str, str]]:
    """(better, worse) pairs of a bucket: all of them, or a linear number where the bucket is large."""
    records = [member.record for member in bucket]
    if len(records) <= _ALL_PAIRS:
        yield from _with_predecessors(records, len(records))
        return
    divided: dict[int, list[str]] = {}
    for member in bucket:
        divided.setdefault(member.following, []).append(member.record)
    yield from ((best, record) for i, record in enumerate(records) for best in records[: min(i, _MET)])
    for group in divided.values():
        yield from _with_predecessors(group, _MET)


def _with_predecessors(records: list[str], at_most: int) -> Iterator[tuple[str, str]]:
    """Each record after the first `at_most` before all and the last `at_most` before it."""
    for i, record in enumerate(records):
        for j in sorted({*range(min(i, at_most)), *range(max(0, i - at_most), i)}):
            yield records[j], record
