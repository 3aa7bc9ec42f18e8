"""Rules about what providers allow."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from tests.policy.examples import GOOD

from sterling.errors import InputError
from sterling.models import ModelRef, lineage
from sterling.models.terms import USES, today
from sterling.policy import Finding, gate, lint, refuses, render, settled
from sterling.policy.terms import WRITTEN
from sterling.recipes import Recipe
from sterling.records import Fault
from sterling.registry import ModelCheck, Past, Ruling, Strategy, register
from sterling.stats import Evidence, count

Make = Callable[..., Recipe]
HOME, HOSTED = "http://localhost:8000/v1", "https://api.example.invalid/v1"


@register("strategy", "test_writes")
class Writes(Strategy):
    """Asks a model."""

    model: ModelRef

    def tasks(self, seeds: Any, past: Past, seed: int) -> Any:
        return iter(())

    def propose(self, task: Any, source: str) -> Any:
        return ()


@register("strategy", "test_imports")
class Imports(Strategy):
    """Brings in what models wrote."""

    model: str | None = None
    service: str | None = None
    terms: str | None = None

    def tasks(self, seeds: Any, past: Past, seed: int) -> Any:
        return iter(())

    def propose(self, task: Any, source: str) -> Any:
        return ()


@register("check", "test_marks")
class Marks(ModelCheck):
    """Asks a judge."""

    judge_model: ModelRef
    version: ClassVar[int] = 1

    def families(self) -> frozenset[str]:
        return lineage(self.judge_model)

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        raise AssertionError("lint asks nobody")


def endpoint(**more: Any) -> dict[str, Any]:
    return {"endpoint": HOME, "model": "qwen3-32b"} | more


def by_model(**more: Any) -> dict[str, Any]:
    return {"generate": [{"strategy": "test_writes", "model": endpoint(**more), "seeds": "tickets"}]}


def imported(**options: Any) -> dict[str, Any]:
    return {"generate": [{"strategy": "test_imports", **options}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Signed terms: `free` for anything at home, `narrow` for a hosted model that may train domain models alone."""

    def put(name: str, services: list[str], uses: dict[str, Any]) -> None:
        said = {
            "id": name, "provider": "Example Ltd", "says": "So.", "applies": {"services": services}, "uses": uses,
            "document": {"title": "House Terms", "url": "https://example.invalid", "version": "1"},
            "reviewer": "A. Person", "reviewed": today().isoformat(),
        }  # fmt: skip
        (tmp_path / f"{name}.yaml").write_text(json.dumps(said), encoding="utf-8")

    put("free", ["local"], dict.fromkeys(USES, "permitted"))
    put("narrow", ["api.example.invalid"], {"domain-model": "permitted", "general-model": "prohibited"})
    return tmp_path


def said(findings: list[Finding], rule: str = "models.terms") -> list[tuple[str, str]]:
    return [(f.status, f.what) for f in findings if f.rule == rule]


def wrote(*makers: dict[str, Any]) -> list[Evidence]:
    known = {"strategy": "test_writes", "revision": None, "family": None, "terms": None, "written": 9, "mixed": 5}
    rows = [known | {"model": "qwen3-32b", "service": "local"} | maker for maker in makers]
    return [count(WRITTEN, sum(row["mixed"] for row in rows), "counted", makers=rows)]


def test_a_recipe_without_models_has_nothing_to_say(recipe: Make) -> None:
    assert said(lint(recipe())) == said(gate(recipe(), [])) == []
    assert said(lint(recipe()), "models.judge_terms") == []


def test_unmet_terms_hold_back_the_release_and_not_the_run(recipe: Make) -> None:
    findings = lint(recipe(**by_model()))
    assert said(findings) == [("unmet", "`qwen3-32b` (local) names no terms")]
    assert not refuses(findings)
    assert refuses(findings, "release")
    assert "the run may go on; nothing is released until then" in render(findings)


def test_entries_of_ours_are_signed_by_nobody(recipe: Make) -> None:
    made = recipe(**by_model(terms="qwen3-apache-2.0"))
    [finding] = [f for f in lint(made) if f.rule == "models.terms"]
    assert (finding.status, finding.what) == ("unmet", "nobody has reviewed `qwen3-apache-2.0`")
    assert finding.mend.endswith(
        "`sterling terms review qwen3-apache-2.0 --by NAME --to terms`; the recipe says `terms: terms`"
    )


def test_signed_terms_meet_the_rule(recipe: Make, folder: Path) -> None:
    made = recipe(**by_model(terms="free"), terms=str(folder))
    what = f"`qwen3-32b` (local): `free`, reviewed by A. Person on {today()}, permits every use"
    assert said(lint(made)) == [("met", what)]
    assert said(gate(made, wrote({"terms": "free"}))) == [("met", what)]


USES_JUDGED: dict[str, tuple[Any, str]] = {
    "domain-model": ({"kind": "domain-model", "text": "sorting tickets"}, "met"),
    "general-model": ({"kind": "general-model", "text": "a chat model"}, "unmet"),
    "says nothing": ({"kind": "evaluation", "text": "measuring"}, "unmet"),
    "no kind": ("sorting tickets", "unmet"),
}


@pytest.mark.parametrize("case", USES_JUDGED)
def test_the_intended_use_decides(case: str, recipe: Make, folder: Path) -> None:
    use, status = USES_JUDGED[case]
    model = by_model(endpoint=HOSTED, model="m", terms="narrow")
    made = recipe(**model, terms=str(folder), intended_use=use)
    assert [found for found, _ in said(lint(made))] == [status]
    findings = gate(made, wrote({"model": "m", "service": "api.example.invalid", "terms": "narrow"}))
    assert [found for found, _ in said(findings)] == [status]
    assert refuses([f for f in findings if f.rule == "models.terms"], "release") == (status == "unmet")


def test_hosted_or_at_home(recipe: Make, folder: Path) -> None:
    made = recipe(**by_model(endpoint=HOSTED, terms="free"), terms=str(folder))
    assert said(lint(made)) == [
        ("unmet", "`free` speaks of every model at local, not of `qwen3-32b` (api.example.invalid)")
    ]


def test_imported_words_are_judged_by_who_wrote_them(recipe: Make, folder: Path) -> None:
    """The rows alone may say which model answered, so the gate knows more than the lint."""
    made = recipe(**imported(service="local", terms="free"), terms=str(folder))
    assert [status for status, _ in said(lint(made))] == ["met"]
    rows = wrote({"strategy": "test_imports", "model": "a", "terms": "free"},
                 {"strategy": "test_imports", "model": "b", "service": None, "terms": "free"})  # fmt: skip
    assert [status for status, _ in said(gate(made, rows))] == ["met", "unmet"]
    assert [status for status, _ in said(lint(recipe(**imported())))] == ["unmet"]


def test_what_stays_out_of_the_release_does_not_count(recipe: Make, folder: Path) -> None:
    unused = wrote({"mixed": 0})
    made = recipe(**by_model(), terms=str(folder))
    assert said(gate(made, unused)) == [("met", "no record that leaves was written by a model")]
    findings = settled(lint(made), gate(made, unused))
    assert not refuses([f for f in findings if f.rule == "models.terms"], "release")
    full = recipe(**by_model(), release={"licence": "MIT", "rejected": "full"})
    assert {status for status, _ in said(gate(full, unused))} == {"unmet"}


def test_every_model_of_a_strategy_counts(recipe: Make, folder: Path) -> None:
    """A second model may have taken part, though records name one."""
    made = recipe(**by_model(terms="free"), terms=str(folder))
    findings = gate(made, wrote({"model": "qwen3-32b-reported-otherwise", "terms": None}))
    assert [status for status, _ in said(findings)] == ["unmet", "met"]


def test_a_service_of_another_name_is_where_its_endpoint_is(recipe: Make, folder: Path) -> None:
    made = recipe(**by_model(service="cluster", terms="free"), terms=str(folder))
    assert {status for status, _ in said(gate(made, wrote({"service": "cluster", "terms": "free"})))} == {"met"}


def test_a_run_without_evidence(recipe: Make) -> None:
    assert said(gate(recipe(**by_model()), [])) == [("unmet", f"the run left no evidence `{WRITTEN}`")]


def test_a_waiver_by_name(recipe: Make) -> None:
    waiver = {"rule": "models.terms", "because": "it is our own model", "by": "A. Person"}
    findings = gate(recipe(**by_model(), waive=[waiver]), wrote({}))
    assert [(f.status, f.waived_by) for f in findings if f.rule == "models.terms"] == [("waived", "A. Person")]
    assert not refuses([f for f in findings if f.rule == "models.terms"], "release")


def test_a_judge_without_terms_is_a_warning(recipe: Make, folder: Path) -> None:
    judge = {"check": "test_marks", "judge_model": endpoint(model="mistral-small-3"), "gold": "g"}
    findings = lint(recipe(checks=[*GOOD["checks"], judge]))
    assert said(findings, "models.judge_terms") == [("unmet", "`mistral-small-3` (local) names no terms")]
    assert not refuses([f for f in findings if f.rule == "models.judge_terms"], "release")
    signed = judge | {"judge_model": endpoint(terms="free")}
    made = recipe(checks=[*GOOD["checks"], signed], terms=str(folder))
    assert [status for status, _ in said(lint(made), "models.judge_terms")] == ["met"]


def test_a_model_is_pointed_at_where_it_is_described(recipe: Make) -> None:
    made = recipe(models={"teacher": endpoint()}, generate=[{"strategy": "test_writes", "model": "teacher"}])
    assert [f.path for f in lint(made) if f.rule == "models.terms"] == [("models", "teacher")]


def test_a_folder_that_is_not_there(recipe: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder of terms"):
        lint(recipe(**by_model(), terms=str(tmp_path / "none")))
