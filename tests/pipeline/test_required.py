"""What a run will need and can be known at once is missed at once, by `lint` and by `run`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.generate.shop import SHOP

from sterling.cli import main
from sterling.errors import RecipeError, SourceError
from sterling.pipeline import run

PRINCIPLES = "reviewer: Jane Doe\ndate: 2025-01-01\nprinciples: {modest: The answer claims no more than it can know.}\n"
OWN = {"strategy": "rephrase", "prompts": {"rephrase": "own.md"}}
CONSTITUTION = {"strategy": "constitution", "principles": "principles.yml"}
TOOLS = {"strategy": "tools", "environment": "shop.yml"}
WAIVED = (
    "generate.seeds",
    "models.terms",
    "mix.synthetic_cap",
    "generate.novelty",
    "checks.contamination",
    "synthetic.verified",
)


def recipe(folder: Path, entry: dict[str, Any], rows: str, **files: str) -> Path:
    """A teacher whose key is set nowhere, and one entry."""
    said = {
        "name": "small", "purpose": "fine-tuning", "release": {"licence": "MIT"},
        "anchor": [{"name": "questions", "path": "questions.jsonl", "origin": "human", "attested_by": "the test",
                    "attested_because": "it wrote them", "licence": "MIT"}],
        "models": {"teacher": {"endpoint": "http://127.0.0.1:9/v1", "model": "qwen3-32b", "key_env": "NO_SUCH_KEY",
                               "terms": "none"}},
        "generate": [{"model": "teacher", **entry}], "checks": [{"check": "environment"}], "waive": [
            {"rule": rule, "because": "a test", "by": "the test"}
            for rule in WAIVED],
    }  # fmt: skip
    texts = {"questions.jsonl": rows, "principles.yml": PRINCIPLES, "shop.yml": SHOP} | files
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "recipe.yaml").write_text(json.dumps(said, indent=1), encoding="utf-8")
    return folder / "recipe.yaml"


@pytest.mark.parametrize(("entry", "files", "what"), [
    (OWN, {}, "own.md: cannot be read"),
    (OWN, {"own.md": "In {strange}: {passage}"}, "own.md: `{strange}` is filled by nothing"),
    (OWN, {"own.md": "Write anew."}, "own.md: the prompt `rephrase` has none of the names"),
    (CONSTITUTION, {"principles.yml": PRINCIPLES.replace("Jane Doe", "YOUR NAME")},
     "principles.yml:1: `reviewer: YOUR NAME` is nobody"),
    (TOOLS, {"shop.yml": SHOP.replace("{order: {type: string}}", "{order: {type: strng}}", 1)},
     "`type: strng` is no type of JSON Schema"),
])  # fmt: skip
def test_lint_and_run_refuse_what_they_can_know(
    entry: dict[str, Any], files: dict[str, str], what: str, tmp_path: Path
) -> None:
    path = recipe(tmp_path, entry, "no JSON", **files)
    result = CliRunner().invoke(main, ["lint", str(path)])
    assert (result.exit_code, result.stderr.count(what)) == (2, 1), result.output
    line = result.stderr.partition("recipe.yaml:")[2].partition(":")[0]
    assert '"generate": [' in "".join(path.read_text("utf-8").splitlines()[int(line) - 2 : int(line)])
    with pytest.raises(SourceError, match=r"recipe\.yaml") as refused:
        run(path, out=tmp_path, preview=1)
    assert what in str(refused.value)
    assert not (tmp_path / "runs").exists()


def test_a_key_that_is_not_set_is_missed_before_the_anchor_is_read(
    tmp_path: Path,
) -> None:
    path = recipe(tmp_path, {"strategy": "rephrase"}, '{"text": "a text"}\n')
    assert CliRunner().invoke(main, ["lint", str(path)]).exit_code == 0
    with pytest.raises(RecipeError, match=r"NO_SUCH_KEY is not set") as refused:
        run(path, out=tmp_path)
    line = int(str(refused.value.where).rpartition(":")[2])
    assert "NO_SUCH_KEY" in path.read_text("utf-8").splitlines()[line - 1]
    assert not (tmp_path / "runs").exists()


SPARSE = "".join(json.dumps({"text": f"text {n}"} | ({"topic": "x"} if n > 50 else {})) + "\n" for n in range(60))


@pytest.mark.parametrize(("rows", "changes", "key", "what", "mend"), [
    ("", {}, '"path"', "questions.jsonl: the file is empty", "name a file that has rows"),
    ("no JSON\n", {}, '"path"', "none of the 1 rows yields a record", "check its path"),
    ('{"question": "Why?"}\n', {"columns": {"text": "questn"}}, '"text"', "there is no column `questn` in any row",
     "did you mean `question`?"),
    ('{"text": "a"}\n', {"split_by": "autor"}, '"split_by"', "there is no column `autor` in any row", "say which is"),
])  # fmt: skip
def test_the_first_rows_of_an_anchor_are_looked_at(
    rows: str, changes: dict[str, Any], key: str, what: str, mend: str, tmp_path: Path
) -> None:
    path = recipe(tmp_path, {"strategy": "rephrase"}, rows)
    said = json.loads(path.read_text("utf-8"))
    said["anchor"][0] |= changes
    path.write_text(json.dumps(said, indent=1), encoding="utf-8")
    result = CliRunner().invoke(main, ["lint", str(path)])
    assert result.exit_code == 2
    assert result.output.index("error:") < result.output.index("fine-tuning is judged by")
    line = int(result.stderr.partition("recipe.yaml:")[2].partition(":")[0])
    assert key in path.read_text("utf-8").splitlines()[line - 1]
    assert what in result.stderr
    assert mend in result.stderr
    with pytest.raises(SourceError) as refused:
        run(path, out=tmp_path, preview=1)
    assert f"error: {refused.value}\n" in result.stderr


def test_a_column_that_only_later_rows_have_is_no_mistake(tmp_path: Path) -> None:
    path = recipe(tmp_path, {"strategy": "rephrase"}, SPARSE)
    said = json.loads(path.read_text("utf-8"))
    said["anchor"][0] |= {"columns": {"text": "text", "tag.topic": "topic"}, "max_bad_share": 0.9}
    path.write_text(json.dumps(said, indent=1), encoding="utf-8")
    assert CliRunner().invoke(main, ["lint", str(path)]).exit_code == 0
