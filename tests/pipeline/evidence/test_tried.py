"""What an experiment said of a recipe, in the evidence of its run."""

import json
from pathlib import Path

from tests.policy.examples import GOOD

from sterling.pipeline.evidence.tried import asks, tried
from sterling.policy.experiment import made_from
from sterling.recipes import Recipe, from_mapping
from sterling.stats import Evidence, Interval

VERDICT = Evidence("experiment.verdict", None, 100, None, "helps: failures fall", {"word": "helps"})
ROW = Evidence("experiment.added.all.ngrams", -0.1, 100, Interval(-0.2, -0.05), "m", {"arm": "added", "slice": "all"})


def _recipe(file: Path, seed: int = 0) -> Recipe:
    return from_mapping(GOOD | {"seed": seed, "mix": {"evidence": str(file)}})


def test_rows_of_a_fitting_experiment_join_whatever_they_say(tmp_path: Path) -> None:
    file = tmp_path / "evidence.json"
    rows = [
        VERDICT.to_json(),
        ROW.to_json(),
        {"name": 3},
        "torn",
        Evidence("cost.total.usd", 0.0, 1, None, "m").to_json(),
    ]
    told = {"share": 0.3, "verdict": {"word": "helps", "why": "failures fall"}, "made_from": made_from(_recipe(file))}
    file.write_text(json.dumps(told | {"evidence": rows}), encoding="utf-8")
    assert list(tried(_recipe(file))) == [VERDICT, ROW]
    before = asks(_recipe(file))
    file.write_text(json.dumps(told | {"evidence": []}), encoding="utf-8")
    assert asks(_recipe(file)) != before
    assert list(tried(_recipe(file))) == []
    assert (list(tried(_recipe(file, seed=5))), asks(_recipe(file, seed=5))) == ([], {})


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert (list(tried(_recipe(tmp_path / "none.json"))), asks(_recipe(tmp_path / "none.json"))) == ([], {})
