"""What stands against releasing a model's words."""

from typing import Any

import pytest
from tests.models.terms.examples import CONDITIONAL, DAY, entry, limited

from sterling.models import Endpoint
from sterling.models.terms import Served, UseKind, doubts

HOUSE = Served.said("house-2", "api.example.invalid", "house")


def reasons(served: Served = HOUSE, use: UseKind | None = "domain-model", **changes: Any) -> list[str]:
    return [doubt.reason for doubt in doubts(served, use, {"house": entry(**changes)}, DAY)]


def test_nothing_stands_against_it() -> None:
    assert reasons() == []
    assert reasons(use=None) == []


@pytest.mark.parametrize(
    ("served", "reason"),
    [
        (HOUSE._replace(terms=None), "unnamed"),
        (HOUSE._replace(terms="hose"), "unknown"),
        (HOUSE._replace(model="shed-2"), "elsewhere"),
        (Served.said("house-2", "local", "house"), "elsewhere"),
        (Served.said("house-2", None, "house"), "elsewhere"),
    ],
)
def test_terms_of_another_model_or_place(served: Served, reason: str) -> None:
    assert reasons(served) == [reason]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reviewer": None, "reviewed": None}, "unreviewed"),
        ({"reviewed": "2025-11-01"}, "stale"),
        ({"reviewed": "2026-07-01"}, "postdated"),
        ({"uses": limited(domain_model="prohibited")}, "prohibited"),
        ({"uses": {"research": "permitted"}}, "silent"),
        ({"uses": limited(domain_model=CONDITIONAL)}, "conditional"),
    ],
)
def test_a_review_or_a_use_that_does_not_hold(changes: dict[str, Any], reason: str) -> None:
    assert reasons(**changes) == [reason]


def test_conditions_hold_when_the_reviewer_says_why() -> None:
    assert reasons(uses=limited(domain_model=CONDITIONAL | {"held": "it is small"})) == []


def test_a_use_whose_kind_nobody_said() -> None:
    """Only terms that permit every kind are content with it."""
    assert reasons(use=None, uses=limited(general_model="prohibited")) == ["unsaid"]
    assert reasons(use=None, uses={"research": "permitted"}) == ["unsaid"]
    assert reasons(use="evaluation", uses=limited(general_model="prohibited")) == []


def test_everything_against_it_is_said_at_once() -> None:
    served = Served.said("house-2", "local", "house")
    assert reasons(served, "general-model", reviewer=None, reviewed=None, uses=limited(general_model="prohibited")) == [
        "elsewhere", "unreviewed", "prohibited"
    ]  # fmt: skip


def test_the_host_decides_what_is_at_home() -> None:
    """A recipe may call a service as it likes; that does not make a hosted one its own."""
    claimed = Endpoint(endpoint="https://api.example.invalid/v1", model="m", service="local")
    assert Served.by(claimed).places == {"api.example.invalid"}
    named = Endpoint(endpoint="http://10.0.0.7:8000/v1", model="m", service="cluster")
    assert Served.by(named).places == {"local", "cluster"}
    assert Served.said("m", "cluster", None).places == {"cluster"}


def test_a_mend_names_the_entry_that_speaks_of_it() -> None:
    (doubt,) = doubts(HOUSE._replace(terms=None), None, {"house": entry()}, DAY)
    assert doubt.what == "`house-2` (api.example.invalid) names no terms"
    assert doubt.mend == "say `terms: house`, which speaks of it"
    (doubt,) = doubts(Served.said("house-2", None, None), None, {"house": entry()}, DAY)
    assert doubt.mend.startswith("say where it answered (`service: local`, or a host)")
