import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.pipeline.conftest import write_recipe  # noqa: F401 - the fixture

from sterling.cli import main
from sterling.cli.group import COMMANDS


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def done(write_recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    monkeypatch.chdir(tmp_path)
    recipe: Path = write_recipe()
    assert call("run", recipe).exit_code == 0
    return recipe


def test_help_names_every_command_in_its_own_words() -> None:
    said = call("--help").output
    for name, line in COMMANDS.items():
        assert name in said
        assert call(name, "--help").exit_code == 0
        assert line.split()[0] in said


def test_run_says_where_the_report_is(done: Path) -> None:
    result = call("run", done)
    assert result.exit_code == 0
    assert "releases/small/report.html" in result.output
    assert "(unchanged)" in result.stderr


def test_run_as_json_is_the_report(done: Path) -> None:
    report = json.loads(call("run", done, "--json").stdout)
    assert report["outcome"]["status"] == "released"


def test_status_lists_the_steps(done: Path) -> None:
    said = call("status").output
    assert "small: released" in said
    assert "near_duplicates" in said
    steps = json.loads(call("status", "small", "--json").output)["steps"]
    assert [step["kind"] for step in steps][:2] == ["anchor", "roles"]


def test_status_lists_what_came_to_nothing(write_recipe: Any, tmp_path: Path, monkeypatch: Any) -> None:  # noqa: F811
    monkeypatch.chdir(tmp_path)
    recipe = write_recipe()
    with (tmp_path / "completions.jsonl").open("a") as file:
        file.write('{"prompt": "Why?", "completion": "", "model": "model-0"}\n')
    assert call("run", recipe, "--set", "generate.0.max_bad_share=0.5").exit_code == 0
    said = call("status", "--faults").output
    assert "completions  1 x empty_completion (source)\n    completions.jsonl:25: " in said
    assert said.endswith("1 faults; --json has every one\n")
    (row,) = json.loads(call("status", "--faults", "--json").output)
    assert (row["reason"], row["owed"]) == ("empty_completion", False)


def test_trace_tells_a_life(done: Path) -> None:
    report = json.loads(call("run", done, "--json").stdout)
    sample = next(s for s in report["samples"] if s["fate"] == "dropped" and s["strategy"] == "completions")
    said = call("trace", sample["id"][:12]).output
    assert sample["id"] in said
    assert "dropped by math: different" in said
    life = json.loads(call("trace", sample["id"], "--json").output)
    assert life["maker"]["strategy"] == "completions"
    assert life["verdicts"][-1]["outcome"] == "drop"


def test_trace_of_nobody(done: Path) -> None:
    result = call("trace", "zzzz")
    assert result.exit_code == 2
    assert "no record of this run has an id that starts with 'zzzz'" in result.stderr


def test_check_writes_a_verdict_a_row(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"prompt": "?", "completion": "A: 1", "reference": {"answer": "2"}}\n')
    result = call("check", "math", "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert result.exit_code == 0
    assert result.output.startswith("1 rows: 1 drop → ")
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["reason"] == "different"


def test_check_says_how_to_name_columns(tmp_path: Path) -> None:
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows.write_text('{"question": "?", "completion": "A: 1", "truth": "1"}\n')
    told = call("check", "math", "--input", rows, "--output", out)
    assert told.exit_code == 1
    assert "  the first: in.jsonl:1: " in told.output
    assert "the row has the columns `question`, `completion`, `truth`" in told.output
    assert "mend: say which column is which, as in --column prompt=question" in told.output
    named = [f"--column={pair}" for pair in ("prompt=question", "completion=completion", "answer=truth")]
    assert call("check", "math", "--input", rows, "--output", out, *named).output.startswith("1 rows: 1 keep → ")
    wrong = call("check", "math", "--input", rows, "--output", out, "--column", "promt=question")
    assert (wrong.exit_code, "did you mean `prompt`?" in wrong.stderr) == (2, True)


def test_check_says_what_several_options_lack_together(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n')
    told = call("check", "length", "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert told.exit_code == 2
    assert told.stderr.startswith("error: check `length`: no limit is given")
    assert "``" not in told.stderr


def test_lint_exits_3_when_a_rule_refuses(write_recipe: Any) -> None:  # noqa: F811
    recipe = write_recipe(checks=[])
    result = call("lint", recipe)
    assert result.exit_code == 3
    assert "synthetic.verified" in result.output
    assert {f["status"] for f in json.loads(call("lint", recipe, "--json").output)} >= {"met", "unmet"}


def test_a_wrong_recipe_exits_2_with_its_line(write_recipe: Any) -> None:  # noqa: F811
    recipe = write_recipe(mix={"synthetic_kap": 0.3})
    result = call("run", recipe)
    assert result.exit_code == 2
    assert "recipe.yaml:" in result.stderr
    assert "synthetic_cap" in result.stderr


def test_a_refusing_policy_exits_3(write_recipe: Any, tmp_path: Path) -> None:  # noqa: F811
    result = call("run", write_recipe(checks=[]), "--out", tmp_path)
    assert result.exit_code == 3
    assert "the policy refuses this recipe" in result.stderr


def test_status_without_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("status")
    assert result.exit_code == 2
    assert (
        result.stderr
        == "error: runs: there is no run here\n  mend: name a run's folder, or start one: `sterling run RECIPE`\n"
    )


def test_a_preview_shows_records_beside_their_verdicts(write_recipe: Any, tmp_path: Path) -> None:  # noqa: F811
    result = call("run", write_recipe(), "--preview", 3, "--out", tmp_path)
    assert result.exit_code == 0
    assert "completions ·" in result.output
    assert "math: equal" in result.output
    assert "Nothing was released" in result.output


def test_schema_is_json() -> None:
    assert json.loads(call("schema").output)["title"] == "Recipe"


@pytest.mark.parametrize("purpose", ["fine-tuning", "evaluation", "edge-cases", "privacy", "pretraining", "alignment"])
def test_what_init_writes_lints_clean(tmp_path: Path, purpose: str) -> None:
    assert call("init", tmp_path, "--purpose", purpose).exit_code == 0
    result = call("lint", tmp_path / "recipe.yaml")
    assert result.exit_code == 0
    assert "unmet" not in result.output.lower().split()
    again = call("init", tmp_path, "--purpose", purpose)
    assert again.exit_code == 2


def test_python_dash_m() -> None:
    done = subprocess.run([sys.executable, "-m", "sterling", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sterling, version 0.")
