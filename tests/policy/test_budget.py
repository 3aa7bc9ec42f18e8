"""Much is looked at before it is paid for."""

import json
from pathlib import Path
from typing import Any

import pytest

from sterling.policy import Finding, lint, makes, runs_in
from sterling.recipes import Recipe, from_mapping

MODEL = {"endpoint": "https://llm.example.com/v1", "model": "qwen3-32b"}


def recipe(**strategy: Any) -> Recipe:
    anchor = {"name": "texts", "path": "t.jsonl", "origin": "human", "licence": "MIT"}
    entry = {"strategy": "rephrase", "model": MODEL} | strategy
    return from_mapping({"name": "demo", "purpose": "fine-tuning", "anchor": [anchor], "generate": [entry]})


def found(made: Recipe, runs: Path | None) -> list[Finding]:
    with runs_in(runs):
        return [finding for finding in lint(made) if finding.rule == "budget.preview"]


def preview(runs: Path, made: Recipe, status: str = "preview") -> None:
    folder = runs / ".preview-demo"
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps({"status": status, "makes": makes(made), "steps": []}))


@pytest.mark.parametrize(("strategy", "what"), [({"count": 1001}, "1,001 candidates"), ({}, "about every seed")])
def test_many_candidates_want_a_preview_of_the_same(tmp_path: Path, strategy: dict[str, Any], what: str) -> None:
    made = recipe(**strategy)
    [before] = found(made, tmp_path)
    assert (before.status, before.severity) == ("unmet", "high")
    assert what in before.what
    preview(tmp_path, recipe(count=5))
    assert [finding.status for finding in found(made, tmp_path)] == ["met"]
    preview(tmp_path, recipe(count=5, rare=0.5))
    assert [finding.status for finding in found(made, tmp_path)] == ["unmet"]
    preview(tmp_path, made, "running")
    assert [finding.status for finding in found(made, tmp_path)] == ["unmet"]


def test_few_candidates_and_previews_want_none(tmp_path: Path) -> None:
    assert found(recipe(count=1000), tmp_path) == []
    assert found(recipe(), None) == []
    (tmp_path / ".preview-demo").mkdir()
    (tmp_path / ".preview-demo" / "run.json").write_text("{")
    assert [finding.status for finding in found(recipe(), tmp_path)] == ["unmet"]
