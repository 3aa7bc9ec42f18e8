"""Rules about those who judge."""

from collections.abc import Callable
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from tests.policy.examples import GOOD

from sterling.models import Endpoint, ModelRef, lineage
from sterling.policy import Finding, gate, lint, refuses
from sterling.recipes import Recipe
from sterling.records import Fault
from sterling.registry import ModelCheck, Past, Ruling, Strategy, register
from sterling.stats import Evidence, Interval

Make = Callable[..., Recipe]
URL = "http://localhost:8000/v1"


@register("check", "test_panel")
class Panel(ModelCheck):
    """Any number of judges."""

    judges: tuple[ModelRef, ...] = ()

    def families(self) -> frozenset[str]:
        return frozenset().union(*map(lineage, self.judges))

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        raise AssertionError("lint asks nobody")


@register("strategy", "test_asks")
class Asks(Strategy):
    """Asks a model."""

    needs_model: ClassVar[bool] = True
    model: ModelRef

    def tasks(self, seeds: Any, past: Past, seed: int) -> Any:
        return iter(())

    def propose(self, task: Any, source: str) -> Any:
        return ()


def judged_by(*models: str | dict[str, Any], teacher: str = "qwen3-32b", **more: Any) -> dict[str, Any]:
    judges = [{"endpoint": URL, "model": m} if isinstance(m, str) else m for m in models]
    return {
        "generate": [{"strategy": "test_asks", "model": {"endpoint": URL, "model": teacher}, "seeds": "tickets"}],
        "checks": [*GOOD["checks"], {"check": "test_panel", "judges": judges, "gold": "g.jsonl", **more}],
    }


def said(findings: list[Finding], rule: str) -> list[tuple[str, str]]:
    return [(f.status, f.what) for f in findings if f.rule == rule]


INDEPENDENCE: dict[str, tuple[dict[str, Any], str, str]] = {
    "another family": (judged_by("mistral-small-3"), "met", "`test_panel` (mistral) is independent"),
    "the generator's family": (
        judged_by("qwen2.5-72b"), "unmet", "`test_panel` is of the generator's family: qwen"
    ),
    "a student of the generator's family": (
        judged_by("llama-3.1-8b", teacher="deepseek-r1-distill-llama-70b"),
        "unmet", "`test_panel` is of the generator's family: llama",
    ),
    "a panel of one family": (
        judged_by("mistral-small-3", "mixtral-8x7b"), "unmet", "members of `test_panel` share a family: mistral"
    ),
    "a family nobody knows": (
        judged_by("prod-2"), "unmet", "the family of `prod-2` is unknown, so `test_panel` verifies nothing"
    ),
    "a family that the recipe says": (
        judged_by({"endpoint": URL, "model": "prod-2", "family": "mistral"}), "met",
        "`test_panel` (mistral) is independent",
    ),
    "what the recipe says it was distilled from": (
        judged_by({"endpoint": URL, "model": "mistral-small-3", "distilled_from": ["qwen"]}), "unmet",
        "`test_panel` is of the generator's family: qwen",
    ),
    "its own work accepted": (
        judged_by("mistral-small-3", same_family="accept"), "unmet",
        "`test_panel` accepts to judge its own family's work",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", INDEPENDENCE)
def test_a_judge_is_independent(case: str, recipe: Make) -> None:
    changes, status, what = INDEPENDENCE[case]
    findings = lint(recipe(**changes))
    assert said(findings, "judge.independent") == [(status, what)]
    assert refuses(findings) == (status == "unmet")
    waiver = {"rule": "judge.independent", "because": "there is no other", "by": "A. Person"}
    assert not refuses(lint(recipe(**changes, waive=[waiver])))


def test_models_are_named_in_one_place(recipe: Make) -> None:
    models = {"mild": {"endpoint": URL, "model": "mistral-small-3"}}
    made = recipe(models=models, checks=[{"check": "test_panel", "judges": ["mild"], "gold": "g"}])
    [entry] = made.checks
    assert isinstance(entry.part, Panel)
    assert entry.part.judges == (Endpoint(endpoint=URL, model="mistral-small-3"),)


def test_paid_checks_come_last(recipe: Make) -> None:
    good, bad = judged_by("mistral-small-3"), judged_by("mistral-small-3")
    bad["checks"] = bad["checks"][::-1]
    assert said(lint(recipe(**good)), "checks.paid_last") == [("met", "checks that ask a model come last")]
    [(status, what)] = said(lint(recipe(**bad)), "checks.paid_last")
    assert (status, what) == (
        "unmet", "`test_panel` is paid before contamination, near_duplicates, exact_duplicates, tests"
    )  # fmt: skip


def test_a_verifier_that_nobody_measures(recipe: Make) -> None:
    made = recipe(checks=[{"check": "tests"}, *GOOD["checks"][1:]])
    assert said(lint(made), "verifiers.measured") == [("unmet", "nobody knows how often `tests` is wrong")]
    assert said(lint(recipe(generate=[], checks=[{"check": "tests"}])), "verifiers.measured") == []


def rate(hits: int, n: int, high: float) -> Evidence:
    return Evidence("verifiers.tests.false_accepts", hits / n, n, Interval(0.0, high), "counted", {"hits": hits})


def limited(recipe: Make) -> Recipe:
    return recipe(checks=[{"check": "tests", "near_misses": 300, "max_false_accept_rate": 0.01}, *GOOD["checks"][1:]])


def test_a_bound_above_its_limit_refuses(recipe: Make) -> None:
    made = limited(recipe)
    assert said(gate(made, [rate(0, 300, 0.0099)]), "verifiers.limit") == [
        ("met", "the false accepts of `tests` are at most 0.99%")
    ]
    findings = gate(made, [rate(2, 300, 0.0208)])
    assert said(findings, "verifiers.limit") == [
        ("unmet", "`tests`: 2 false accepts in 300 seeds, so up to 2.08%; allowed is 1.00%")
    ]
    assert refuses([f for f in findings if f.rule == "verifiers.limit"])
    assert said(gate(made, []), "verifiers.limit") == [("unmet", "the false accepts of `tests` were not measured")]


def change(value: float, p: float) -> Evidence:
    return Evidence("verifiers.tests.drift", value, 200, Interval(value - 0.01, value + 0.01), "paired", {"p": p})


@pytest.mark.parametrize(
    ("value", "p", "status"), [(0.05, 0.002, "unmet"), (0.05, 0.2, "met"), (-0.05, 0.002, "met"), (0.0, 1.0, "met")]
)
def test_drift_is_an_alarm(recipe: Make, value: float, p: float, status: str) -> None:
    [(found, what)] = said(gate(recipe(), [change(value, p)]), "verifiers.drift")
    assert found == status
    assert what == f"`tests` errs on {value:+.2%} of the same 200 seeds as at first"


@pytest.mark.parametrize(("high", "margin", "status"), [(0.85, 0.1, "unmet"), (0.95, 0.1, "met"), (0.85, 0.2, "met")])
def test_a_filter_that_thins_the_tails(recipe: Make, high: float, margin: float, status: str) -> None:
    ratio = Evidence("tails.tests.rare", 0.8, 250, Interval(0.7, high), "ratio", {"group": "rare"})
    [(found, what)] = said(gate(recipe(tail_margin=margin), [ratio]), "filters.tails")
    assert found == status
    thinned = "`tests` lets 80% as many of its 250 `rare` records through as of the others"
    assert what == thinned if status == "unmet" else what.startswith("no check thins its rare records")


def test_vanished_words_and_the_anchor_are_tails_too(recipe: Make) -> None:
    lost = {"group": "hapax_types", "lost": 300}
    words = Evidence("tails.tests.hapax_types", 0.7, 1000, Interval(0.6, 0.8), "ratio", lost)
    among = {"group": "rare_tags", "among": "anchor"}
    anchor = Evidence("tails.tests.anchor.rare_tags", 0.5, 90, Interval(0.3, 0.7), "ratio", among)
    nothing = Evidence("tails.tests.rare_types", None, 3, None, "nothing to compare", {"group": "rare_types"})
    assert said(gate(recipe(), [words, anchor, nothing]), "filters.tails") == [
        (
            "unmet",
            "`tests` lets 50% as many of its 90 `rare_tags` records of the anchor through as of the others; "
            "other groups that it thins: 1",
        )
    ]
    assert said(gate(recipe(), [words]), "filters.tails") == [
        ("unmet", "`tests` keeps 70% as many of 1,000 `hapax_types` as random drops would")
    ]
    assert said(gate(recipe(), [nothing]), "filters.tails") == []
