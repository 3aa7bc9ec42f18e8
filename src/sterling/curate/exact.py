"""`exact_duplicates`: of records that say the same thing, the best ranked one stays."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.curate.pairs.sketches import in_order
from sterling.records import COMPARED, Family, compared_column
from sterling.registry import Resolution, RowPairs, SetCheck, register
from sterling.text.kernels import kernels

_HEX_DIGITS = 32
"""Of the `content` column: 128 bits."""


@register("check", "exact_duplicates")
class ExactDuplicates(SetCheck):
    """Drops every record but the best ranked of those with equal content.

    Traps: `content` compares payloads bit by bit, so one more space is another record, and so is the same text under
    another column; `normalised` forgives case and white space and nothing else. A payload that many derived tasks
    share by design is no duplicate for `normalised` when the records declare a `view`, but it is one for `content`.
    """

    version: ClassVar[int] = 3
    family: ClassVar[Family] = "statistics"
    removed_as: ClassVar[str] = "exact_duplicate"

    compare: Literal["content", "normalised"] = "content"
    """`content`: the whole payload as it is. `normalised`: case-folded text with white space collapsed."""

    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        """One row a record: the 128 bits of its digest as `partition` and `low`, 20 bytes in all."""
        whole = self.compare == "content"
        digests = _content_digests(batch) if whole else kernels().digests(compared_column(batch))
        return pa.table(
            {
                "row": pa.array(np.arange(len(digests), dtype=np.int32)),
                "partition": pa.array(digests[:, 0]),
                "high": pa.array(digests[:, 0]),
                "low": pa.array(digests[:, 1]),
            }
        )

    def resolve(self, partition: pa.Table) -> Resolution:
        """Each record that is not the first of its group by (rank, id), with the first.

        The first is kept whether protected or not; a protected record behind it is reported like any other.
        """
        return Resolution(equal=_repetitions(partition))

    def columns_read(self) -> Sequence[str]:
        """What `emit` reads."""
        return ("content",) if self.compare == "content" else COMPARED


def _content_digests(batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """`content` as rows of two integers, without a Python object for each record."""
    joined = "".join(batch.column("content").to_pylist())
    if len(joined) != _HEX_DIGITS * batch.num_rows:
        raise ValueError(f"`content` must hold {_HEX_DIGITS} hexadecimal digits a record")
    return np.frombuffer(bytes.fromhex(joined), dtype="<u8").reshape(-1, 2)


def _repetitions(partition: pa.Table) -> RowPairs:
    """(the one that stays, repeated record) for each group of equal digests."""
    high, low = partition.column("high").to_numpy(), partition.column("low").to_numpy()
    order = np.argsort(high)
    if len(tied := np.flatnonzero(np.diff(high[order]) == 0)):
        among = np.union1d(tied, tied + 1)
        order[among] = order[among][np.lexsort((low[order[among]], high[order[among]]))]
    new = np.append(True, (np.diff(high[order]) != 0) | (np.diff(low[order]) != 0))[: len(order)]
    sizes = np.diff(np.append(np.flatnonzero(new), len(order)))
    repeated = order[np.repeat(sizes > 1, sizes)]
    group = np.repeat(np.arange(int(np.sum(sizes > 1))), sizes[sizes > 1])
    better = np.lexsort((in_order(partition, repeated), group))
    first = np.append(True, np.diff(group) != 0)[: len(group)]
    kept = better[first][group]
    return RowPairs(repeated[kept[~first]], repeated[better[~first]])
