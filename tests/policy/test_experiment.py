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
    assert ("sterling experiment RECIPE --share 0.6" in found.mend) == ("harms" not in what)


def test_a_share_out_of_reach_is_told_with_what_is_missing(proven: Callable[..., Recipe]) -> None:
    found = _finding(proven({"share": 0.2, "reach": {"real": 80_000, "standing": 20_000}}))
    assert "60% is out of reach: the experiment reached 20%" in found.what
    assert "20,000 synthetic tokens stand and 120,000 would be needed" in found.what
    open_ = {"word": "inconclusive", "why": "loss falls", "change": "tasks"}
    mend = _finding(proven({"share": 0.2, "reach": {"real": 80_000, "standing": 20_000}, "verdict": open_})).mend
    assert mend.endswith("what would change it: tasks; 60% would need 100,000 more synthetic tokens as well")
    assert found.mend == "lower `mix.synthetic_cap` to 0.2; or generate 100,000 more synthetic tokens, then try again"


def test_a_raised_cap_does_not_stop_the_run(recipe: MakeRecipe) -> None:
    found = _finding(recipe(mix={"synthetic_cap": 0.6}), "mix.synthetic_cap")
    assert "the run goes on, and its card will print this rule as not met" in found.mend


def test_evidence_of_a_first_generation_is_stale_for_a_second(proven: Callable[..., Recipe]) -> None:
    assert "stale: `continues:` has changed" in _finding(proven(continues="releases/v1")).what


def test_evidence_of_other_checks_is_stale(proven: Callable[..., Recipe]) -> None:
    assert "stale: `seed:` has changed" in _finding(proven(seed=5)).what


def test_no_experiment_is_said(recipe: MakeRecipe, tmp_path: Path) -> None:
    assert "no experiment has shown that 60%" in _finding(recipe(mix={"synthetic_cap": 0.6})).what
    missing = recipe(mix={"synthetic_cap": 0.6, "evidence": str(tmp_path / "none.json")})
    assert "there is no file" in _finding(missing).what
    (tmp_path / "bad.json").write_bytes(b"\xff\x00")
    spoilt = recipe(mix={"synthetic_cap": 0.6, "evidence": str(tmp_path / "bad.json")})
    assert "cannot be read as JSON" in _finding(spoilt).what
