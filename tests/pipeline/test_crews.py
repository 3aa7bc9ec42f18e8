import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pipeline.conftest import WriteRecipe

from sterling.cli import main
from sterling.engine.ray import RayCrew
from sterling.errors import InputError
from sterling.pipeline import run
from sterling.pipeline.crews import crew_of, places_of
from sterling.records.places import place, read_bytes, remove_tree


@pytest.fixture
def url() -> Iterator[str]:
    pytest.importorskip("upath", reason="universal-pathlib is not installed: pip install '.[store]'")
    yield "memory://runs-of-a-test/here"
    remove_tree(place("memory://runs-of-a-test"))


def shards(runs: Path) -> dict[str, bytes]:
    steps = runs / "small" / "steps"
    return {path.relative_to(steps).as_posix(): read_bytes(path) for path in steps.glob("*/*/shard-*.parquet")}


def test_a_run_behind_a_url_is_the_same_and_goes_on(
    write_recipe: WriteRecipe, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its shards are there; the journal and the release are here."""
    recipe = write_recipe(questions=15, completions=12)
    run(recipe, out=tmp_path / "disk")
    (tmp_path / "driver").mkdir()
    monkeypatch.chdir(tmp_path / "driver")
    first = run(recipe, out=url)
    there = shards(place(url) / "runs")
    assert there == shards(tmp_path / "disk" / "runs")
    assert not [path for path in (place(url) / "runs").glob("**/*") if "exchange-" in str(path)]
    assert first.verdicts.arrow.num_rows
    assert {path.name for path in (tmp_path / "driver").iterdir()} <= {"releases", ".sterling"}
    assert (tmp_path / "driver" / "releases" / "small" / "README.md").exists()
    again = run(recipe, out=url)
    assert again.report == first.report
    assert [stage.address for stage in again.stages] == [stage.address for stage in first.stages]


def test_its_ledger_is_told_from_there(
    write_recipe: WriteRecipe,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(write_recipe(questions=15, completions=4), out=url)
    record = done.records.arrow["id"][0].as_py()
    for command in (
        ["status", f"{url}/runs/small", "--json"],
        ["trace", record, "--run", f"{url}/runs/small", "--json"],
    ):
        main(command, standalone_mode=False)
        told = json.loads(capsys.readouterr().out)
        assert told["id"] == record if command[0] == "trace" else told["status"] == "released"


def test_what_cannot_be_seen_from_everywhere_is_refused(write_recipe: WriteRecipe, url: str) -> None:
    recipe = write_recipe(questions=15, completions=4, engine={"workers": 2})
    with pytest.raises(InputError, match=r"seen by one process alone\n  mend: say --set engine\.workers=1"):
        run(recipe, out=url)
    with pytest.raises(InputError, match=r"a rehearsal keeps its answers beside it.*\n  mend: leave --out away"):
        run(recipe, out=url, preview=2, rehearse=True)


def test_a_cluster_is_for_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"the local engine has no cluster\n  mend: add --engine ray"):
        crew_of("local", None, "10.0.0.1:6379", tmp_path)
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    for named, found in ((None, "10.0.0.1:6379"), ("10.0.0.2:6379", "10.0.0.2:6379")):
        crew = crew_of("ray", None, named, tmp_path)
        assert isinstance(crew, RayCrew)
        assert crew.address == found


def test_workers_elsewhere_are_told_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert places_of(".", "ray") == (tmp_path / "runs", Path())
    assert places_of(".", "local") == (Path("runs"), Path())
