from typing import Any

import pytest
from tests.policy.examples import GOOD

from sterling.policy import Finding, gate
from sterling.recipes import from_mapping
from sterling.stats import Evidence, count

CHAIN = [{"name": "v2", "generation": 2, "address": "b"}, {"name": "v1", "generation": 1, "address": "a"}]
SOME = [{"source": "tickets", "row": "a.jsonl:4", "role": "train"}]


def evidence(**more: Evidence) -> list[Evidence]:
    """Of a third generation that meets every rule, with some of it replaced."""
    found = {
        "generation.number": count("generation.number", 3, "counted", continues=CHAIN),
        "generation.inherited": count("generation.inherited", 7, "counted", dropped={}, written={"1": 7}),
        "anchor.vanished": count("anchor.vanished", 0, "counted", of=90, examples=[]),
        "anchor.moved.trained_on": count("anchor.moved.trained_on", 0, "counted", examples=[]),
        "anchor.moved.held_back": count("anchor.moved.held_back", 0, "counted", examples=[]),
        "anchor.erased": count("anchor.erased", 0, "counted", erased=2, unknown=0, by=["P"], examples=[]),
        "anchor.new_human": Evidence("anchor.new_human", 5, 95, None, "counted"),
        "generation.added": Evidence("generation.added", 60, 80, None, "counted", {"dropped": {"math": 20}}),
    }
    return list((found | {one.name: one for one in more.values()}).values())


def said(rule: str, found: list[Evidence], **changes: Any) -> list[Finding]:
    return [one for one in gate(from_mapping(GOOD | changes), found) if one.rule == rule]


RULES = (
    "anchor.accumulates",
    "anchor.erased",
    "anchor.roles_stay",
    "anchor.new_human",
    "generation.adds",
    "mix.weights_by_age",
)


@pytest.mark.parametrize("rule", RULES)
def test_a_generation_that_does_it_right_meets_every_rule(rule: str) -> None:
    assert [one.status for one in said(rule, evidence())] == ["met"]
    assert said(rule, []) == []


def test_vanished_records_are_named_and_refuse() -> None:
    lost = count("anchor.vanished", 7, "counted", of=90, examples=SOME)
    (found,) = said("anchor.accumulates", evidence(lost=lost))
    assert (found.status, found.severity, found.holds_back) == ("unmet", "critical", "release")
    assert found.what == (
        "7 of 90 real records of earlier generations have vanished, 2 erased ones left aside: "
        "tickets a.jsonl:4 and 6 more"
    )
    assert said("anchor.accumulates", evidence(lost=lost), purpose="privacy") == []


def test_erasures_that_are_not_carried_out_or_name_nobody() -> None:
    still = count("anchor.erased", 1, "counted", erased=2, unknown=0, by=["P"], examples=SOME)
    assert "1 erased records are read all the same" in said("anchor.erased", evidence(still=still))[0].what
    strange = count("anchor.erased", 0, "counted", erased=0, unknown=1, by=["P"], examples=[])
    assert said("anchor.erased", evidence(strange=strange))[0].status == "unmet"


def test_both_ways_over_the_line_are_said() -> None:
    moved = {name: count(f"anchor.moved.{name}", 1, "counted", examples=SOME) for name in ("trained_on", "held_back")}
    assert [(one.status, one.severity) for one in said("anchor.roles_stay", evidence(**moved))] == [
        ("unmet", "high")
    ] * 2


def test_a_generation_without_new_human_records_is_said() -> None:
    (found,) = said("anchor.new_human", evidence(new=Evidence("anchor.new_human", 0, 95, None, "counted")))
    assert (found.status, found.severity) == ("unmet", "high")


def test_a_generation_that_adds_nothing_is_said() -> None:
    nothing = Evidence("generation.added", 0, 80, None, "counted", {"dropped": {"exact_duplicates": 79, "math": 1}})
    (found,) = said("generation.adds", evidence(nothing=nothing))
    assert (found.status, found.severity) == ("unmet", "high")
    assert found.what.endswith("all 80 records that it wrote were dropped (79 by exact_duplicates, 1 by math)")


def test_many_generations_of_equal_weight_are_said() -> None:
    even = {"weights": {"per_depth": 1.0, "per_generation": 1.0}}
    assert [one.status for one in said("mix.weights_by_age", evidence(), mix=even)] == ["unmet"]
    second = count("generation.number", 2, "counted", continues=CHAIN[1:])
    assert said("mix.weights_by_age", evidence(number=second), mix=even) == []
