"""`exact_duplicates`: of records that say the same thing, the best ranked one stays."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.records import Family, compared_column
from sterling.registry import Resolution, Ruling, SetCheck, register
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

    version: ClassVar[int] = 2
    family: ClassVar[Family] = "statistics"

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
        """A drop for each record that is not the first of its group by (rank, id).

        The first is kept whether protected or not; a protected record behind it is reported like any other.
        """
        drops = ((record, {"kept": kept}) for record, kept in _repetitions(partition))
        return Resolution([(record, Ruling("drop", "exact_duplicate", 1.0, evidence)) for record, evidence in drops])


def _content_digests(batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """`content` as rows of two integers, without a Python object for each record."""
    joined = "".join(batch.column("content").to_pylist())
    if len(joined) != _HEX_DIGITS * batch.num_rows:
        raise ValueError(f"`content` must hold {_HEX_DIGITS} hexadecimal digits a record")
    return np.frombuffer(bytes.fromhex(joined), dtype="<u8").reshape(-1, 2)


def _repetitions(partition: pa.Table) -> Iterator[tuple[str, str]]:
    """(repeated record, the one that stays) for each group of equal digests."""
    high, low = partition.column("high").to_numpy(), partition.column("low").to_numpy()
    order = np.argsort(high)
    if len(tied := np.flatnonzero(np.diff(high[order]) == 0)):
        among = np.union1d(tied, tied + 1)
        order[among] = order[among][np.lexsort((low[order[among]], high[order[among]]))]
    new = np.append(True, (np.diff(high[order]) != 0) | (np.diff(low[order]) != 0))[: len(order)]
    sizes = np.diff(np.append(np.flatnonzero(new), len(order)))
    names = pa.table({"rank": partition["rank"], "record": partition["record"].cast(pa.string())})
    repeated = names.take(pa.array(order[np.repeat(sizes > 1, sizes)]))
    members = zip(repeated.column("rank").to_pylist(), repeated.column("record").to_pylist(), strict=True)
    for size in sizes[sizes > 1].tolist():
        (_, kept), *others = sorted(islice(members, size))
        yield from ((record, kept) for _, record in others)
