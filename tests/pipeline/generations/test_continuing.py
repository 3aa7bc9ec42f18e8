import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from tests.pipeline.conftest import small_recipe

import sterling
from sterling.cli import main
from sterling.errors import InputError, PolicyRefused, RecipeError
from sterling.ledger import Run

LIGHT: dict[str, Any] = {
    "checks": [{"check": "math"}, {"check": "exact_duplicates"}],
    "engine": {"shard_rows": 20, "workers": 1, "partitions": 1},
    "mix": {"synthetic_cap": 0.5, "unit": "records"},
    "waive": [{"rule": "mix.synthetic_cap", "because": "a test of generations", "by": "the test"}],
}
ROLES = {"train": 1.0, "test": 0, "monitor": 0, "holdout": 0}


def generation(folder: Path, number: int, questions: int, completions: int, **more: Any) -> Path:
    """A recipe of generation `number`: the earlier questions and completions, and some more of both."""
    before = {} if number == 1 else {"continues": f"releases/v{number - 1}"}
    return small_recipe(folder, questions, completions, **{"name": f"v{number}"} | LIGHT | before | more)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three generations, released."""
    folder = tmp_path_factory.mktemp("chain")
    for number, (questions, completions) in enumerate(((20, 8), (24, 16), (28, 24)), 1):
        assert sterling.run(generation(folder, number, questions, completions), out=folder).status == "released"
    return folder


@pytest.fixture
def first(chain: Path, tmp_path: Path) -> Path:
    """A folder with the first release of the chain alone."""
    shutil.copytree(chain / "releases" / "v1", tmp_path / "releases" / "v1")
    return tmp_path


def lineage(release: Path, kind: str) -> list[dict[str, Any]]:
    return [
        row for file in sorted(release.glob(f"provenance/{kind}-*.parquet")) for row in pq.read_table(file).to_pylist()
    ]


def rows(release: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in pq.read_table(release / "data").to_pylist()}


def findings(run: Run) -> dict[str, dict[str, Any]]:
    return {finding["rule"]: finding for finding in run.report["findings"]}


def test_three_generations_accumulate_and_keep_their_provenance(chain: Path) -> None:
    releases = [chain / "releases" / f"v{number}" for number in (1, 2, 3)]
    told = [json.loads((release / "provenance" / "run.json").read_bytes()) for release in releases]
    assert [one["generation"] for one in told] == [1, 2, 3]
    assert [one["name"] for one in told[2]["chain"]] == ["v2", "v1"]
    carried = [lineage(release, "synthetic") for release in releases]
    assert [sorted({row["generation"] for row in one}) for one in carried] == [[1], [1, 2], [1, 2, 3]]
    later = {row["id"]: row for row in carried[2]}
    assert len(later) == len(carried[2])
    for row in carried[0]:
        assert later[row["id"]] == row
    for row in carried[1]:
        assert row["verified"] == [{"check": "math", "family": "symbolic"}]
        assert row["reference"] is None
    assert {row["release"] for row in carried[2]} == {"v1", "v2", "v3"}


def test_what_goes_on_is_released_as_it_was(chain: Path) -> None:
    first, last = rows(chain / "releases" / "v1"), rows(chain / "releases" / "v3")
    same = [(first[id_], last[id_]) for id_ in first.keys() & last.keys() if first[id_]["origin"] == "synthetic"]
    assert same
    for before, after in same:
        assert {**before, "weight": 0} == {**after, "weight": 0}


def test_real_records_are_listed_with_what_became_of_them(chain: Path) -> None:
    listed = [lineage(chain / "releases" / f"v{number}", "anchor") for number in (1, 2, 3)]
    assert [len(one) for one in listed] == [20, 24, 28]
    assert {row["first"] for row in listed[2]} == {1, 2, 3}
    train = {row["id"] for row in listed[0] if row["role"] == "train"}
    assert train
    for row in listed[2]:
        drawn = 4 - row["first"] if row["role"] == "train" else 0
        assert (row["times"], row["last"], row["here"]) == (drawn, drawn > 0, True)
    assert not {"prompt", "completion", "text"} & listed[0][0].keys()


def test_the_report_adds_up_over_generations(chain: Path) -> None:
    report = Run(chain / "runs" / "v3").report
    steps = {step["name"]: step for step in report["steps"]}
    for step in report["steps"]:
        assert step["in"] == step["kept"] + step["dropped"]
    came = len(lineage(chain / "releases" / "v2", "synthetic"))
    assert steps["continues:v2"]["in"] == came
    joined = steps["roles"]["kept"] + came + steps["generate:completions"]["produced"]
    assert [steps[name]["in"] for name in ("check:math", "check:exact_duplicates", "mix")] == [
        joined, steps["check:math"]["kept"], steps["check:exact_duplicates"]["kept"],
    ]  # fmt: skip
    # Two thirds of what is written has been written before, and the earlier record stays.
    assert steps["check:exact_duplicates"]["reasons"]["exact_duplicate"] == 12
    assert "Generation 3, continues v2 (generation 2), v1 (generation 1)." in report["outcome"]["sentences"]
    rejected = pq.read_table(chain / "releases" / "v3" / "rejected").num_rows
    assert rejected == sum(step["dropped"] for step in report["steps"])
    met = findings(Run(chain / "runs" / "v3"))
    for rule in ("anchor.accumulates", "anchor.roles_stay", "anchor.new_human", "mix.rotation", "mix.weights_by_age"):
        assert met[rule]["status"] == "met", met[rule]


def test_status_and_trace_tell_the_generation(chain: Path) -> None:
    ask = CliRunner()
    said = ask.invoke(main, ["status", str(chain / "runs" / "v3")]).output
    assert said.startswith("v3: released, generation 3 after v2")
    oldest = next(row for row in lineage(chain / "releases" / "v3", "synthetic") if row["generation"] == 1)
    told = ask.invoke(main, ["trace", oldest["id"], "--run", str(chain / "runs" / "v3")]).output
    assert "release  v1, written in generation 1; verified there by math (symbolic)" in told
    assert "-continues-v2-" in told


def test_nothing_is_done_twice_and_another_release_is_read_anew(chain: Path, first: Path) -> None:
    recipe = generation(first, 2, 24, 16)
    run = sterling.run(recipe, out=first)
    steps = sorted(path.name for path in (run.folder / "steps").iterdir())
    sterling.run(recipe, out=first)
    assert sorted(path.name for path in (run.folder / "steps").iterdir()) == steps
    told = first / "releases" / "v1" / "provenance" / "run.json"
    told.write_text(json.dumps(json.loads(told.read_bytes()) | {"noted": "by hand"}), encoding="utf-8")
    sterling.run(recipe, out=first)
    assert len([path for path in (run.folder / "steps").iterdir() if "continues-v1" in path.name]) == 2
    assert rows(first / "releases" / "v2") == rows(chain / "releases" / "v2")


def test_a_vanished_record_refuses_the_release_unless_it_was_erased(first: Path) -> None:
    recipe = generation(first, 2, 24, 16)
    anchor = first / "anchor.jsonl"
    lines = anchor.read_text(encoding="utf-8").splitlines(keepends=True)
    anchor.write_text("".join(lines[:3] + lines[4:]), encoding="utf-8")
    with pytest.raises(PolicyRefused, match=r"anchor\.accumulates: 1 of 20 real records .* questions anchor\.jsonl:4"):
        sterling.run(recipe, out=first)
    assert not (first / "releases" / "v2").exists()
    gone = next(row for row in lineage(first / "releases" / "v1", "anchor") if row["row"] == "anchor.jsonl:4")
    erasure = {"id": gone["id"], "because": "asked for by the person", "by": "A. Officer"}
    (first / "erased.jsonl").write_text(json.dumps(erasure) + "\n", encoding="utf-8")
    run = sterling.run(recipe, out=first, overrides=["erasures=erased.jsonl"])
    assert run.status == "released"
    assert "1 erased" in findings(run)["anchor.accumulates"]["what"]
    assert gone["content"] not in {row["content"] for row in lineage(first / "releases" / "v2", "anchor")}
    # The file moved up by a line, so ids are others; records are known by what they say.
    assert {row["times"] for row in lineage(first / "releases" / "v2", "anchor") if row["first"] == 1} >= {2}


def test_an_erased_record_that_is_still_read_refuses_the_release(first: Path) -> None:
    still = next(row for row in lineage(first / "releases" / "v1", "anchor") if row["role"] == "train")
    erasure = {"content": still["content"], "because": "asked for", "by": "A. Officer"}
    (first / "erased.jsonl").write_text(json.dumps(erasure) + "\n", encoding="utf-8")
    with pytest.raises(
        PolicyRefused, match=r"anchor\.erased: 1 erased records are read all the same: questions anchor"
    ):
        sterling.run(generation(first, 2, 24, 16, erasures="erased.jsonl"), out=first)


def test_roles_that_change_and_no_new_records_are_said(first: Path) -> None:
    run = sterling.run(generation(first, 2, 20, 16, roles=ROLES), out=first)
    told = findings(run)
    held = sum(row["role"] != "train" for row in lineage(first / "releases" / "v1", "anchor"))
    assert held
    assert (told["anchor.roles_stay"]["status"], told["anchor.roles_stay"]["severity"]) == ("unmet", "high")
    assert told["anchor.roles_stay"]["what"].startswith(f"{held} records that were held back are trained on now")
    assert told["anchor.new_human"]["what"] == "none of 20 human records is new in this generation"


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda v1: (v1 / "provenance" / "synthetic-00000-of-00001.parquet").unlink(), "of this release is gone"),
        (lambda v1: (v1 / "data" / "extra.parquet").write_bytes(b"x"), "is no file that this release was written with"),
        (lambda v1: (v1 / "report.json").write_text("{}"), "`report.json` is not what this release was written with"),
        (lambda v1: (v1 / "provenance" / "run.json").write_bytes(b"\xff\x00"), "cannot be read"),
        (lambda v1: (v1 / "provenance" / "run.json").write_text('{"name": "v1"}'), "does not say what a next"),
        (shutil.rmtree, "there is no such folder"),
        (lambda v1: shutil.rmtree(v1 / "provenance"), "this is no release"),
    ],
)  # fmt: skip
def test_a_torn_or_foreign_folder_is_refused(first: Path, harm: Any, message: str) -> None:
    harm(first / "releases" / "v1")
    with pytest.raises(InputError, match=message) as refused:
        sterling.run(generation(first, 2, 20, 8), out=first)
    assert refused.value.mend
    assert not (first / "releases" / "v2").exists()


def test_a_release_cannot_continue_itself(first: Path) -> None:
    with pytest.raises(InputError, match="in the place of the one that it continues"):
        sterling.run(generation(first, 2, 20, 8, name="v1"), out=first)


def test_recipes_that_cannot_go_on_are_refused_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"recipe\.yaml:\d+: .*no check keeps a strategy from writing the same"):
        sterling.run(generation(tmp_path, 2, 20, 8, checks=[{"check": "math"}]), out=tmp_path)
    with pytest.raises(RecipeError, match="`continues` is not said"):
        sterling.run(generation(tmp_path, 1, 20, 8, erasures="erased.jsonl"), out=tmp_path)


def test_a_preview_takes_a_few_and_accuses_nobody(first: Path) -> None:
    run = sterling.run(generation(first, 2, 24, 16), out=first, preview=2)
    steps = {step["name"]: step for step in run.report["steps"]}
    assert steps["continues:v1"]["in"] == 2
    assert "anchor.accumulates" not in findings(run)
