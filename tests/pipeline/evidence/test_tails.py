"""What each filter did to the tails, through a whole run."""

from pathlib import Path
from typing import Any

from tests.pipeline.conftest import WriteRecipe

from sterling.pipeline import run

TEMPLATES = {"check": "template_collapse", "outcome": "drop", "human": "drop", "most": 20, "share": 0.5}
CHECKS = [{"check": "math"}, {"check": "contamination", "against": ["test"]}, TEMPLATES]


def told(write_recipe: WriteRecipe, out: Path, shard_rows: int) -> dict[str, Any]:
    engine = {"shard_rows": shard_rows, "workers": 1, "partitions": 3}
    done = run(write_recipe(questions=120, completions=80, checks=CHECKS, engine=engine), out=out)
    return {one["name"]: one for one in done.report["evidence"] if one["name"].startswith(("tails.", "template_"))}


def test_every_filter_is_weighed_the_same_for_any_shards(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    found = told(write_recipe, tmp_path / "small", 7)
    assert found == told(write_recipe, tmp_path / "large", 200)
    kept = found["tails.math.kept.all"]
    assert (kept["inputs"]["hits"], kept["n"]) == (60, 80)
    bands = [found[f"tails.math.survival.{band}"]["n"] for band in ("common", "usual", "unusual", "rare")]
    assert sum(bands) == 80
    assert min(bands) > 10
    hapax = found["tails.math.hapax"]  # each prompt holds numbers of its own, so there is nobody else
    assert (hapax["value"], hapax["n"]) == (None, 80)
    types = found["tails.math.hapax_types"]["inputs"]
    assert types["lost"] > 0
    assert abs(types["lost"] - types["expected"]) < 0.2 * types["types"]


def test_the_anchor_has_its_own_numbers_where_a_check_drops_of_it(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    found = told(write_recipe, tmp_path, 50)
    anchor = found["tails.template_collapse.anchor.kept.all"]
    assert 0 < anchor["inputs"]["hits"] < anchor["n"]
    ratio = found["tails.template_collapse.anchor.rare"]
    assert ratio["inputs"]["dropped"] == anchor["n"] - anchor["inputs"]["hits"]
    assert "tails.math.anchor.kept.all" not in found  # it dropped nobody there
    assert found["template_collapse.share.human"]["value"] > 0.9
    assert found["template_collapse.share.synthetic"]["n"] == 60
