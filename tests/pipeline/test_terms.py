"""Terms from lint to release: what a model wrote leaves when a person has signed, and not before."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.pipeline.conftest import WriteRecipe

import sterling
from sterling.cli import main
from sterling.errors import PolicyRefused, SourceError
from sterling.models import mock

SEEDS = {"rule": "generate.seeds", "because": "a test", "by": "the test"}
CONTENT = {"rules": [{"match": "<<<(\\w+)", "fill": '{"case": "$1", "reason": "It is right.", "score": 5}'}]}
KEY = "planted-secret-0123456789"


def completions(**said: str) -> list[dict[str, Any]]:
    columns = {"prompt": "prompt", "completion": "completion", "answer": "answer"}
    return [{"strategy": "completions", "path": "completions.jsonl", "columns": columns, **said}]


QWEN = {"model": "qwen3-32b", "service": "local", "terms": "qwen3-apache-2.0"}


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def inodes(run: Path) -> dict[str, int]:
    return {str(p): p.stat().st_ino for p in run.rglob("steps/*/*/shard-*.parquet")}


def test_a_release_waits_for_a_signature(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """Refused at the gate; signed; released without any work done twice; a stale review holds the next one back."""
    recipe = write_recipe(generate=completions(**QWEN), waive=[SEEDS])
    release = tmp_path / "releases" / "small"
    linted = call("lint", recipe)
    assert linted.exit_code == 0
    assert "UNMET  required    models.terms" in linted.output

    refused = call("run", recipe, "--out", tmp_path)
    assert refused.exit_code == 3
    assert "required models.terms: nobody has reviewed `qwen3-apache-2.0`" in refused.stderr
    assert not release.exists()
    before = inodes(tmp_path / "runs" / "small")

    assert call("terms", "review", "qwen3-apache-2.0", "--by", "A. Person", "--to", tmp_path / "terms").exit_code == 0
    released = call("run", recipe, "--out", tmp_path)
    assert released.exit_code == 0
    assert "qwen3-32b (local) wrote" in released.output
    assert inodes(tmp_path / "runs" / "small") == before
    card = (release / "README.md").read_text(encoding="utf-8")
    assert "under Apache License 2.0 (2.0; qwen3-apache-2.0), reviewed by A. Person on" in card

    signed = tmp_path / "terms" / "qwen3-apache-2.0.yaml"
    text = signed.read_text(encoding="utf-8")
    signed.write_text(text[: text.index("reviewed:")] + "reviewed: 2020-01-01\n", encoding="utf-8")
    stale = call("run", recipe, "--out", tmp_path)
    assert stale.exit_code == 3
    assert "was reviewed by A. Person on 2020-01-01, over 180 days ago" in stale.stderr
    assert (release / "README.md").read_text(encoding="utf-8") == card


def test_provenance_says_who_wrote_and_judged_under_what(
    write_recipe: WriteRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STERLING_TEST_KEY", KEY)
    with mock(CONTENT) as address:
        judge = {"endpoint": address, "model": "mistral-small-3", "key_env": "STERLING_TEST_KEY", "terms": "made-up"}
        recipe = write_recipe(
            generate=completions(**QWEN | {"terms": "made-up", "revision": "r1"}),
            models={"judge": judge},
            checks=[{"check": "judge", "model": "judge", "rubric": "Is it right?"}],
            intended_use={"kind": "domain-model", "text": "tutoring in arithmetic"},
            waive=[SEEDS],
        )
        run = sterling.run(recipe, out=tmp_path)
    assert run.release is not None
    wrote, judged = json.loads((run.release / "provenance" / "run.json").read_bytes())["models"]
    assert (wrote["role"], wrote["model"], wrote["revision"], wrote["service"]) == ("wrote", "qwen3-32b", "r1", "local")
    assert (wrote["families"], wrote["written"]) == (["qwen"], 24)
    assert wrote["mixed"] > 0
    assert (judged["role"], judged["model"], judged["families"]) == ("judged", "mistral-small-3", ["mistral"])
    for one in (wrote, judged):
        assert (one["terms"]["id"], one["terms"]["reviewer"], one["terms"]["doubts"]) == ("made-up", "the test", [])
        assert one["terms"]["document"]["url"] == "https://example.invalid/terms"
    assert "tutoring in arithmetic (domain-model)" in (run.release / "README.md").read_text(encoding="utf-8")
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_imported_words_without_terms_are_refused(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """They are a model's output whoever brought them in."""
    with pytest.raises(PolicyRefused, match=r"models\.terms: `qwen3-32b` \(nobody says where\) names no terms"):
        sterling.run(write_recipe(generate=completions(model="qwen3-32b"), waive=[SEEDS]), out=tmp_path)


def test_the_card_prints_a_waiver(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    waiver = {"rule": "models.terms", "because": "it is a model of our own", "by": "A. Person"}
    run = sterling.run(write_recipe(generate=completions(model="house"), waive=[SEEDS, waiver]), out=tmp_path)
    assert run.release is not None
    card = (run.release / "README.md").read_text(encoding="utf-8")
    assert "**waived** · models.terms (required)" in card
    assert "Waived by A. Person, because: it is a model of our own" in card
    assert "house (nobody says where), " in card
    assert "terms not stated" in card


def test_nothing_of_a_model_in_the_mix_needs_no_terms(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """The one candidate is wrong and dropped: what is left was written by people."""
    run = sterling.run(write_recipe(completions=1, generate=completions(model="m"), waive=[SEEDS]), out=tmp_path)
    assert run.status == "released"
    found = [(f["status"], f["what"]) for f in run.report["findings"] if f["rule"] == "models.terms"]
    assert found == [("met", "no record that leaves was written by a model")]


def test_a_wrong_entry_is_found_before_anything_runs(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    recipe = write_recipe(generate=[])
    (tmp_path / "terms" / "made-up.yaml").write_text("id: made-up", encoding="utf-8")
    with pytest.raises(SourceError, match=r"recipe\.yaml:\d+: .*made-up\.yaml: provider: Field required"):
        sterling.run(recipe, out=tmp_path)
    assert not (tmp_path / "runs").exists()
