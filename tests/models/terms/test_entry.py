"""What an entry may say, and where it applies."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.models.terms.examples import CONDITIONAL, DAY, entry, limited

from sterling.models.terms import Applies, Document, place_of


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"reviewed": None}, "come together"),
        ({"uses": limited(research={"says": "conditional"})}, "needs `conditions`"),
        ({"uses": limited(research={"says": "permitted", "conditions": ["a"]})}, "nothing else has any"),
        ({"uses": limited(research={"says": "prohibited", "held": "a"})}, "answers conditions"),
        ({"uses": {"fun": "permitted"}}, "domain-model"),
        ({"uses": {}}, "at least 1"),
        ({"applies": {"services": []}}, "at least 1"),
        ({"applies": {"services": ["local"], "models": ["house-["]}}, "no regular expression"),
        ({"valid_days": 0}, "greater than or equal to 1"),
        ({"id": "House Terms"}, "pattern"),
        ({"document": {"title": "T", "url": "https://e.invalid", "version": "1", "digest": "ab"}}, "pattern"),
    ],
)
def test_an_entry_that_contradicts_itself(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        entry(**changes)


def test_a_review_grows_old() -> None:
    made = entry(reviewed=DAY, valid_days=30)
    assert made.state(DAY + timedelta(days=30)) == "reviewed"
    assert made.state(DAY + timedelta(days=31)) == "stale"
    assert made.state(DAY - timedelta(days=1)) == "reviewed"  # tomorrow, seen from another time zone
    assert made.state(DAY - timedelta(days=2)) == "postdated"
    assert entry(reviewer=None, reviewed=None).state(DAY) == "unreviewed"


def test_dates_and_numbers_are_versions_too() -> None:
    said = {"title": "T", "url": "https://e.invalid", "version": DAY}
    assert Document.model_validate(said).version == "2026-06-01"
    assert Document.model_validate(said | {"version": 2.0}).version == "2.0"


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("localhost", "local"), ("127.0.0.1", "local"), ("[::1]", "local"), ("10.1.2.3", "local"),
        ("192.168.0.7", "local"), ("gpu-box", "local"), ("gpu.lan", "local"), ("GPU.internal", "local"),
        ("8.8.8.8", "8.8.8.8"), ("api.openai.com", "api.openai.com"), ("local.example.com", "local.example.com"),
        ("", ""),
    ],
)  # fmt: skip
def test_at_home_or_not(host: str, place: str) -> None:
    assert place_of(host) == place


def test_where_an_entry_applies() -> None:
    applies = Applies(models=("house-?[0-9]",), services=("local", "our-cluster"))
    assert applies.of("org/House-2-instruct")
    assert not applies.of("greenhouse-2")
    assert Applies(services=("local",)).of("anything")
    assert applies.at(frozenset({"gw.example.com", "our-cluster"}))
    assert not applies.at(frozenset())
    assert Applies(services=("*",)).at(frozenset())


def test_what_is_settled() -> None:
    uses = entry(uses=limited(internal=CONDITIONAL | {"held": "it has ten parameters"}, research=CONDITIONAL)).uses
    assert {kind: use.settled for kind, use in uses.items()} == {
        "domain-model": True, "general-model": True, "evaluation": True, "research": False, "internal": True
    }  # fmt: skip
