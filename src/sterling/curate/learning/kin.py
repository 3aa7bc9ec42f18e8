"""Records by 64-bit keys, and who descends from whom."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.text import Hashes
from sterling.text.kernels import kernels
from sterling.text.lookup import positions

_DEEPEST = 64
"""Generations that are followed back."""


def keys(column: pa.StringArray) -> Hashes:
    """A key for each id or content digest: even hashes, 0 for none. Two differ alike with probability 2^-64."""
    return kernels().digests(column)[:, 0]


def content_keys(batch: pa.RecordBatch) -> Hashes:
    """Equal for records of equal payload."""
    return keys(batch.column("content"))


def first_parents(batch: pa.RecordBatch) -> Hashes:
    """The key of each record's first parent; 0 where it has none."""
    parents = batch.column("parents")
    sizes = pc.list_value_length(parents).to_numpy(zero_copy_only=False).astype(np.int64)
    some = np.flatnonzero(sizes)
    found = np.zeros(batch.num_rows, np.uint64)
    if len(some):
        firsts = (np.cumsum(sizes) - sizes)[some]
        found[some] = keys(parents.flatten().take(pa.array(firsts)))
    return found


@dataclass(frozen=True, slots=True)
class Kin:
    """For each known record where it comes from: 16 bytes each."""

    records: Hashes
    """Keys of ids, sorted."""
    origins: Hashes
    """Of each, the key of its first parent, or of its source row where it has none."""

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch]) -> "Kin":
        """Of everything in some batches; of records with one id the first counts."""
        parts = [(keys(batch.column("id")), _origins(batch)) for batch in batches]
        ids = np.concatenate([_NOBODY, *(part[0] for part in parts)])
        origins = np.concatenate([_NOBODY, *(part[1] for part in parts)])
        each, first = np.unique(ids, return_index=True)
        return cls(each, origins[first])

    def families(self, batch: pa.RecordBatch) -> Hashes:
        """The same key for all records that go back, by first parents, to one source row or one unknown parent."""
        families = _origins(batch)
        for _ in range(_DEEPEST):
            at = positions(self.records, families)
            known = at >= 0
            if not known.any():
                break
            families[known] = self.origins[at[known]]
        return families


_NOBODY = np.empty(0, np.uint64)


def _origins(batch: pa.RecordBatch) -> Hashes:
    parents = first_parents(batch)
    rows = keys(pc.binary_join_element_wise(batch.column("source"), batch.column("row"), "\n"))
    return np.where(parents > 0, parents, rows)
