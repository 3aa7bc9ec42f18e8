"""A recipe whose verifier is measured: gold goes in blind, an error rate comes out, and the policy reads it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.pipeline.conftest import WriteRecipe

from sterling.cli import main
from sterling.errors import PolicyRefused, RecipeError
from sterling.pipeline import run

QUICK = {"engine": {"shard_rows": 60, "workers": 1, "partitions": 3}}
CHECKS = [{"check": "exact_duplicates"}, {"check": "near_duplicates"}, {"check": "contamination", "against": ["test"]}]


def gold(path: Path, good: int, bad: int, wrong: int = 0) -> str:
    """Sums with an answer; the last `wrong` of the bad ones are right, so that the check accepts them."""
    rows = [
        {
            "prompt": f"{n} + 1", "completion": f"#### {n + 1 + (n >= good)}", "reference": {"answer": str(n + 1)},
            "gold": "good" if n < good else "bad", "kind": "given" if n < good else "off_by_one",
        }
        for n in range(good + bad)
    ]  # fmt: skip
    for row in rows[len(rows) - wrong :]:
        row["reference"] = {"answer": str(row["completion"]).removeprefix("#### ")}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path.name


def measured(done: Any) -> dict[str, Any]:
    return {one["name"]: one for one in done.report["evidence"] if one["name"].startswith("verifiers.")}


def test_gold_measures_a_check_and_leaves_no_trace_in_the_counts(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    plain = run(write_recipe(**QUICK), out=tmp_path / "plain")
    checks = [{"check": "math", "gold": gold(tmp_path / "gold.jsonl", 40, 60)}, *CHECKS]
    done = run(write_recipe(checks=checks, **QUICK), out=tmp_path / "measured")
    found = measured(done)
    assert (found["verifiers.math.false_accepts"]["value"], found["verifiers.math.false_accepts"]["n"]) == (0, 60)
    assert (found["verifiers.math.false_rejects"]["value"], found["verifiers.math.false_rejects"]["n"]) == (0, 40)
    assert found["verifiers.math.precision"]["value"] == 1
    assert found["verifiers.math.precision"]["inputs"]["judged"] == 24
    assert done.report["steps"] == plain.report["steps"]
    card = (tmp_path / "measured" / "releases" / "small" / "README.md").read_text(encoding="utf-8")
    assert "| math | false accepts | 0 (0 to 0.0487) | 60 |" in card
    assert (tmp_path / "measured" / "releases" / "small" / "evidence" / "verifiers.json").exists()


def test_near_misses_are_made_of_the_holdout(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    roles = {"train": 0.4, "test": 0.1, "monitor": 0.1, "holdout": 0.4}
    anchor = json.loads(write_recipe(questions=60).read_text(encoding="utf-8"))["anchor"]
    columns = {"prompt": "prompt", "completion": "completion", "answer": "completion"}
    anchor = [source | {"columns": columns, "split_by": "prompt"} for source in anchor]
    checks = [{"check": "math", "near_misses": 15}, *CHECKS]
    done = run(write_recipe(questions=60, anchor=anchor, roles=roles, checks=checks, **QUICK), out=tmp_path)
    found = measured(done)
    assert found["verifiers.math.false_accepts"]["n"] == 15
    assert found["verifiers.math.false_accepts"]["value"] == 0
    assert found["verifiers.math.false_rejects"]["n"] == 15


def test_an_error_rate_above_its_limit_refuses(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = gold(tmp_path / "gold.jsonl", 40, 80, wrong=5)
    checks = [{"check": "math", "gold": path, "max_false_accept_rate": 0.05}, *CHECKS]
    with pytest.raises(PolicyRefused, match=r"5 false accepts in 80 seeds, so up to 12\.69%"):
        run(write_recipe(checks=checks, **QUICK), out=tmp_path)
    assert not (tmp_path / "releases").exists()


def test_a_bound_that_gold_cannot_reach_is_said_before_the_run(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    checks = [{"check": "math", "gold": gold(tmp_path / "gold.jsonl", 40, 60), "max_false_accept_rate": 0.01}, *CHECKS]
    with pytest.raises(RecipeError, match=r"60 bad seeds cannot show a rate below 0\.01.* 299 are needed") as refused:
        run(write_recipe(checks=checks, **QUICK), out=tmp_path)
    assert refused.value.where is not None
    assert "recipe.yaml:" in refused.value.where
    assert not (tmp_path / "runs").exists()


def test_a_verifier_that_got_worse_is_an_alarm(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """The second run asks the check to take the last number, and gold knows that this is wrong."""
    rows = [
        {"prompt": f"case {n}", "completion": f"I found {n} and have no answer", "reference": {"answer": str(n)},
         "gold": "bad"}
        for n in range(40)
    ]  # fmt: skip
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    first = run(write_recipe(checks=[{"check": "math", "gold": path.name}, *CHECKS], **QUICK), out=tmp_path)
    again = run(write_recipe(checks=[{"check": "math", "gold": path.name}, *CHECKS], **QUICK), out=tmp_path)
    assert "verifiers.math.drift" not in measured(first) | measured(again)
    loose = [{"check": "math", "gold": path.name, "last_number": True}, *CHECKS]
    done = run(write_recipe(checks=loose, **QUICK), out=tmp_path)
    drift = measured(done)["verifiers.math.drift"]
    assert (drift["value"], drift["n"], drift["inputs"]["newly_wrong"]) == (1, 40, 40)
    assert [f["status"] for f in done.report["findings"] if f["rule"] == "verifiers.drift"] == ["unmet"]


def test_the_treatment_of_the_rare_is_in_the_evidence(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    done = run(write_recipe(completions=80, **QUICK), out=tmp_path)
    bands = [e for e in done.report["evidence"] if e["name"].startswith("tails.math.survival.")]
    assert sum(band["n"] for band in bands) == 80
    assert sum(band["inputs"]["hits"] for band in bands) == 60
    assert any(e["name"] == "tails.math.rare" for e in done.report["evidence"])


def test_check_measures_with_gold_on_any_file(tmp_path: Path) -> None:
    row = {"prompt": "1+1", "completion": "#### 2", "reference": {"answer": "2"}}
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps(row) + "\n", encoding="utf-8")
    gold(tmp_path / "gold.jsonl", 10, 300)
    options = ["--input", str(source), "--output", str(out), "--gold", str(tmp_path / "gold.jsonl")]
    done = CliRunner().invoke(main, ["check", "math", *options, "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    rates = {one["name"]: one for one in said["evidence"]}
    assert said["rows"] == said["keep"] == 1
    assert len(out.read_text().splitlines()) == 1
    assert rates["verifiers.math.false_accepts"]["n"] == 300
    assert round(rates["verifiers.math.false_accepts"]["interval"][1], 4) == 0.0099
    spoken = CliRunner().invoke(main, ["check", "math", *options])
    assert "verifiers.math.false_accepts: 0 [0, 0.009936], n = 300" in spoken.output


def test_gold_that_is_no_gold_is_refused_with_its_line(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "a"}\n', encoding="utf-8")
    done = CliRunner().invoke(
        main, ["check", "math", "--input", str(source), "--output", str(tmp_path / "o.jsonl"), "--gold", str(source)]
    )
    assert done.exit_code == 2
    assert "in.jsonl:1: no_label" in done.output
    assert not (tmp_path / "o.jsonl").exists()


def test_the_limit_of_a_single_check(tmp_path: Path) -> None:
    row = {"prompt": "1+1", "completion": "#### 2", "reference": {"answer": "2"}}
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text((json.dumps(row) + "\n") * 10 + '{"prompt": "x", "completion": "y"}\n' * 90, encoding="utf-8")
    gold(tmp_path / "gold.jsonl", 100, 80, wrong=5)
    options = ["--input", str(source), "--output", str(out), "--gold", str(tmp_path / "gold.jsonl"), "--json"]
    refused = CliRunner().invoke(main, ["check", "math", *options, "--option", "max_false_accept_rate=0.05"])
    assert refused.exit_code == 3
    assert "verifiers.math.false_accepts may be up to 0.1269 (5 of 80); allowed is 0.05" in refused.stderr
    rates = {one["name"]: one for one in json.loads(refused.stdout)["evidence"]}
    assert rates["verifiers.math.precision"]["inputs"]["judged"] == 10
    short = CliRunner().invoke(main, ["check", "math", *options, "--option", "max_false_accept_rate=0.01"])
    assert short.exit_code == 2
    assert "299 are needed" in short.stderr


def test_a_check_that_could_judge_nothing_says_so(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"nothing": 1}\n{"nothing": 2}\n', encoding="utf-8")
    done = CliRunner().invoke(main, ["check", "math", "--input", str(source), "--output", str(tmp_path / "o.jsonl")])
    assert done.exit_code in {1, 2}


def test_good_seeds_are_not_chosen_by_the_check_that_they_measure(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """Half of the human answers are in a form that the check does not read: those are false rejects."""
    roles = {"train": 0.4, "test": 0.1, "monitor": 0.1, "holdout": 0.4}
    path = write_recipe(questions=60)
    rows = [json.loads(line) for line in (path.parent / "anchor.jsonl").read_text().splitlines()]
    anchor = json.loads(path.read_text(encoding="utf-8"))["anchor"]
    columns = {"prompt": "prompt", "completion": "completion", "answer": "truth"}
    anchor = [source | {"columns": columns, "split_by": "prompt"} for source in anchor]
    made = write_recipe(
        questions=60, anchor=anchor, roles=roles, checks=[{"check": "math", "near_misses": 20}, *CHECKS], **QUICK
    )
    told = [
        row | {"truth": row["completion"].removeprefix("#### ")} | ({"completion": "It is a lot."} if n % 2 else {})
        for n, row in enumerate(rows)
    ]
    (path.parent / "anchor.jsonl").write_text("".join(json.dumps(row) + "\n" for row in told), encoding="utf-8")
    rate = measured(run(made, out=tmp_path))["verifiers.math.false_rejects"]
    assert rate["n"] == 20
    assert 0.2 < rate["value"] < 0.8


def test_near_misses_that_cannot_be_made_are_refused(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    checks = [{"check": "regex", "near_misses": 30}, *CHECKS]
    with pytest.raises(RecipeError, match="no near misses can be made for `regex`"):
        run(write_recipe(checks=checks, **QUICK), out=tmp_path)
