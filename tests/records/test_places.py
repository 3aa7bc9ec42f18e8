import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from uuid import uuid4

import pyarrow as pa
import pytest

from sterling.errors import InputError, MissingExtra, StorageError
from sterling.records.files import write_atomically, write_parquet, write_text
from sterling.records.places import (
    absolute,
    on_file_system,
    open_parquet,
    open_ranges,
    place,
    read_bytes,
    read_parquet,
    remove,
    remove_tree,
)


@pytest.fixture(params=["folder", "url"])
def somewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A place on this machine, and one in an object store of this process."""
    if request.param == "folder":
        yield tmp_path
        return
    pytest.importorskip("upath", reason="universal-pathlib is not installed: pip install '.[store]'")
    root = place(f"memory://{uuid4()}/deep")
    yield root
    remove_tree(root)


def test_what_is_written_is_read(somewhere: Path) -> None:
    at = somewhere / "steps" / "a.parquet"
    table = pa.table({"n": [1, 2, 3], "name": ["a", "b", "c"]})
    write_parquet(at, table)
    assert read_parquet(at) == table
    assert read_parquet(at, columns=["name"], filters=[("n", ">", 1)])["name"].to_pylist() == ["b", "c"]
    assert open_parquet(at).metadata.num_rows == 3
    with open_ranges(at) as file:
        file.seek(4)
        assert file.read(5) == read_bytes(at)[4:9]
    assert sorted(path.name for path in somewhere.glob("steps/*.parquet")) == ["a.parquet"]


def test_what_is_not_there_is_said(somewhere: Path) -> None:
    for read in (read_bytes, read_parquet):
        with pytest.raises(FileNotFoundError):
            read(somewhere / "nothing")
    assert list((somewhere / "nowhere").glob("*.parquet")) == []


def test_removing(somewhere: Path) -> None:
    write_text(somewhere / "exchange" / "a.txt", "a")
    write_text(somewhere / "b.txt", "b")
    for _ in range(2):
        remove_tree(somewhere / "exchange")
        remove(somewhere / "b.txt")
    assert not (somewhere / "exchange" / "a.txt").exists()
    assert not (somewhere / "b.txt").exists()


def test_a_writer_that_fails_leaves_the_old_file(somewhere: Path) -> None:
    write_text(somewhere / "a.txt", "old")

    def fill(file: IO[bytes]) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageError, match=r"a\.txt: cannot be written: No space left on device"):
        write_atomically(somewhere / "a.txt", fill)
    assert read_bytes(somewhere / "a.txt") == b"old"


def test_only_a_url_leaves_the_file_system(tmp_path: Path) -> None:
    pytest.importorskip("upath", reason="universal-pathlib is not installed: pip install '.[store]'")
    assert type(place("runs")) is type(Path("runs"))
    assert place(f"file://{tmp_path}") == tmp_path
    assert absolute(Path("runs")) == Path.cwd() / "runs"
    url = place("memory://bucket/runs")
    assert absolute(url) == url
    assert [on_file_system(at) for at in (Path("runs"), place(f"file://{tmp_path}"), url)] == [True, True, False]


def test_a_url_that_nobody_can_open_is_an_input_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("upath", reason="universal-pathlib is not installed: pip install '.[store]'")
    with pytest.raises(InputError, match=r"nosuch://bucket/x: .*nosuch.*\n  mend: install the driver"):
        place("nosuch://bucket/x")
    monkeypatch.setitem(__import__("sys").modules, "upath", None)
    with pytest.raises(MissingExtra, match="s3://bucket/x: a place behind a URL needs the `store` extra"):
        place("s3://bucket/x")
