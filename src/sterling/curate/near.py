"""`near_duplicates`: pairs found by MinHash bands, confirmed by reading both texts, then settled."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from sterling.curate.pairs.sketches import alike, exchanged
from sterling.records import COMPARED, Family, compared, compared_column
from sterling.registry import Resolution, RowPairs, SetCheck, register
from sterling.stats import Evidence
from sterling.text import PERMUTATIONS, Banding, Unit, banding
from sterling.text.kernels import Pairs, Shingling, kernels

_RECALL = 0.99
"""With which a pair exactly at the threshold is read, at least."""
_MISSED = 0.005
"""Of the pairs at the threshold that share a band, how many sketches may refute."""


@register("check", "near_duplicates")
class NearDuplicates(SetCheck):
    """Drops a record whose n-grams are, by Jaccard similarity, at least `threshold` those of a better kept one.

    Bands propose pairs, sketches of the signatures refute most of those that are unlike, and only the exact similarity
    of both texts removes anything. A pair exactly at the threshold is read with probability 0.99 or more, a closer one
    with more. A removal names a record that stays, their similarity, and how many this one stands for (`cluster`).

    Traps: templated text is alike by construction, so 0.8 is high for it and low for prose; white space and case are
    not compared; a text of fewer than `ngram` words is a near duplicate only of a text with the same words. Scripts
    without spaces need `shingles: character`. Of many that look alike, each is read with the 16 best and the 16 just
    before it in each bucket, searched for among the first and the last 2,048. That costs recall where one template
    holds many small clusters (what stays is then a missed duplicate) and never precision.
    """

    version: ClassVar[int] = 3
    family: ClassVar[Family] = "statistics"
    removed_as: ClassVar[str] = "near_duplicate"

    threshold: float = Field(default=0.8, ge=0.5, le=1)
    """Jaccard similarity of the two sets of n-grams from which a record counts as a near duplicate."""
    ngram: int = Field(default=5, ge=1, le=100)
    """Words or characters in an n-gram."""
    shingles: Unit = "word"
    """What n-grams are made of. Characters see a changed ending of a word as a small change."""

    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        """One row for each record and band: its key and its sketch."""
        found = kernels().marks(compared_column(batch), self._shingling(), self._cut())
        rows = np.arange(batch.num_rows, dtype=np.int32)
        return exchanged(rows, found.keys, found.sketches)

    def resolve(self, partition: pa.Table) -> Resolution:
        """Pairs worth reading, the better ranked first, each once."""
        return Resolution(alike=alike(partition, self.threshold, _MISSED))

    def columns_read(self) -> Sequence[str]:
        """What `emit` and `confirm_rows` read."""
        return COMPARED

    def rows_per_record(self) -> int:
        """A row for each band."""
        return self._cut().bands

    def view(self, batch: pa.RecordBatch) -> list[str]:
        """The part by which a record differs from its relatives, else its whole text."""
        return compared(batch)

    def confirm(self, pairs: Sequence[tuple[str, str]], texts: Mapping[str, str]) -> list[float | None]:
        """Exact Jaccard similarities; None below the threshold."""
        order = dict(zip(texts, range(len(texts)), strict=True))
        one, other = (np.array([order[pair[side]] for pair in pairs], np.int64) for side in (0, 1))
        found = self._similarities(pa.array(texts.values(), pa.large_string()), Pairs(one, other))
        return [None if math.isnan(similarity) else similarity for similarity in found.tolist()]

    def confirm_rows(self, batch: pa.RecordBatch, pairs: RowPairs, state: Any) -> npt.NDArray[np.float64]:
        """The same for rows of a batch. Holds 8 bytes a shingle of its texts."""
        return self._similarities(compared_column(batch), Pairs(*pairs))

    def _similarities(self, texts: pa.StringArray, pairs: Pairs) -> npt.NDArray[np.float64]:
        found = kernels().similarities(texts, pairs, self._shingling())
        found[found < self.threshold] = math.nan
        return found

    def measure(self, state: Any) -> Sequence[Evidence]:
        """How sure the search is to look at a pair that is just similar enough."""
        cut = self._cut()
        method = "1 - (1 - threshold^rows)^bands - missed, probability that a pair at the threshold is read"
        inputs = {"threshold": self.threshold, "ngram": self.ngram, "shingles": self.shingles, "missed": _MISSED}
        recall = cut.recall(self.threshold) - _MISSED
        inputs |= cut._asdict()
        return [Evidence("near_duplicates.recall_at_threshold", recall, PERMUTATIONS, None, method, inputs)]

    def _cut(self) -> Banding:
        return banding(self.threshold, _RECALL + _MISSED)

    def _shingling(self) -> Shingling:
        return Shingling(self.ngram, self.shingles)
