"""`target:` in a run: what is compared, what is left out, and what the policy says of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.pipeline.conftest import WriteRecipe

from sterling.errors import InputError, RecipeError
from sterling.pipeline import read_recipe, run
from sterling.pipeline.evidence.targeting import prompt_text
from sterling.recipes import plain

ANCHORED, WRITTEN, USERS = 400, 130, 240


def question(n: int) -> str:
    chance = np.random.default_rng(n)
    thing, who = chance.choice(["apples", "lamps", "tickets", "kites"]), chance.choice(["anna", "ben", "carl"])
    return f"{who} wants {n} {thing} and {chance.choice(['needs', 'gives', 'sells'])} {n % 13} {thing}, how many"


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def recipe(write_recipe: WriteRecipe, tmp_path: Path) -> Path:
    """Casual questions as anchor and target; tidy ones were written elsewhere."""
    path = write_recipe(
        target=[{"name": "users", "path": "users.jsonl"}], checks=[{"check": "math"}], engine={"workers": 1},
        mix={"synthetic_cap": 0.9}, waive=[{"rule": "mix.synthetic_cap", "because": "a test", "by": "the test"}],
    )  # fmt: skip
    write(tmp_path / "anchor.jsonl", [
        {"prompt": question(n), "completion": "#### 3", "topic": n} for n in range(ANCHORED)
    ])  # fmt: skip
    write(tmp_path / "completions.jsonl", [
        {"prompt": f"Please solve the following problem: {question(n).capitalize()}?", "completion": "A: 3",
         "answer": "3", "model": "m"} for n in range(1000, 1000 + WRITTEN)
    ])  # fmt: skip
    users = [{"prompt": question(n)} for n in [*range(2000, 2000 + USERS), *range(10)]]
    write(tmp_path / "users.jsonl", users)
    return path


def evidence_of(report: Path) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(report.read_text())["evidence"]}


def test_a_run_measures_prompts_and_seeds_against_real_inputs(recipe: Path, tmp_path: Path) -> None:
    run(recipe, out=tmp_path)
    report = tmp_path / "runs" / "small" / "report.json"
    known = evidence_of(report)
    sample = known["target.sample"]["inputs"]
    assert (sample["inputs"], sample["synthetic"], sample["shared"]) == (USERS, WRITTEN, 10)
    assert known["target.polite"]["inputs"]["said"] == known["target.separability"]["inputs"]["said"] == "worse"
    assert known["target.seeds.polite"]["inputs"]["said"] == known["target.seeds.separability"]["inputs"]["said"]
    assert known["target.seeds.separability"]["inputs"]["said"] == "equal"
    assert any("please" in one["phrase"] for one in known["target.separability"]["inputs"]["theirs"])
    (finding,) = [one for one in json.loads(report.read_text())["findings"] if one["rule"] == "target.drift"]
    assert finding["status"] == "unmet"
    assert "the writer alone differs in" in finding["mend"]

    changed = tmp_path / "users.jsonl"
    write(changed, [{"prompt": question(n)} for n in range(2000, 2050)])
    run(recipe, out=tmp_path)
    assert evidence_of(report)["target.sample"]["inputs"]["said"] == "insufficient sample"
    assert "target.polite" not in evidence_of(report)


def test_inputs_that_cannot_be_compared_are_refused_before_anything_is_paid(recipe: Path, tmp_path: Path) -> None:
    for text, said in (("", "the file is empty"), ('{"text": "no prompt"}\n', "no row of it asks anything")):
        (tmp_path / "users.jsonl").write_text(text)
        with pytest.raises(InputError, match=said):
            run(recipe, out=tmp_path)
    assert not (tmp_path / "runs" / "small" / "steps").exists()


def test_the_key_is_read_written_and_refused(recipe: Path) -> None:
    loaded = read_recipe(recipe)
    assert plain(loaded.recipe)["target"][0]["name"] == "users"
    assert [source.name for source in loaded.recipe.target] == ["users"]
    with pytest.raises(RecipeError, match="two targets are called `users`"):
        read_recipe(recipe, ['target=[{"name": "users", "path": "a"}, {"name": "users", "path": "b"}]'])
    with pytest.raises(RecipeError, match="unknown key `pfad`"):
        read_recipe(recipe, ['target=[{"name": "users", "pfad": "a"}]'])


def test_what_somebody_asks_stands_before_the_first_answer() -> None:
    def turn(role: str, content: str) -> dict[str, str]:
        return {"role": role, "content": content}

    chat = [turn("system", "s"), turn("user", "a"), turn("user", "b"), turn("assistant", "c"), turn("user", "d")]
    assert prompt_text({"messages": chat}) == prompt_text({"prompt": chat, "completion": []}) == "a\nb"
    assert prompt_text({"prompt": "x", "completion": "y"}) == "x"
    assert prompt_text({"text": "x"}) == ""
