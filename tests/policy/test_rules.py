from collections.abc import Callable
from typing import Any

import pytest
from tests.policy.examples import ATTESTED, GOOD

from sterling.errors import RecipeError
from sterling.policy import Finding, gate, lint, refuses, rules, settled
from sterling.policy.finding import REFUSING
from sterling.recipes import PURPOSES, Recipe
from sterling.stats import Evidence, Interval

Make = Callable[..., Recipe]


def source(**changes: Any) -> dict[str, Any]:
    return ATTESTED | changes


def unmet(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.what) for finding in findings if finding.status == "unmet"]


def evidence(**values: float | None) -> list[Evidence]:
    """`share_real=0.5` as evidence `mix.share.real`."""
    names = {name: "mix." + (name if name.startswith("unverified") else name.replace("_", ".")) for name in values}
    measured = Evidence("verifiers.tests.false_accepts", 0.0, 300, Interval(0.0, 0.0099), "counted", {"hits": 0})
    return [measured, *(Evidence(names[name], value, 10, None, "counted") for name, value in values.items())]


GOOD_EVIDENCE = {"share_real": 0.8, "share_synthetic": 0.2, "unverified_synthetic": 0.0}


ELSEWHERE = {
    "judge.independent", "checks.paid_last", "verifiers.measured", "verifiers.limit", "verifiers.drift",
    "filters.tails", "models.terms", "models.judge_terms", "generate.novelty", "evaluation.generator",
    "budget.preview", "checks.human_drop", "anchor.accumulates", "anchor.erased", "anchor.roles_stay",
    "anchor.new_human", "anchor.trains", "generation.adds",
    "mix.rotation", "mix.weights_by_age", "mix.repeated", "mix.ends_on_real", "collapse.panel",
    "target.drift", "target.inputs", "mix.experiment",
}  # fmt: skip
"""Rules that speak of model checks, of measurements, of terms, of one strategy, of generations: they have own tests."""
ASKED_OF_ALL = {"verifiers.measured"}


def test_a_good_recipe_meets_every_rule_once(recipe: Make) -> None:
    findings = lint(recipe())
    assert unmet(findings) == []
    expected = {rule.id for rule in rules()} - ELSEWHERE | ASKED_OF_ALL
    assert sorted(finding.rule for finding in findings) == sorted(expected)
    assert not refuses(findings)


def test_a_good_run_meets_every_gate(recipe: Make) -> None:
    findings = gate(recipe(), evidence(**GOOD_EVIDENCE))
    assert unmet(findings) == []
    assert {finding.rule for finding in findings} == {
        "mix.anchor", "mix.real_floor", "mix.synthetic_cap", "synthetic.verified", "verifiers.measured"
    }  # fmt: skip


UNMET: dict[str, tuple[str, dict[str, Any], str]] = {
    "real data excluded": (
        "mix.anchor",
        {"mix": {"real": "exclude"}},
        "`mix.real: exclude` leaves all real data out",
    ),
    "an empty anchor": ("mix.anchor", {"anchor": [], "generate": []}, "`anchor:` is empty"),
    "no train role": (
        "mix.anchor",
        {"roles": {"train": 0, "test": 0.5, "monitor": 0.25, "holdout": 0.25}},
        "`roles.train` is 0, and only that role enters the mix",
    ),
    "an anchor nobody vouches for": (
        "mix.anchor",
        {"anchor": [source(origin="unknown")]},
        "no anchor is attested as human, so the real share will be 0",
    ),
    "a check that thins the anchor": (
        "mix.whole_anchor",
        {"checks": [*GOOD["checks"][1:], {"check": "tests", "human": "drop"}]},
        "`tests` drops human records, so the mix draws from what it likes",
    ),
    "a high cap": (
        "mix.synthetic_cap",
        {"mix": {"synthetic_cap": 0.5}},
        "synthetic data may be 50% of the mix, in tokens; fine-tuning allows 30%",
    ),
    "no floor": ("mix.real_floor", {"mix": {"real_floor": 0}}, "nothing says how much of the mix must be real"),
    "nothing verifies": (
        "synthetic.verified",
        {"checks": GOOD["checks"][1:]},
        "nothing in `checks:` verifies the records of mutations",
    ),
    "a synthetic anchor is not verified either": (
        "synthetic.verified",
        {"checks": GOOD["checks"][1:], "generate": [], "anchor": [source(), source(name="made", origin="synthetic")]},
        "nothing in `checks:` verifies the records of made",
    ),
    "no contamination check": (
        "checks.contamination",
        {"checks": GOOD["checks"][:3]},
        "no check looks for contamination",
    ),
    "contamination with files alone": (
        "checks.contamination",
        {"checks": [*GOOD["checks"][:3], {"check": "contamination", "against": "evals/*.jsonl"}]},
        "the contamination check compares with evals/*.jsonl, not with the `test` role",
    ),
    "one kind of duplicates": (
        "checks.duplicates",
        {"checks": [GOOD["checks"][0], *GOOD["checks"][2:]]},
        "no check for exact_duplicates",
    ),
    "no duplicates at all": (
        "checks.duplicates",
        {"checks": [GOOD["checks"][0], GOOD["checks"][3]]},
        "no check for exact_duplicates and near_duplicates",
    ),
    "a filter behind duplicates": (
        "checks.order_of_duplicates",
        {"checks": [*GOOD["checks"][1:], GOOD["checks"][0]]},
        "`tests` may drop what `exact_duplicates`, `near_duplicates` kept, "
        "and what was dropped as its duplicate is lost as well",
    ),
    "no test role": (
        "roles.test",
        {"roles": {"train": 0.9, "test": 0}},
        "check 4 compares with the `test` role, whose share is 0",
    ),
    "imported completions": (
        "generate.seeds",
        {"generate": [{"strategy": "completions"}]},
        "`completions` imports completions, and what their questions were made from is not recorded",
    ),
    "seeds of unknown origin": (
        "generate.seeds",
        {
            "anchor": [source(), source(name="web", origin="unknown")],
            "generate": [{"strategy": "mutations", "seeds": "web"}],
        },
        "`mutations` starts from `web`: nothing in it is attested as human",
    ),
    "seeds without an anchor": (
        "generate.seeds",
        {"anchor": [], "generate": [{"strategy": "mutations"}]},
        "`mutations` starts from no anchor: nothing in it is attested as human",
    ),
    "unknown origin": (
        "anchor.attested",
        {"anchor": [source(origin="unknown")]},
        "the origin of `tickets` is unknown, so none of it counts as real",
    ),
    "no name": (
        "anchor.attested",
        {"anchor": [source(attested_by=" ")]},
        "`tickets` says `origin: human` without `attested_by`: it counts as unknown",
    ),
    "no reason and no name": (
        "anchor.attested",
        {"anchor": [source(attested_by=None, attested_because=None)]},
        "`tickets` says `origin: human` without `attested_by` and `attested_because`: it counts as unknown",
    ),
    "no licence": (
        "anchor.licence",
        {"anchor": [source(licence=None)]},
        "the recipe does not say the licence of `tickets`",
    ),
    "a licence that says nothing": (
        "anchor.licence",
        {"anchor": [source(licence="Unknown")]},
        "the recipe does not say the licence of `tickets`",
    ),
    "no split": (
        "anchor.split_by",
        {"anchor": [source(split_by=None)]},
        "`tickets` is cut row by row into train, test, monitor, holdout: relatives may part",
    ),
    "personal data": (
        "privacy.leakage_report",
        {"anchor": [source(personal_data=True)]},
        "`tickets` holds personal data, and no leakage report can be made yet",
    ),
    "no licence of the release": ("release.licence", {"release": {}}, "the release will carry no licence"),
}


@pytest.mark.parametrize("case", UNMET)
def test_unmet(case: str, recipe: Make) -> None:
    rule, changes, what = UNMET[case]
    findings = lint(recipe(**changes))
    assert (rule, what) in unmet(findings)
    severity = next(finding.severity for finding in findings if (finding.rule, finding.what) == (rule, what))
    waived = lint(recipe(**changes, waive=[{"rule": rule, "because": "a reason", "by": "A. Person"}]))
    assert rule not in {name for name, _ in unmet(waived)}
    assert {(f.waived_by, f.waived_because) for f in waived if f.status == "waived"} == {("A. Person", "a reason")}
    assert refuses([f for f in findings if f.rule == rule]) == (severity in REFUSING)
    assert not refuses([f for f in waived if f.rule == rule])


def test_every_rule_has_been_seen_unmet() -> None:
    assert {rule for rule, _, _ in UNMET.values()} == {rule.id for rule in rules()} - ELSEWHERE


GATED: dict[str, tuple[str, dict[str, float | None], str]] = {
    "no real data": ("mix.anchor", {"share_real": 0.0}, "the mix holds no real record"),
    "an empty mix": ("mix.anchor", {"share_real": None}, "the mix holds nothing at all"),
    "too little real data": ("mix.real_floor", {"share_real": 0.05}, "5.0% of the mix is real; its floor is 10%"),
    "too much synthetic data": (
        "mix.synthetic_cap",
        {"share_synthetic": 0.31},
        "31.0% of the mix is synthetic, in tokens; fine-tuning allows 30%",
    ),
    "something unverified": (
        "synthetic.verified",
        {"unverified_synthetic": 1204.0},
        "1,204 synthetic records of the mix are not verified",
    ),
}


@pytest.mark.parametrize("case", GATED)
def test_gate(case: str, recipe: Make) -> None:
    rule, changes, what = GATED[case]
    findings = gate(recipe(), evidence(**(GOOD_EVIDENCE | changes)))
    assert (rule, what) in unmet(findings)
    waived = gate(recipe(waive=[{"rule": rule, "because": "so", "by": "me"}]), evidence(**(GOOD_EVIDENCE | changes)))
    assert (rule, what) in [(f.rule, f.what) for f in waived if f.status == "waived"]


def test_without_evidence_nothing_is_taken_for_granted(recipe: Make) -> None:
    assert unmet(gate(recipe(), [])) == [
        ("synthetic.verified", "the run left no evidence `mix.unverified_synthetic`"),
        ("mix.anchor", "the run left no evidence `mix.share.real`"),
        ("mix.real_floor", "the real share was not measured"),
        ("verifiers.measured", "no bad seed reached `tests`, so its false accepts are unknown"),
    ]


def test_a_share_at_its_bound_is_within_it(recipe: Make) -> None:
    bound = evidence(share_real=0.1, share_synthetic=0.3, unverified_synthetic=0)
    assert unmet(gate(recipe(), bound)) == []


def test_a_cap_below_the_purposes_is_the_mixs_to_keep_and_the_purposes_to_judge(recipe: Make) -> None:
    assert unmet(lint(recipe(mix={"synthetic_cap": 0.1}))) == []


def test_what_does_not_apply_says_nothing(recipe: Make) -> None:
    wholly_new = {"mix": {"real": "exclude"}, "purpose": "evaluation"}
    silent = {rule.id for rule in rules()} - {finding.rule for finding in lint(recipe(**wholly_new))} - ELSEWHERE
    assert silent == {
        "mix.anchor", "mix.whole_anchor", "mix.synthetic_cap", "mix.real_floor",
        "anchor.split_by", "checks.contamination", "roles.test",
    }  # fmt: skip
    assert "generate.seeds" not in {finding.rule for finding in lint(recipe(generate=[]))}
    assert "anchor.split_by" not in {
        finding.rule for finding in lint(recipe(roles={"train": 1, "test": 0, "monitor": 0, "holdout": 0}))
    }


def test_duplicates_and_contamination_may_take_human_records(recipe: Make) -> None:
    checks = [GOOD["checks"][0], *({**check, "human": "drop"} for check in GOOD["checks"][1:])]
    assert unmet(lint(recipe(checks=checks))) == []


def test_each_bad_source_has_its_own_place(recipe: Make) -> None:
    anchors = [source(name=name, licence=licence) for name, licence in [("a", None), ("b", "MIT"), ("c", "tbd")]]
    found = [f for f in lint(recipe(anchor=anchors, generate=[])) if f.rule == "anchor.licence"]
    assert [finding.path for finding in found] == [("anchor", 0), ("anchor", 2)]


def test_a_waiver_of_what_is_met_changes_nothing(recipe: Make) -> None:
    findings = lint(recipe(waive=[{"rule": "mix.anchor", "because": "so", "by": "me"}]))
    assert {finding.status for finding in findings} == {"met"}
    assert {finding.waived_by for finding in findings} == {None}


@pytest.mark.parametrize("judge", [lint, lambda made, **more: gate(made, [], **more)])
def test_a_waiver_of_no_rule(judge: Callable[..., list[Finding]], recipe: Make) -> None:
    made = recipe(waive=[{"rule": "mix.ancor", "because": "so", "by": "me"}])
    with pytest.raises(RecipeError) as caught:
        judge(made, where=lambda path: f"recipe.yaml:{len(path)}")
    assert (caught.value.what, caught.value.where) == ("there is no rule `mix.ancor`", "recipe.yaml:3")
    assert caught.value.mend is not None
    assert caught.value.mend.startswith("did you mean `mix.anchor`?")


def test_the_gates_word_replaces_the_lints(recipe: Make) -> None:
    made = recipe()
    both = settled(lint(made), gate(made, evidence(**(GOOD_EVIDENCE | {"share_real": 0.0}))))
    assert [f.status for f in both if f.rule == "mix.anchor"] == ["unmet"]
    assert [f.status for f in both if f.rule == "anchor.licence"] == ["met"]
    assert refuses(both)


def test_every_rule_says_why_and_what_to_do() -> None:
    for rule in rules():
        assert all([rule.why, rule.source, rule.mend, rule.purposes])
        assert set(rule.purposes) <= set(PURPOSES)
    assert [rule.severity for rule in rules()] == sorted(
        (rule.severity for rule in rules()), key=["critical", "required", "high", "recommended"].index
    )
