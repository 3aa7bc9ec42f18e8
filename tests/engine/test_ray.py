"""The Ray engine. What needs two nodes is marked `cluster` (`make cluster`); without Ray, nearly all is skipped."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import WriteRecipe, write_recipe  # noqa: F401 - a fixture
from tests.pipeline.programs import programs_recipe

from sterling.engine.ray import RayCrew
from sterling.errors import InputError, MissingExtra, SterlingError
from sterling.ledger import Run

MOTO = Path(sys.prefix) / "object-store" / "bin" / "moto_server"
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="ray is not installed: pip install '.[ray]'"
)
quiet = pytest.mark.filterwarnings("default")  # of Ray's own code, which is nobody's to mend here
two_nodes = [needs_ray, quiet, pytest.mark.cluster]
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0123456789abcdef" * 4}
"""So that Ray writes none into the home folder."""


@dataclass(frozen=True)
class Cluster:
    address: str
    raylets: frozenset[int]
    """Process ids."""

    def at_work(self) -> list[int]:
        """Worker processes of this cluster that are doing a task of ours."""
        return [pid for pid in (int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()) if self._does(pid)]

    def _does(self, pid: int) -> bool:
        try:
            parent = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            return parent in self.raylets and Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::_do")
        except (FileNotFoundError, ProcessLookupError):
            return False


@pytest.fixture(scope="module")
def address_of_store() -> str:
    """Where the object store of these tests will be."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture(scope="module")
def cluster(address_of_store: str) -> Iterator[Cluster]:
    """Two nodes with one processor each, which end with the tests of this file."""
    with pytest.MonkeyPatch.context() as patch:
        settings = {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(Path.cwd())}
        for name, value in {**TOKEN, **settings, **keys_of(address_of_store)}.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster as Nodes  # reads its settings when it is imported

        nodes = Nodes()
        try:
            for _ in range(2):
                nodes.add_node(num_cpus=1, object_store_memory=100_000_000, include_dashboard=False)
            raylets = {p.process.pid for node in nodes.list_all_nodes() for p in node.all_processes["raylet"]}
            yield Cluster(str(nodes.address), frozenset(raylets))
        finally:
            nodes.shutdown()


def keys_of(store: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": store,
    }  # fmt: skip


@pytest.fixture
def bucket(address_of_store: str, tmp_path: Path) -> Iterator[Any]:
    """moto's server, with an empty bucket, as s3fs sees it."""
    if not MOTO.exists():
        pytest.skip("`make cluster` installs an object store")
    s3fs = pytest.importorskip("s3fs", reason="`make cluster` installs s3fs")
    command = [str(MOTO), "-H", "127.0.0.1", "-p", address_of_store.rpartition(":")[2]]
    with (tmp_path / "moto.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            wait_until_listening(address_of_store, server)
            files = s3fs.S3FileSystem(use_listings_cache=False)
            files.mkdir("bucket")
            yield files
        finally:
            server.kill()


def wait_until_listening(address: str, server: "subprocess.Popen[Any]") -> None:
    host, _, port = address.removeprefix("http://").rpartition(":")
    while server.poll() is None:
        with socket.socket() as one:
            if not one.connect_ex((host, int(port))):
                return
        time.sleep(0.1)
    pytest.fail("the object store did not start")


@pytest.fixture
def crew(cluster: Cluster) -> Iterator[RayCrew]:
    with RayCrew(cluster.address) as crew:
        yield crew


@dataclass(frozen=True)
class Square:
    def __call__(self, number: int) -> tuple[int, str]:
        import ray

        time.sleep(0.05)
        return number * number, ray.get_runtime_context().get_node_id()


@dataclass(frozen=True)
class DieOnce:
    """Takes its worker process with it, the first time that it meets 3."""

    folder: Path
    again: bool = False

    def __call__(self, number: int) -> int:
        died = self.folder / "died"
        if number == 3 and (self.again or not died.exists()):
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number


@dataclass(frozen=True)
class Fail:
    how: Callable[[], Exception]

    def __call__(self, number: int) -> int:
        if number == 3:
            raise self.how()
        return number


def wrong() -> Exception:
    return InputError("wrong", where="a.jsonl:3", mend="right it")


def bug() -> Exception:
    return ZeroDivisionError("a bug")


class TestCrew:
    pytestmark = two_nodes

    def test_both_nodes_do_every_unit_once(self, crew: RayCrew) -> None:
        answers = list(crew.map(Square(), range(40)))
        assert sorted(square for square, _ in answers) == [n * n for n in range(40)]
        assert len({node for _, node in answers}) == 2

    def test_units_are_made_only_as_they_are_needed(self, crew: RayCrew) -> None:
        made: list[int] = []

        def units() -> Iterator[int]:
            for number in range(10_000):
                made.append(number)
                yield number

        results = crew.map(Square(), units())
        next(results)
        results.close()  # type: ignore[attr-defined]
        assert len(made) <= 2 * 2 + 1, "twice the processors are in flight, and one for the answer that came"

    def test_a_killed_worker_costs_its_task_and_not_the_run(self, crew: RayCrew, tmp_path: Path) -> None:
        assert sorted(crew.map(DieOnce(tmp_path), range(8))) == list(range(8))
        assert (tmp_path / "died").exists()

    def test_a_task_that_kills_every_worker_is_said(self, crew: RayCrew, tmp_path: Path) -> None:
        with pytest.raises(SterlingError, match=r"Ray lost a task 4 times.*WorkerCrashedError.*(?s:.*)mend: see that"):
            list(crew.map(DieOnce(tmp_path, again=True), range(8)))

    def test_a_failure_crosses_the_cluster_as_it_crosses_a_process(self, crew: RayCrew) -> None:
        with pytest.raises(InputError, match=r"a\.jsonl:3: wrong\n  mend: right it") as caught:
            list(crew.map(Fail(wrong), range(8)))
        assert caught.value.exit_code == 2
        with pytest.raises(SterlingError, match=r"ZeroDivisionError: a bug\n(?s:.*)test_ray\.py"):
            list(crew.map(Fail(bug), range(8)))

    def test_a_node_that_does_not_see_the_shards_says_so(self, cluster: Cluster, tmp_path: Path) -> None:
        mend = r"does not see .*/elsewhere\n  mend: give --out a folder that all nodes share"
        with RayCrew(cluster.address, witness=tmp_path / "elsewhere") as crew, pytest.raises(InputError, match=mend):
            list(crew.map(Square(), range(2)))


@needs_ray
@quiet
@pytest.mark.parametrize(
    ("address", "why"),
    [("ray://127.0.0.1:1", "a driver outside the cluster"), ("127.0.0.1:1", "no way into the Ray cluster"),
     ("auto", "no way into the Ray cluster"), ("here", "no way into")],
)  # fmt: skip
def test_an_address_where_no_cluster_is(address: str, why: str) -> None:
    with pytest.raises(InputError, match=rf"{address}: {why}(?s:.*)\n  mend: "):
        RayCrew(address).__enter__()


def test_without_ray_the_command_to_type_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        MissingExtra, match=r"--engine ray needs the `ray` extra\n  mend: pip install 'sterling\[ray\]'"
    ):
        RayCrew().__enter__()


def start(recipe: Path, out: Path | str, *options: str, cwd: Path | None = None) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "sterling", "run", str(recipe), "--out", str(out), *options]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, env=os.environ | TOKEN,
        cwd=cwd,
    )  # fmt: skip


def finish(recipe: Path, out: Path, *options: str) -> None:
    with start(recipe, out, *options) as run:
        _, said = run.communicate(timeout=300)
    assert run.returncode == 0, said.decode()


def kill_after(shards: int, recipe: Path, out: Path, *options: str) -> None:
    """SIGKILL for the driver and all that it started, once so many shards are finished."""
    with start(recipe, out, *options) as run:
        while run.poll() is None and len(list(out.glob("runs/*/steps/*/shard-*.json"))) < shards:
            time.sleep(0.01)
        assert run.poll() is None, "it ended before it could be killed"
        os.killpg(run.pid, signal.SIGKILL)


def written(out: Path) -> dict[str, str]:
    """Every shard of every step, by its place in the run."""
    steps = out / "runs" / "small" / "steps"
    found = [path for path in steps.rglob("shard-*") if "exchange" not in str(path) and path.is_file()]
    return {str(path.relative_to(steps)): sha256(path.read_bytes()).hexdigest() for path in sorted(found)}


@needs_ray
def test_ray_makes_again_what_is_missing_of_a_run(write_recipe: WriteRecipe, tmp_path: Path) -> None:  # noqa: F811
    """One node that the run starts by itself; the same shards, byte for byte."""
    recipe = write_recipe(questions=15, completions=12, engine={"shard_rows": 6, "workers": 1, "partitions": 2})
    finish(recipe, tmp_path)
    whole = written(tmp_path)
    steps = sorted((tmp_path / "runs" / "small" / "steps").iterdir())
    first = (steps[0] / "records" / "shard-00000.parquet").stat().st_ino
    for step in steps[1:]:
        shutil.rmtree(step)
    finish(recipe, tmp_path, "--engine", "ray")
    assert written(tmp_path) == whole
    assert (steps[0] / "records" / "shard-00000.parquet").stat().st_ino == first


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return programs_recipe(tmp_path_factory.mktemp("recipe"))


@pytest.fixture(scope="module")
def whole(recipe: Path) -> dict[str, str]:
    """What the local engine writes."""
    finish(recipe, recipe.parent / "whole")
    return written(recipe.parent / "whole")


class TestRun:
    pytestmark = two_nodes

    def test_the_recipe_meets_every_check(self, recipe: Path, whole: dict[str, str]) -> None:
        verdicts = Run(recipe.parent / "whole" / "runs" / "small").verdicts.arrow.to_pylist()
        dropped = {verdict["check"] for verdict in verdicts if verdict["outcome"] == "drop"}
        assert dropped >= {"tests", "exact_duplicates", "near_duplicates", "contamination"}

    def test_workers_are_killed_and_the_verdicts_are_the_same(
        self, cluster: Cluster, recipe: Path, whole: dict[str, str], tmp_path: Path
    ) -> None:
        killed = 0
        with start(recipe, tmp_path / "ray", "--engine", "ray", "--cluster", cluster.address) as run:
            while run.poll() is None:
                for pid in cluster.at_work()[: 3 - killed]:
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
                time.sleep(0.02)
            said = run.stderr.read() if run.stderr else b""
        assert run.returncode == 0, said.decode()
        assert killed
        assert written(tmp_path / "ray") == whole

    def test_a_driver_killed_on_ray_is_finished_here(
        self, cluster: Cluster, recipe: Path, whole: dict[str, str], tmp_path: Path
    ) -> None:
        kill_after(9, recipe, tmp_path / "killed", "--engine", "ray", "--cluster", cluster.address)
        finish(recipe, tmp_path / "killed")
        assert written(tmp_path / "killed") == whole

    def test_a_run_killed_here_is_finished_on_the_cluster(
        self, cluster: Cluster, recipe: Path, whole: dict[str, str], tmp_path: Path
    ) -> None:
        kill_after(9, recipe, tmp_path / "killed")
        finish(recipe, tmp_path / "killed", "--engine", "ray", "--cluster", cluster.address)
        assert written(tmp_path / "killed") == whole

    def test_shards_in_an_object_store_are_the_same(
        self, cluster: Cluster, recipe: Path, whole: dict[str, str], bucket: Any, tmp_path: Path
    ) -> None:
        """No node shares a folder with another; journal and release are the driver's."""
        here = tmp_path / "driver"
        here.mkdir()
        with start(recipe, "s3://bucket/here", "--engine", "ray", "--cluster", cluster.address, cwd=here) as run:
            _, said = run.communicate(timeout=300)
        assert run.returncode == 0, said.decode()
        steps = "bucket/here/runs/small/steps/"
        found = {name.removeprefix(steps): sha256(bucket.cat_file(name)).hexdigest() for name in bucket.find(steps)}
        assert {name: found.get(name) for name in whole} == whole
        assert not [name for name in found if "exchange" in name]
        assert (here / "releases" / "small" / "README.md").exists()
