from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from sterling.engine.shards import Shard
from sterling.records import Origin, Record, batch_of
from sterling.records.files import write_parquet

MakeShards = Callable[..., list[Shard]]


@pytest.fixture
def make_shards(tmp_path: Path) -> MakeShards:
    """Texts into shards of records, `size` to a shard, numbered from `first`."""

    def make(texts: Sequence[str], size: int = 2, first: int = 0, origin: Origin = "unknown") -> list[Shard]:
        records = [Record.real({"text": t}, source="s", row=f"{first}-{i}", origin=origin) for i, t in enumerate(texts)]
        shards = []
        for start in range(0, len(records), size):
            number = first + start // size
            path = tmp_path / "records" / f"shard-{number:05d}.parquet"
            write_parquet(path, pa.Table.from_batches([batch_of(records[start : start + size])]))
            shards.append(Shard(number, path))
        return shards

    return make
