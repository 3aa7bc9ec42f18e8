"""A cap above the purpose's, and the experiment that it is asked for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sterling.policy import Finding, gate, lint
from sterling.policy.experiment import made_from
from sterling.recipes import Recipe
from sterling.stats import Evidence

MakeRecipe = Callable[..., Recipe]


@pytest.fixture
def proven(recipe: MakeRecipe, tmp_path: Path) -> Callable[..., Recipe]:
    """A recipe with a cap of 60 % that names evidence; keys of the evidence are changed as told."""

    def make(changes: dict[str, Any] | None = None, **more: Any) -> Recipe:
        said = {"share": 0.6, "verdict": {"word": "helps", "why": "failures fall"}, "made_from": made_from(recipe())}
        file = tmp_path / "evidence.json"
        file.write_text(json.dumps(said | (changes or {})), encoding="utf-8")
        return recipe(mix={"synthetic_cap": 0.6, "evidence": str(file)}, **more)

    return make


def _finding(made: Recipe, rule: str = "mix.experiment") -> Finding:
    return next(one for one in lint(made) if one.rule == rule)


def test_a_usual_cap_is_not_asked_for_anything(recipe: MakeRecipe) -> None:
    assert "mix.experiment" not in {one.rule for one in lint(recipe())}


def test_an_experiment_that_helped_carries_the_cap(proven: Callable[..., Recipe]) -> None:
    made = proven()
    assert _finding(made).status == "met"
    assert "60% synthetic data helps" in _finding(made).what
    assert _finding(made, "mix.synthetic_cap").status == "met"
    measured = [Evidence("mix.share.synthetic", 0.55, 100, None, "")]
    kept = next(one for one in gate(made, measured) if one.rule == "mix.synthetic_cap")
    assert kept.status == "met"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"verdict": {"word": "harms the tail", "why": "loss rises"}}, "says `harms the tail` of 60%: loss rises"),
        ({"share": 0.4}, "tried 40% synthetic data, and the cap is 60%"),
        ({"made_from": {}}, "stale: `anchor:` and `generate:` and `checks:` and `seed:` have changed"),
        ({"verdict": None}, "is no evidence of `sterling experiment`"),
    ],
)
def test_an_experiment_that_says_less_does_not(
    proven: Callable[..., Recipe], changes: dict[str, Any], what: str
) -> None:
    found = _finding(proven(changes))
    assert found.status == "unmet"
    assert found.severity == "high"
    assert what in found.what
    assert "sterling experiment RECIPE --share 0.6" in found.mend


def test_evidence_of_other_checks_is_stale(proven: Callable[..., Recipe]) -> None:
    assert "stale: `seed:` has changed" in _finding(proven(seed=5)).what


def test_no_experiment_is_said(recipe: MakeRecipe, tmp_path: Path) -> None:
    assert "no experiment has shown that 60%" in _finding(recipe(mix={"synthetic_cap": 0.6})).what
    missing = recipe(mix={"synthetic_cap": 0.6, "evidence": str(tmp_path / "none.json")})
    assert "there is no file" in _finding(missing).what
    (tmp_path / "bad.json").write_bytes(b"\xff\x00")
    spoilt = recipe(mix={"synthetic_cap": 0.6, "evidence": str(tmp_path / "bad.json")})
    assert "cannot be read as JSON" in _finding(spoilt).what
