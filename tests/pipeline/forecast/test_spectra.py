"""The forecast of a recipe, before or after a run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterling.errors import RecipeError, SourceError
from sterling.pipeline.forecast.recipes import forecast_recipe, is_recipe


def _texts(seed: int, documents: int, words: int = 2000) -> list[dict[str, str]]:
    chance = np.random.default_rng(seed)
    return [{"text": " ".join(f"w{n}" for n in chance.zipf(1.4, 40) % words)} for _ in range(documents)]


def _write(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    _write(tmp_path / "real.jsonl", _texts(1, 400))
    said = {
        "name": "mine",
        "purpose": "fine-tuning",
        "anchor": [{"name": "real", "path": "real.jsonl", "origin": "human", "licence": "MIT",
                    "attested_by": "the test", "attested_because": "it stands in for people"}],
        "mix": {"synthetic_cap": 0.3},
    }  # fmt: skip
    (tmp_path / "recipe.yaml").write_text(json.dumps(said), encoding="utf-8")
    return tmp_path / "recipe.yaml"


def test_a_recipe_is_forecast_beside_the_presets(recipe: Path) -> None:
    found = forecast_recipe(str(recipe), 3, ["replace"], out=recipe.parent)
    policies = list(dict.fromkeys(one.inputs["policy"] for one in found.survival))
    assert policies == ["this mix", "replace"]
    last = {one.inputs["policy"]: one.value or 0.0 for one in found.survival if one.inputs["generation"] == 3
            and one.inputs["band"] == "once"}  # fmt: skip
    assert last["this mix"] > last["replace"] + 0.1
    assert found.tokens < 16_000 * 0.9  # the train role alone
    assert "assumed to be 1" in found.kappa.said
    assert found.assumed is not None
    assert found.assumed.startswith("70% of what is trained on is real")
    assert [one.name for one in found.calibration] == ["forecast.this mix.calibration", "forecast.replace.calibration"]


def test_kappa_comes_from_the_release_beside_it_and_makes_a_range(recipe: Path) -> None:
    poorer = [" ".join(f"w{n}" for n in np.random.default_rng(seed).zipf(1.4, 40) % 50) for seed in range(200)]
    real = [row["text"] for row in _texts(5, 100)]
    origins = ["synthetic"] * 190 + ["unknown"] * 10 + ["human"] * len(real)
    rows = pa.table({"id": [str(n) for n in range(len(origins))], "text": poorer + real, "origin": origins})
    release = recipe.parent / "releases" / "mine"
    for file in ("report.json", "provenance/run.json", "data/train-0.parquet"):
        (release / file).parent.mkdir(parents=True, exist_ok=True)
        (release / file).write_text("{}", encoding="utf-8")
    pq.write_table(rows, release / "data" / "train-0.parquet")
    found = forecast_recipe(str(recipe), 2, ["replace"], out=recipe.parent)
    assert "the synthetic records of" in found.kappa.said
    assert "(8,000 tokens)" in found.kappa.said  # of the rows that are not human
    known = found.kappa.kappas["5-9"]
    assert known.high < 0.9
    told = next(one for one in found.survival if one.inputs["band"] == "5-9")
    assert (told.inputs["kappa"], told.inputs["kappa_low"]) == (known.value, known.low)
    assert told.interval is not None
    assert told.value is not None
    assert told.interval.low < told.value < told.interval.high


def test_what_is_wrong_has_its_line(recipe: Path) -> None:
    recipe.with_name("real.jsonl").rename(recipe.with_name("moved.jsonl"))
    with pytest.raises(SourceError, match=r"recipe.yaml:\d+.*there is no such file"):
        forecast_recipe(str(recipe), 2)
    with pytest.raises(RecipeError, match="there is no anchor"):
        forecast_recipe(str(recipe), 2, overrides=["anchor=[]"])


def test_what_a_recipe_is() -> None:
    assert is_recipe("a/recipe.YAML")
    assert not is_recipe("a/recipe.jsonl")
