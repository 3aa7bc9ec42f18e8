"""The forecast in a run's evidence."""

from pathlib import Path
from typing import Any

import pytest

from sterling.pipeline import run
from sterling.pipeline.forecast.recipes import forecast_recipe
from sterling.pipeline.forecast.runs import forecast_run
from sterling.pipeline.mixing import mix
from sterling.pipeline.order import walked
from sterling.stats import Evidence, Interval


def test_a_run_has_its_forecast_in_evidence(write_recipe: Any, tmp_path: Path) -> None:
    done = run(write_recipe(questions=120), out=tmp_path)
    found = {(one["name"], one["inputs"].get("generation")): one for one in done.report["evidence"]
             if one["name"].startswith("forecast.")}  # fmt: skip
    for policy in ("this mix", "replace", "accumulate"):
        assert {(f"forecast.{policy}.once", g) for g in range(1, 11)} <= set(found)
        assert (f"forecast.{policy}.until_50", None) in found
    calibration = found["forecast.this mix.calibration", None]
    assert calibration["value"] < 0.2
    assert "of what is trained on is real" in calibration["inputs"]["assumed"]


def test_a_preview_and_an_anchor_without_words_foretell_nothing(write_recipe: Any, tmp_path: Path) -> None:
    small = run(write_recipe(questions=20), out=tmp_path)
    told = [one for one in small.report["evidence"] if one["name"].startswith("forecast.")]
    assert [one["value"] for one in told] == [None]
    assert "not foretold" in told[0]["method"]


ALIKE = {
    "checks": [{"check": "math"}, {"check": "exact_duplicates"}],
    "engine": {"shard_rows": 200, "workers": 1, "partitions": 1},
}
"""Checks that drop nothing of the anchor: a forecast of a recipe makes none."""


@pytest.mark.parametrize(
    ("said", "sources"),
    [({}, {"train"}), ({"budget": 3000, "draw": "proportional"}, set())],
    ids=["measured", "too little to measure"],
)
def test_a_recipe_and_its_run_say_the_same_numbers(
    write_recipe: Any, tmp_path: Path, said: dict[str, Any], sources: set[str]
) -> None:
    recipe = write_recipe(questions=300, completions=200, mix={"synthetic_cap": 0.3} | said, **ALIKE)
    done = run(recipe, out=tmp_path)
    after = forecast_recipe(str(recipe), 10, ["replace", "accumulate"], out=tmp_path)
    mine = [one.to_json() for one in (*after.kappa.evidence, *after.survival, *after.until)]
    assert [one for one in mine if one not in done.report["evidence"]] == []
    assert {one.inputs["source"] for one in after.kappa.evidence} == sources
    assert len(mine) > 60
    assert after.assumed == next(one["inputs"]["assumed"] for one in done.report["evidence"]
                                 if one["name"] == "forecast.this mix.calibration")  # fmt: skip


def test_what_the_monitor_measured_is_what_a_run_foretells_with(write_recipe: Any, tmp_path: Path) -> None:
    inputs = {"kind": "kappa", "band": "once", "corpus": "small"}
    seen = [
        Evidence("collapse.small.kappa.once", 0.5, 16, Interval(0.4, 0.6), "as the monitor does", inputs),
        Evidence("collapse.v1.kappa.once", 0.1, 16, Interval(0.0, 0.2), "of another", inputs | {"corpus": "v1"}),
    ]
    with walked(write_recipe(questions=300, completions=200, **ALIKE), out=tmp_path) as work:
        made = mix(work.job, work.walked).made
        found = {one.name: one for one in forecast_run(work.job, work.walked.anchors, made, seen)}
        own = {one.name: one for one in forecast_run(work.job, work.walked.anchors, made)}
    assert found["forecast.kappa.once"].inputs == inputs | {"source": "monitor"}
    assert found["forecast.kappa.once"].value == 0.5
    assert found["forecast.this mix.once"].inputs["kappa"] == 0.5
    assert "forecast.kappa.twice" not in found
    assert own["forecast.kappa.once"].inputs["source"] == "train"
    assert own["forecast.this mix.once"].inputs["kappa"] != 0.5
