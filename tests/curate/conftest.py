from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from sterling.records import Record, batch_of
from sterling.registry import Ruling, SetCheck

Pairs = list[tuple[str, str]]
Exchange = Callable[..., tuple[list[tuple[str, Ruling]], Pairs]]


@pytest.fixture(scope="session")
def exchange() -> Exchange:
    """Emit by shards, resolve by partitions: every verdict and every distinct pair of a set check."""

    def run(
        check: SetCheck,
        records: Sequence[Record],
        rank: Mapping[str, int] | None = None,
        protected: Collection[str] = (),
        shard: int = 1000,
        partitions: int = 1,
    ) -> tuple[list[tuple[str, Ruling]], Pairs]:
        ranks = rank or {record.id: 0 for record in records}
        parts = [records[i : i + shard] for i in range(0, len(records), shard)] or [[]]
        table = pa.concat_tables(_emitted(check, part, ranks, protected) for part in parts)
        home = table["partition"].to_numpy() % np.uint64(partitions)
        answers = [
            check.resolve(table.filter(pa.array(home == number)).drop_columns(["row", "partition"]))
            for number in range(partitions)
        ]
        pairs = {pair: None for answer in answers for pair in answer.pairs}
        return [ruling for answer in answers for ruling in answer.rulings], list(pairs)

    return run


def _emitted(
    check: SetCheck, records: Sequence[Record], rank: Mapping[str, int], protected: Collection[str]
) -> pa.Table:
    rows = check.emit(batch_of(records), None)
    ids = [records[i].id for i in rows["row"].to_pylist()]
    return (
        rows.append_column("record", pa.array(ids, pa.string()))
        .append_column("rank", pa.array([rank[i] for i in ids], pa.int64()))
        .append_column("protected", pa.array([i in protected for i in ids], pa.bool_()))
    )
