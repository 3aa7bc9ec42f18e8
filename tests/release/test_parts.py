from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterling.release import parts
from sterling.release.parts import write_parts

SCHEMA = pa.schema([("n", pa.int64())])


def batch(start: int, rows: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(range(start, start + rows), pa.int64())], schema=SCHEMA)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 40), max_size=8))
def test_every_row_is_written_once_in_order(
    sizes: list[int], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "GROUP_ROWS", 7)
    monkeypatch.setattr(parts, "FILE_ROWS", 20)
    folder = tmp_path_factory.mktemp("parts")
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    rows = write_parts(folder, "train", SCHEMA, map(batch, starts, sizes))
    files = sorted(folder.iterdir())
    assert [f.name for f in files] == [f"train-{n:05d}-of-{len(files):05d}.parquet" for n in range(len(files))]
    assert [n for f in files for n in pq.read_table(f).column("n").to_pylist()] == list(range(sum(sizes)))
    assert rows == sum(sizes)
    for file in map(pq.ParquetFile, files):
        assert file.metadata.num_rows <= 20 + 7
        assert all(file.metadata.row_group(g).num_rows <= 7 for g in range(file.metadata.num_row_groups))


def test_no_rows_are_one_empty_file(tmp_path: Path) -> None:
    assert write_parts(tmp_path, "rejected", SCHEMA, []) == 0
    assert pq.read_table(tmp_path / "rejected-00000-of-00001.parquet").schema == SCHEMA


def test_a_file_is_closed_at_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "GROUP_ROWS", 10)
    monkeypatch.setattr(parts, "FILE_BYTES", 1)
    write_parts(tmp_path, "train", SCHEMA, [batch(0, 30)])
    assert len(list(tmp_path.iterdir())) == 3


def test_a_row_group_is_closed_at_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "GROUP_BYTES", 100)
    write_parts(tmp_path, "train", SCHEMA, [batch(n, 10) for n in range(5)])
    [file] = tmp_path.iterdir()
    assert pq.ParquetFile(file).metadata.num_row_groups == 5
