import errno
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.release.examples import REPORT, configuration, contents, pair

from sterling.errors import InputError, StorageError
from sterling.records import files
from sterling.release import Contents, Options, recover, write_release
from sterling.release import folder as room

GROWN = [configuration("code", [pair(n) for n in range(30)])]


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_release_holds_every_file_and_nothing_else_stands_beside_it(tmp_path: Path) -> None:
    write_release(tmp_path / "out" / "v1", contents())
    assert sorted(tree(tmp_path / "out" / "v1")) == [
        "README.md",
        "data/train-01234567-00000-of-00001.parquet",
        "evidence/check.json",
        "evidence/mix.json",
        "provenance/run.json",
        "rejected/rejected-00000-of-00001.parquet",
        "report.html",
        "report.json",
    ]
    assert names(tmp_path / "out") == ["v1"]
    assert json.loads((tmp_path / "out/v1/report.json").read_text()) == REPORT
    [one] = json.loads((tmp_path / "out/v1/evidence/check.json").read_text())
    assert one["name"] == "check.examples.accepted"


def test_several_configurations_get_a_folder_each(tmp_path: Path) -> None:
    two = [configuration("code", [pair(0)]), configuration("more", [pair(1)], [pair(3)]), configuration("none")]
    write_release(tmp_path / "v1", contents(configurations=two))
    data = tmp_path / "v1" / "data"
    assert pq.read_table(data / "code" / "train-01234567-00000-of-00001.parquet").num_rows == 1
    assert pq.read_table(data / "more" / "train-01234567-00000-of-00001.parquet").num_rows == 2
    assert not (data / "none").exists()
    assert "configuration `none` has no records" in (tmp_path / "v1" / "README.md").read_text()


def test_references_leave_only_on_request(tmp_path: Path) -> None:
    write_release(tmp_path / "v1", contents())
    write_release(tmp_path / "v2", contents(options=Options(reference=True)))
    [without, given] = [
        pq.read_table(tmp_path / v / "data/train-01234567-00000-of-00001.parquet") for v in ("v1", "v2")
    ]
    assert "reference" not in without.column_names
    assert json.loads(given.column("reference")[0].as_py()) == {"answer": "0"}


def test_payload_of_the_rejected_leaves_only_on_request(tmp_path: Path) -> None:
    write_release(tmp_path / "v1", contents())
    write_release(tmp_path / "v2", contents(options=Options(rejected="full")))
    assert not any(b"Imaginary" in data or b"Ada" in data for data in tree(tmp_path / "v1").values())
    full = pq.read_table(tmp_path / "v2/rejected/rejected-00000-of-00001.parquet").to_pylist()
    assert "Imaginary Road" in full[0]["payload"]
    assert full[1]["id"] is None


def test_a_new_release_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    write_release(tmp_path / "v1", contents())
    write_release(tmp_path / "v1", contents(configurations=GROWN))
    assert pq.read_table(tmp_path / "v1/data/train-01234567-00000-of-00001.parquet").num_rows == 30
    assert names(tmp_path) == ["v1"]


def test_it_works_where_folders_cannot_be_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_exchange", lambda one, other: False)
    write_release(tmp_path / "v1", contents())
    write_release(tmp_path / "v1", contents(configurations=GROWN))
    assert pq.read_table(tmp_path / "v1/data/train-01234567-00000-of-00001.parquet").num_rows == 30
    assert names(tmp_path) == ["v1"]


class FailingFile:
    """A file on a disk that is full from the nth write on, counted over all files."""

    writes = 0
    limit = 0

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        FailingFile.writes += 1
        if FailingFile.writes >= FailingFile.limit:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "FailingFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> type[FailingFile]:
    opened = os.fdopen

    class Os:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def fdopen(self, descriptor: int, mode: str) -> FailingFile:
            return FailingFile(opened(descriptor, mode))

    monkeypatch.setattr(files, "os", Os())
    return FailingFile


def test_a_disk_that_fills_up_at_any_write_leaves_the_earlier_release_as_it_was(
    tmp_path: Path, failing: type[FailingFile]
) -> None:
    failing.writes, failing.limit = 0, 10**9
    write_release(tmp_path / "v1", contents())
    before = tree(tmp_path / "v1")
    failing.writes = 0
    write_release(tmp_path / "whole", contents(configurations=GROWN))
    needed = failing.writes
    assert needed > 20
    for limit in range(1, needed + 1):
        failing.writes, failing.limit = 0, limit
        with pytest.raises(StorageError, match="No space left on device") as caught:
            write_release(tmp_path / "v1", contents(configurations=GROWN))
        assert "mend:" in str(caught.value)
        assert tree(tmp_path / "v1") == before
        assert names(tmp_path) == ["v1", "whole"]


@pytest.mark.parametrize("call", ["rename", "exchange"])
def test_a_swap_that_fails_leaves_the_earlier_release(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_release(tmp_path / "v1", contents())
    before = tree(tmp_path / "v1")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if ".part-" in self.name and call == "rename":
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(self, target)

    def broken(one: Path, other: Path) -> bool:
        if call == "exchange":
            raise PermissionError(errno.EACCES, "Permission denied")
        return False

    monkeypatch.setattr(Path, "rename", refuse)
    monkeypatch.setattr(room, "_exchange", broken)
    with pytest.raises(StorageError, match="Permission denied"):
        write_release(tmp_path / "v1", contents(configurations=GROWN))
    assert tree(tmp_path / "v1") == before
    assert names(tmp_path) == ["v1"]


@pytest.mark.parametrize("failure", [RuntimeError("a defect"), KeyboardInterrupt(), OSError(errno.EIO, "bad disk")])
def test_a_stream_that_breaks_off_leaves_the_earlier_release(failure: BaseException, tmp_path: Path) -> None:
    write_release(tmp_path / "v1", contents())
    before = tree(tmp_path / "v1")

    def breaks() -> Iterator[pa.Table]:
        yield from ()
        raise failure

    expected = StorageError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(expected):
        write_release(tmp_path / "v1", contents(rejected=breaks))
    assert tree(tmp_path / "v1") == before
    assert names(tmp_path) == ["v1"]


def test_a_reading_failure_is_not_reported_as_a_writing_failure(tmp_path: Path) -> None:
    def breaks() -> Iterator[pa.Table]:
        yield from ()
        raise OSError(errno.EIO, "bad disk")

    with pytest.raises(StorageError, match="cannot be read back"):
        write_release(tmp_path / "v1", contents(rejected=breaks))


def test_a_file_in_the_way_is_named_and_kept(tmp_path: Path) -> None:
    (tmp_path / "v1").write_text("mine")
    with pytest.raises(InputError, match=r"v1: there is a file where the release should go\n  mend: choose"):
        write_release(tmp_path / "v1", contents())
    assert (tmp_path / "v1").read_text() == "mine"


def test_a_folder_that_is_no_release_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="something other than a release"):
        write_release(tmp_path / "home", contents())
    assert tree(tmp_path) == {"home/thesis.txt": b"years of work"}


def test_a_parent_that_is_no_folder_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="cannot be written"):
        write_release(tmp_path / "file" / "v1", contents())
    assert tree(tmp_path) == {"file": b"mine"}


def test_a_read_only_parent_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(StorageError, match=r"Read-only file system\n  mend: free space or make .* writable"):
        write_release(tmp_path / "v1", contents())
    assert names(tmp_path) == []


def test_a_link_to_a_release_stays_a_link(tmp_path: Path) -> None:
    write_release(tmp_path / "v1", contents())
    (tmp_path / "latest").symlink_to("v1")
    write_release(tmp_path / "latest", contents(configurations=GROWN))
    assert (tmp_path / "latest").is_symlink()
    assert pq.read_table(tmp_path / "v1/data/train-01234567-00000-of-00001.parquet").num_rows == 30


def test_recover_puts_back_what_was_moved_aside(tmp_path: Path) -> None:
    write_release(tmp_path / "v1", contents())
    before = tree(tmp_path / "v1")
    (tmp_path / "v1").rename(tmp_path / ".v1.old-abc")
    (tmp_path / ".v1.part-abc").mkdir()
    recover(tmp_path / "v1")
    assert tree(tmp_path / "v1") == before
    assert names(tmp_path) == ["v1"]


def test_recover_leaves_other_releases_alone(tmp_path: Path) -> None:
    for name in (".v10.part-abc", ".other.old-abc", "v1.part-abc"):
        (tmp_path / name).mkdir()
    recover(tmp_path / "v1")
    assert names(tmp_path) == [".other.old-abc", ".v10.part-abc", "v1.part-abc"]


KILLED = """
import os, signal, sys
from pathlib import Path
from sterling.records import files
from sterling.release import write_release
from tests.release.examples import configuration, contents, pair
left = int(sys.argv[2])
sync = os.fsync
def die_at_the_nth(descriptor):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(descriptor)
os.fsync = die_at_the_nth
write_release(Path(sys.argv[1]), contents(configurations=[configuration("code", [pair(n) for n in range(30)])]))
"""


def test_a_killed_run_leaves_one_whole_release_and_the_next_one_clears_up(tmp_path: Path) -> None:
    write_release(tmp_path / "v1", contents())
    before = tree(tmp_path / "v1")
    write_release(tmp_path / "reference", contents(configurations=GROWN))
    after = tree(tmp_path / "reference")
    ended = []
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    for sync in (1, 4, 8, 9, 10):
        command = [sys.executable, "-c", KILLED, str(tmp_path / "v1"), str(sync)]
        ended.append(subprocess.run(command, env=environment, check=False).returncode)
        assert tree(tmp_path / "v1") in (before, after)
    assert ended[0] == -9
    assert ended[-1] == 0
    recover(tmp_path / "v1")
    assert tree(tmp_path / "v1") == after
    assert names(tmp_path) == ["reference", "v1"]


@pytest.mark.parametrize("name", ["../out", "", ".hidden", "a b"])
def test_a_configuration_name_must_be_a_folder_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be a folder"):
        write_release(tmp_path / "v1", contents(configurations=[configuration(name, [pair(0)])]))


def test_configurations_do_not_share_a_name(tmp_path: Path) -> None:
    twice: Contents = contents(configurations=[configuration("a", [pair(0)]), configuration("A", [pair(1)])])
    with pytest.raises(InputError, match="share a name"):
        write_release(tmp_path / "v1", twice)
