"""What the policy says of the monitor's verdicts: the last generation's, red only as a finding."""

from collections.abc import Callable
from typing import Any

import pytest

from sterling.policy import gate, refuses
from sterling.recipes import Recipe
from sterling.stats import Evidence, Interval

Make = Callable[..., Recipe]


def verdict(colour: str, generation: int = 1, stage: str = "none", why: str = "said") -> Evidence:
    told = {"generation": generation, "corpus": f"v{generation}", "colour": colour, "stage": stage, "notes": []}
    inputs = {"kind": "verdict", **told}
    return Evidence(f"collapse.v{generation}.verdict", None, 8, None, why, inputs)


def said(recipe: Recipe, *evidence: Evidence) -> list[Any]:
    return [one for one in gate(recipe, evidence) if one.rule == "collapse.panel"]


def test_red_is_unmet_and_does_not_refuse(recipe: Make) -> None:
    [one] = said(recipe(), verdict("red", 2, "early", "worse in words and student: distinct_2"), verdict("green", 1))
    assert one.status == "unmet"
    assert one.what == "generation 2 is red (early stage) against real text: worse in words and student: distinct_2"
    assert "fresh or rotated real data" in one.mend
    assert not refuses([one], "release")


def test_the_mend_follows_tail_reproduction(recipe: Make) -> None:
    told = {"kind": "kappa", "corpus": "v1", "band": "once"}
    low = Evidence("collapse.v1.kappa.once", 0.6, 16, Interval(0.5, 0.7), "counted", told)
    [one] = said(recipe(), verdict("red"), low)
    assert one.mend.startswith("rare words have 0.60 copies for each in real text: a decoder, a judge or a filter")


@pytest.mark.parametrize(
    ("colour", "what"),
    [
        ("green", "generation 1 is green against real text: said"),
        ("amber", "generation 1 is amber against real text: said"),
    ],
)
def test_everything_else_is_told(recipe: Make, colour: str, what: str) -> None:
    [one] = said(recipe(), verdict(colour))
    assert (one.status, one.what) == ("met", what)


def test_too_little_text_is_no_rule_met(recipe: Make) -> None:
    assert said(recipe(), verdict("insufficient sample")) == []
    assert said(recipe(), verdict("not comparable")) == []


def test_slow_harm_is_named(recipe: Make) -> None:
    told = {"kind": "trend", "measure": "vendi", "alarm": "v3"}
    slow = Evidence("collapse.trend.vendi", -1, 3, Interval(-2, 0), "slope", told)
    [one] = said(recipe(), verdict("green", 3), slow)
    assert one.what.endswith("; slow harm over generations: vendi")


def test_without_a_verdict_nothing_is_said(recipe: Make) -> None:
    assert said(recipe()) == []
