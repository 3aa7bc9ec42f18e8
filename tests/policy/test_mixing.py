"""Rules about repeated real data and the end of a mix."""

from collections.abc import Callable
from typing import Any

import pytest

from sterling.policy import gate, lint, refuses
from sterling.recipes import Recipe
from sterling.stats import Evidence

Make = Callable[..., Recipe]


def said(recipe: Recipe, rule: str) -> list[tuple[str, str]]:
    return [(finding.status, finding.what) for finding in lint(recipe) if finding.rule == rule]


@pytest.mark.parametrize(
    ("mix", "expected"),
    [
        ({}, []),
        ({"epochs": 4}, [("met", "a real record may be seen 4 times where another is seen once")]),
        (
            {"epochs": 3, "weights": {"real": 2}},
            [("unmet", "a real record may be seen 6 times where another is seen once")],
        ),
    ],
)
def test_weight_and_repetition_together_wear_real_data_out(
    recipe: Make, mix: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert said(recipe(mix=mix), "mix.repeated") == expected


@pytest.mark.parametrize(
    ("share", "mix", "expected"),
    [(0.1, {"ends_on_real": 0.1}, ["met"]), (0.05, {"ends_on_real": 0.1}, ["unmet"])],
)
def test_the_end_that_came_out_is_held_against_the_recipe(
    recipe: Make, share: float, mix: dict[str, Any], expected: list[str]
) -> None:
    end = Evidence("mix.end.real", share, 10, None, "counted")
    assert [f.status for f in gate(recipe(mix=mix), [end]) if f.rule == "mix.ends_on_real"] == expected


def test_what_was_repeated_too_often_is_found_in_the_evidence(recipe: Make) -> None:
    often = Evidence("mix.real.epochs", 5.0, 10, None, "counted")
    found = [f for f in gate(recipe(), [often]) if f.rule == "mix.repeated"]
    assert [(f.status, f.what) for f in found] == [
        ("unmet", "real records are seen up to 5 times where another is seen once")
    ]


def test_replacing_is_refused_unless_somebody_answers_for_it(recipe: Make) -> None:
    waiver = {"rule": "mix.anchor", "because": "a study of collapse", "by": "A. Person"}
    assert refuses(lint(recipe(mix={"preset": "replace"})))
    assert not refuses(lint(recipe(mix={"preset": "replace"}, waive=[waiver])))


def test_a_run_that_goes_on_should_end_on_real_data(recipe: Make) -> None:
    assert said(recipe(), "mix.ends_on_real") == []
    assert [status for status, _ in said(recipe(continues="releases/v1"), "mix.ends_on_real")] == ["unmet"]
