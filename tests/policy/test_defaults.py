from collections.abc import Callable

import pytest

from sterling.policy import caps, headline, resolved, shares, weights
from sterling.recipes import PURPOSES, Purpose, Recipe

Make = Callable[..., Recipe]


@pytest.mark.parametrize(
    ("purpose", "cap", "floor"),
    [
        ("fine-tuning", 0.3, 0.1),
        ("evaluation", 1.0, 0.0),
        ("edge-cases", 0.3, 0.1),
        ("privacy", 1.0, 0.0),
        ("pretraining", 0.3, 0.1),
        ("alignment", 0.3, 0.1),
    ],
)
def test_the_table_of_bounds(purpose: Purpose, cap: float, floor: float) -> None:
    assert shares(purpose) == (cap, floor)


def test_every_purpose_has_a_headline() -> None:
    lines = {headline(purpose) for purpose in PURPOSES}
    assert len(lines) == len(PURPOSES)
    assert all(all(line) for line in lines)


def test_what_the_recipe_says_wins(recipe: Make) -> None:
    assert caps(recipe()) == (0.3, 0.1)
    assert caps(recipe(mix={"synthetic_cap": 0.5})) == (0.5, 0.1)
    assert caps(recipe(mix={"real_floor": 0.0})) == (0.3, 0.0)


def test_without_real_data_nothing_bounds_the_mix(recipe: Make) -> None:
    assert caps(recipe(mix={"real": "exclude"})) == (1.0, 0.0)


def test_resolving_changes_only_what_was_unsaid_and_only_once(recipe: Make) -> None:
    made = recipe(mix={"budget": 5})
    first = resolved(made)
    assert (first.mix.synthetic_cap, first.mix.real_floor, first.mix.budget) == (0.3, 0.1, 5)
    assert resolved(first) == first
    assert first.model_copy(update={"mix": made.mix}) == made


@pytest.mark.parametrize(
    ("said", "first", "later"),
    [
        ({}, (1.0, 0.5), (0.5, 0.5)),
        ({"per_depth": 0.25}, (0.25, 0.5), (0.25, 0.5)),
        ({"per_generation": 0.25}, (1.0, 0.25), (0.5, 0.25)),
    ],
)
def test_depth_and_age_weigh_what_the_recipe_says_each_for_itself(
    recipe: Make, said: dict[str, float], first: tuple[float, float], later: tuple[float, float]
) -> None:
    for more, expected in (({}, first), ({"continues": "old"}, later)):
        made = recipe(mix={"weights": said}, checks=[{"check": "exact_duplicates"}], **more)
        found = weights(made)
        assert (found.per_depth, found.per_generation) == expected
        assert resolved(made).mix.weights == found
