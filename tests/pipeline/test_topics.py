"""A minimum for each topic of the human records, from the recipe to the mix."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.pipeline.test_feasible import HUMAN

from sterling.errors import RecipeError
from sterling.ledger import Run
from sterling.pipeline import read_recipe, require_files, run

BOATS = ["boat", "sail", "harbour", "anchor", "mast", "tide", "rope", "wind"]
BREAD = ["flour", "dough", "oven", "crust", "yeast", "salt", "butter", "loaf"]


def recipe(folder: Path, mix: dict[str, Any]) -> Path:
    """70 human texts about boats and 30 about bread."""
    draw = random.Random(1)
    rows = [" ".join([f"n{n}", *draw.choices(BOATS if n < 70 else BREAD, k=19)]) for n in range(100)]
    (folder / "web.jsonl").write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    said = {
        "name": "mixture", "purpose": "pretraining", "mix": mix | {"unit": "records"},
        "anchor": [{"name": "web", "path": "web.jsonl", **HUMAN}],
        "roles": {"train": 1, "test": 0, "monitor": 0, "holdout": 0},
    }  # fmt: skip
    (folder / "recipe.yaml").write_text(yaml.safe_dump(said, sort_keys=False))
    return folder / "recipe.yaml"


def told(done: Run) -> dict[str, tuple[float, str]]:
    found = {one["name"]: one for one in done.report["evidence"] if one["name"].startswith("mix.minimum.")}
    return {one["inputs"]["words"]: (one["value"], name) for name, one in found.items()}


def test_a_rare_topic_has_its_minimum_under_a_budget(tmp_path: Path) -> None:
    done = run(recipe(tmp_path, {"budget": 20, "per_cluster": {"clusters": 2, "least": 8}}), out=tmp_path)
    found = told(done)
    assert len(found) == 2
    assert {name for _, name in found.values()} == {"mix.minimum.cluster:0", "mix.minimum.cluster:1"}
    assert all(value >= 8 for value, _ in found.values())
    assert sorted({word in BREAD for word in words.split(", ")} for words in found) == [{False}, {True}]


def test_a_topic_without_enough_records_is_named_by_its_words(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        run(recipe(tmp_path, {"per_cluster": {"clusters": 2, "least": 40}}), out=tmp_path)
    message = str(caught.value)
    line = (tmp_path / "recipe.yaml").read_text().splitlines().index("    least: 40") + 1
    assert f"recipe.yaml:{line}: `per_cluster.least` asks for at least 40 records of cluster" in message
    assert "; beside the others 30 records can be had at most" in message
    assert any(word in message for word in BREAD)


def test_more_than_a_budget_holds_is_known_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="`budget` allows at most 20 records"):
        require_files(read_recipe(recipe(tmp_path, {"budget": 20, "per_cluster": {"clusters": 3, "least": 8}})))
