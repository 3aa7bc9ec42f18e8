"""What the gate says of flags that stay and of rare records, and what the lint says of checks that do not drop."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.policy.examples import ATTESTED, GOOD

from sterling.policy import Finding, gate, lint, settled
from sterling.recipes import Recipe, from_mapping
from sterling.stats import Evidence, Interval, count

Make = Callable[..., Recipe]


def said(findings: list[Finding], rule: str) -> list[tuple[str, str]]:
    return [(one.status, one.what) for one in findings if one.rule == rule]


def flagged(check: str, **reasons: int) -> Evidence:
    return count(f"mix.flagged.{check}", sum(reasons.values()), "flagged", check=check, reasons=reasons)


def after(made: Recipe, *found: Evidence) -> list[Finding]:
    return settled(lint(made), gate(made, found))


def test_an_evaluation_item_in_the_mix_is_contamination(recipe: Make) -> None:
    items = count("contamination.benchmark_items", 50, "items")
    found = after(recipe(), items, flagged("contamination", contaminated=3000, exact_match=436, common_phrase=9))
    [one] = [one for one in found if one.rule == "checks.contamination"]
    assert (one.status, one.severity, one.path) == ("unmet", "high", ("checks", 3))
    assert one.what.startswith("3,436 records in the mix hold evaluation items")
    assert one.mend == "say `human: drop` on `contamination`"
    phrases = after(recipe(), items, flagged("contamination", common_phrase=9, rephrased_item=4))
    assert said(phrases, "checks.contamination") == [("met", "contamination with 50 items was looked for")]


def test_the_rule_of_duplicates_tells_how_many_stay(recipe: Make) -> None:
    found = after(recipe(), flagged("near_duplicates", near_duplicate=1380))
    what = "exact and near duplicates are looked for; in the mix stay 1,380 flagged by `near_duplicates`"
    assert said(found, "checks.duplicates") == [("met", what)]
    without = after(recipe(checks=GOOD["checks"][2:]), flagged("near_duplicates", near_duplicate=1380))
    assert said(without, "checks.duplicates") == [("unmet", "no check for exact_duplicates")]


def test_lint_says_what_becomes_of_human_records(recipe: Make) -> None:
    [(_, spared)] = said(lint(recipe()), "checks.contamination")
    looked = "contamination with the `test` role is looked for"
    assert spared == f"{looked}; human records that have it are flagged, and stay"
    checks = [*GOOD["checks"][:3], {"check": "contamination", "human": "drop"}]
    [(_, dropped)] = said(lint(recipe(checks=checks)), "checks.contamination")
    assert dropped == looked


def ratio(check: str, group: str, value: float, **inputs: Any) -> Evidence:
    told = {"group": group, **inputs}
    return Evidence(f"tails.{check}.{group}", value, 100, Interval(value - 0.1, value + 0.1), "ratio", told)


def test_the_worst_group_speaks_for_its_check(recipe: Make) -> None:
    found = [ratio("tests", "rare", 0.6), ratio("tests", "hapax", 0.4), ratio("tests", "rare_ngrams", 0.99)]
    [(status, what)] = said(gate(recipe(), found), "filters.tails")
    assert status == "unmet"
    worst = "`tests` lets 40% as many of its 100 `hapax` records through as of the others"
    assert what == f"{worst}; other groups that it thins: 1"


def test_of_duplicates_only_lost_words_count(recipe: Make) -> None:
    records, words = ratio("near_duplicates", "rare", 0.2), ratio("near_duplicates", "rare_types", 0.5, lost=50)
    assert said(gate(recipe(), [records]), "filters.tails") == []
    [(status, what)] = said(gate(recipe(), [records, words]), "filters.tails")
    assert status == "unmet"
    assert what == "`near_duplicates` keeps 50% as many of 100 `rare_types` as random drops would"


def real(*checks: dict[str, Any], **changes: Any) -> list[Finding]:
    """Lint with the parts that are registered."""
    return lint(from_mapping(GOOD | {"checks": [*GOOD["checks"], *checks]} | changes))


TWINS = [{"check": "exact_duplicates"}, {"check": "near_duplicates"}]
BEHIND: dict[str, tuple[dict[str, Any], str]] = {
    "drops": ({"check": "quality"}, "unmet"),
    "flags": ({"check": "personal_data"}, "met"),
    "drops if told": ({"check": "personal_data", "outcome": "drop"}, "unmet"),
    "chooses among what is left": ({"check": "quota", "most": 9}, "met"),
    "evaluation items": ({"check": "contamination"}, "met"),
    "duplicates of another kind": ({"check": "semantic_duplicates"}, "met"),
}


@pytest.mark.parametrize("case", BEHIND)
def test_what_may_stand_behind_duplicates(case: str) -> None:
    check, status = BEHIND[case]
    [(found, what)] = said(real(checks=[*TWINS, check]), "checks.order_of_duplicates")
    assert found == status
    assert status == "met" or what.startswith(f"`{check['check']}` may drop what `exact_duplicates`, `near_duplicates`")
    [(before, _)] = said(real(checks=[check, *TWINS]), "checks.order_of_duplicates")
    assert before == "met"


SILENT = [
    {"check": "personal_data"}, {"check": "toxicity"}, {"check": "template_collapse"}, {"check": "coherence"},
    {"check": "perplexity"}, {"check": "voice"}, {"check": "classifier", "labels": "labels.jsonl"},
    {
        "check": "benchmark_knowledge", "against": "evals.jsonl",
        "model": {"endpoint": "http://localhost:9/v1", "model": "m"},
    },
]  # fmt: skip


@pytest.mark.parametrize("check", SILENT, ids=lambda check: check["check"])
def test_a_check_that_never_drops_takes_no_human_record(check: dict[str, Any]) -> None:
    findings = real(check | {"human": "drop"})
    assert [status for status, _ in said(findings, "mix.whole_anchor")] == ["met"]
    [one] = [one for one in findings if one.rule == "checks.human_drop"]
    assert (one.status, one.severity, one.path) == ("unmet", "recommended", ("checks", 4, "human"))
    assert said(real(check), "checks.human_drop") == []


@pytest.mark.parametrize(
    "check",
    [
        {"check": "personal_data", "outcome": "drop"}, {"check": "toxicity", "outcome": "drop"},
        {"check": "template_collapse", "outcome": "drop"}, {"check": "coherence", "outside": "drop"},
        {"check": "perplexity", "outside": "drop"}, {"check": "quality"},
        {"check": "classifier", "labels": "labels.jsonl", "drop_below": 0.1},
    ],
    ids=lambda check: check["check"],
)  # fmt: skip
def test_one_that_drops_does(check: dict[str, Any]) -> None:
    findings = real(check | {"human": "drop"})
    assert [status for status, _ in said(findings, "mix.whole_anchor")] == ["unmet"]
    assert said(findings, "checks.human_drop") == []


def test_mixed_records_need_no_verifier() -> None:
    """Decision 9: people judged them, and the gate counts records of origin `synthetic` only."""

    def verified(origin: str) -> list[str]:
        anchor = [ATTESTED, ATTESTED | {"name": "feedback", "origin": origin}]
        found = real(anchor=anchor, generate=[], checks=GOOD["checks"][1:])
        return [status for status, _ in said(found, "synthetic.verified")]

    assert (verified("mixed"), verified("synthetic")) == ([], ["unmet"])


def test_shares_say_what_counts_as_synthetic(recipe: Make) -> None:
    share = Evidence("mix.share.synthetic", 1.0, 10, None, "share")
    real_share = Evidence("mix.share.real", 0.0, 10, None, "share")
    made = recipe(mix={"synthetic_cap": 1, "real_floor": 0})
    amounts = [count("mix.tokens.unknown", 10, "tokens"), count("mix.tokens.mixed", 0, "tokens")]
    found = gate(made, [share, real_share, *amounts])
    assert said(found, "mix.synthetic_cap") == [
        ("unmet", "100.0% of the mix counts as synthetic (unknown origin with it), in tokens; fine-tuning allows 30%")
    ]
    assert said(found, "mix.real_floor") == [("unmet", "nothing says how much of the mix must be real; 0.0% of it is")]
