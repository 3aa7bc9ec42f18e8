"""Presets stand for keys, and what a recipe says beside one wins."""

from sterling.recipes import Mix
from sterling.recipes.presets import PRESETS


def test_a_preset_fills_what_is_unsaid_and_reads_back_the_same() -> None:
    for preset in PRESETS:
        made = Mix.model_validate({"preset": preset})
        assert Mix.model_validate(made.model_dump(mode="json")) == made
    assert Mix.model_validate({"preset": "accumulate_subsample"}).budget == "anchor"
    assert Mix.model_validate({"preset": "replace"}).real == "exclude"


def test_what_is_said_beside_it_wins_key_by_key() -> None:
    mix = Mix.model_validate({"preset": "golden_ratio", "synthetic_cap": 0.3})
    assert (mix.synthetic_cap, mix.real_share) == (0.3, 0.618)
    weights = Mix.model_validate({"preset": "all_real_plus_one_generation", "weights": {"per_depth": 0.5}}).weights
    assert (weights.per_depth, weights.per_generation) == (0.5, 1.0)
