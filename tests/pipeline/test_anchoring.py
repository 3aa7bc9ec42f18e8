import json
from pathlib import Path
from typing import Any

from tests.pipeline.conftest import WriteRecipe

import sterling
from sterling.engine.produce import LEAST
from sterling.pipeline.anchoring import grows
from sterling.recipes import load

ROWS = 9 * LEAST + 1_500


def test_shards_grow_where_nothing_is_asked_or_run(write_recipe: WriteRecipe) -> None:
    reading = [{"check": "exact_duplicates"}, {"check": "quality"}]
    assert grows(load(write_recipe(engine={}, checks=reading)).recipe)
    assert not grows(load(write_recipe(engine={"shard_rows": 1000}, checks=reading)).recipe)
    assert not grows(load(write_recipe(engine={}, checks=[*reading, {"check": "math"}])).recipe)


def test_a_run_goes_on_where_its_growing_shards_end(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    rows = "".join(json.dumps({"prompt": f"What is {n}?", "completion": f"It is {n}.", "topic": n}) + "\n"
                   for n in range(ROWS))  # fmt: skip
    recipe: Any = write_recipe(engine={"workers": 1}, generate=[], checks=[{"check": "exact_duplicates"}])
    (tmp_path / "anchor.jsonl").write_text(rows, encoding="utf-8")
    first = sterling.run(recipe, out=tmp_path)
    (anchor,) = (tmp_path / "runs/small/steps").glob("*-anchor-*")
    marker = anchor / "shard-00009.json"
    assert json.loads(marker.read_text(encoding="utf-8"))["records"] == LEAST * 9 // 8
    for lost in (marker, anchor / "done.json"):
        lost.unlink()
    again = sterling.run(recipe, out=tmp_path)
    assert again.records is not None
    assert first.records is not None
    assert again.records.arrow.num_rows == first.records.arrow.num_rows
    assert json.loads(marker.read_text(encoding="utf-8"))["records"] == LEAST * 9 // 8
