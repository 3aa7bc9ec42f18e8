"""The two recipes of the project, whole."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

import sterling
from sterling.errors import PolicyRefused
from sterling.recipes import load
from sterling.records import VERIFYING

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_every_example_lints_without_refusal() -> None:
    for recipe in sorted(EXAMPLES.glob("*/recipe.yaml")):
        assert [f.rule for f in sterling.lint(recipe) if f.status == "unmet"] == []


def test_gsm8k_is_verified_and_then_found_contaminated(shared_data: Path, tmp_path: Path) -> None:
    data = shared_data / "gsm8k"
    overrides = [
        f"anchor.0.path={data / 'train.jsonl'}",
        f"generate.0.path={data / 'completions.jsonl'}",
        f"checks.1.against={data / 'test.jsonl'}",
    ]
    run = sterling.run(EXAMPLES / "gsm8k-distill" / "recipe.yaml", out=tmp_path, overrides=overrides)
    steps = {step["name"]: step for step in run.report["steps"]}
    assert steps["generate:completions"]["produced"] == 2640
    assert steps["check:math"]["reasons"] == {"different": 1625, "no_answer": 7}
    assert steps["check:contamination"]["dropped"] == 1008
    rates = {
        e["inputs"]["model"]: e["inputs"]["hits"] for e in run.report["evidence"] if e["name"] == "check.math.accepted"
    }
    assert rates == {
        "gsm8k-175b-finetuning": 225, "gsm8k-175b-verification": 371, "gsm8k-6b-finetuning": 146,
        "gsm8k-6b-verification": 266,
    }  # fmt: skip
    assert run.report["outcome"]["headline"].startswith("No synthetic part to release.")
    assert set(pq.read_table(tmp_path / "releases" / "gsm8k-distill" / "data")["origin"].to_pylist()) == {"human"}


def test_a_smaller_quickstart(tmp_path: Path) -> None:
    """The demo's own recipe on five modules: real functions, real sandbox, every step."""
    overrides = [
        "anchor.0.packages=[textwrap, statistics, heapq, difflib, bisect, string, fractions, colorsys, collections]",
        "generate.0.count=40", "generate.1.count=40", "roles.train=0.9", "roles.test=0", "roles.monitor=0.05",
        "roles.holdout=0.05", "checks.4.against=[]", "checks.4.human=flag",
    ]  # fmt: skip
    run = sterling.run(EXAMPLES / "quickstart" / "recipe.yaml", out=tmp_path, overrides=overrides)
    assert run.release is not None
    rows = pq.read_table(run.release / "data").to_pylist()
    strategies = {row["maker"] and row["maker"].split('"strategy":"')[1].split('"')[0] for row in rows}
    assert strategies == {None, "mutations", "traces"}
    ids = {row["id"]: row for row in rows}
    for row in rows:
        if row["origin"] == "synthetic":
            assert row["depth"] == 1
            assert len(row["parents"]) == 1
            life = run.trace(row["id"])
            assert [p.role for p in life.parents] == ["train"]
            assert any(j.verdict.outcome == "keep" and j.verdict.family in VERIFYING for j in life.judgements)
    assert len(ids) == len(rows)


def test_the_policy_can_be_broken_on_purpose_with_a_name(tmp_path: Path) -> None:
    recipe = dict(_keys(EXAMPLES / "quickstart" / "recipe.yaml"))
    recipe["anchor"] = [dict(recipe["anchor"][0], packages=["textwrap"], licence=None)]
    with pytest.raises(PolicyRefused, match=r"anchor\.licence"):
        sterling.run(recipe, out=tmp_path)
    waiver = {"rule": "anchor.licence", "because": "a test", "by": "this test"}
    waived = [f for f in sterling.lint(recipe | {"waive": [waiver]}) if f.rule == "anchor.licence"]
    assert [(f.status, f.waived_by) for f in waived] == [("waived", "this test")]


def _keys(path: Path) -> dict[str, list[dict[str, object]]]:
    import yaml

    load(path)
    found: dict[str, list[dict[str, object]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
