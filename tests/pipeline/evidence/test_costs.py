"""What a run costs: told before, while and after; stopped at its cap; resumed when that is raised."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.pipeline.conftest import WriteRecipe
from tests.pipeline.test_generating import TALKATIVE
from tests.pipeline.test_generating import recipe as rivers

from sterling.cli import main
from sterling.errors import BudgetSpent, RecipeError
from sterling.models import mock, mock_stats
from sterling.pipeline import check_policy, run

PRICE = {"input": 10.0, "output": 100.0}
REPHRASE = [{"strategy": "rephrase", "model": "teacher"}]


def recipe(write_recipe: WriteRecipe, address: str, usd: float | None = 1.0, **more: Any) -> Path:
    """The rivers of the generation tests, with prices and a cap."""
    budget = {"usd": usd, "people": {"minutes": 90, "usd_per_hour": 60}}
    path = rivers(write_recipe, address, more.pop("generate", REPHRASE), budget=budget, **more)
    plain = json.loads(path.read_text())
    for entry in plain["models"].values():
        entry |= {"price": PRICE, "sampling": {"max_tokens": 60}, "concurrency": 4}
    path.write_text(json.dumps(plain))
    return path


def numbers(done: Any) -> dict[str, Any]:
    return {one["name"]: one for one in done.report["evidence"]}


def billed(stats: dict[str, Any]) -> float:
    return float(stats["tokens"]["prompt"] * 10 + stats["tokens"]["completion"] * 100) / 1e6


def test_every_cent_has_its_entry_and_its_side(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(TALKATIVE) as address:
        done = run(recipe(write_recipe, address), out=tmp_path)
        bill = billed(mock_stats(address))
    cost = numbers(done)
    sides = [cost[f"cost.{side}.usd"]["value"] for side in ("generator", "verifiers")]
    assert sum(sides) == pytest.approx(bill)
    assert sides == [cost[f"cost.{entry}.usd"]["value"] for entry in ("generate.rephrase", "check.judge")]
    assert cost["cost.people.usd"]["value"] == 90
    assert cost["cost.total.usd"]["value"] == pytest.approx(bill + 90)
    assert cost["cost.per_accepted.usd"]["value"] == pytest.approx((bill + 90) / 8)
    assert (cost["cost.generate.rephrase.requests"]["value"], cost["cost.requests.now"]["value"]) == (8, 16)
    assert all(one["n"] is not None and one["method"] for name, one in cost.items() if name.startswith("cost."))
    assert done.release is not None
    kept = json.loads((done.release / "evidence" / "cost.json").read_text())
    assert {one["name"] for one in kept} == {name for name in cost if name.startswith("cost.")}
    page = (done.release / "report.html").read_text()
    assert 'id="cost"' in page
    assert "generate rephrase" in page
    assert "for models and for what time of people was declared" in (done.release / "README.md").read_text()


def test_a_cap_stops_the_run_and_it_goes_on_when_raised(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(TALKATIVE) as address:
        path = recipe(write_recipe, address, usd=0.045)
        with pytest.raises(BudgetSpent, match=r"(?s)of 0.045 USD.*done: 4 steps.*generate:rephrase 8.*raise"):
            run(path, out=tmp_path)
        assert 0.02 < billed(mock_stats(address)) <= 0.045
        done = run(path, out=tmp_path, overrides=["budget.usd=1"])
        stats = mock_stats(address)
    assert done.status == "released"
    assert stats["answered"] == stats["distinct"] == 16
    assert numbers(done)["cost.total.usd"]["value"] == pytest.approx(billed(stats) + 90)
    assert numbers(done)["cost.requests.earlier"]["value"] >= 8


def test_a_killed_run_knows_what_it_spent(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    slow = {**TALKATIVE, "latency_s": 0.05}
    with mock(slow) as address:
        command = [sys.executable, "-m", "sterling", "run", str(recipe(write_recipe, address)), "--out", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while mock_stats(address)["requests"] < 11 and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        done = run(recipe(write_recipe, address), out=tmp_path)
        stats = mock_stats(address)
    cost = numbers(done)
    paid = cost["cost.generator.usd"]["value"] + cost["cost.verifiers.usd"]["value"]
    doubtful = cost.get("cost.doubtful.usd", {"value": 0.0})["value"]
    assert paid <= billed(stats) + 1e-9 <= paid + doubtful + 2e-9
    assert stats["distinct"] == 16
    assert stats["repeated"] <= 4


def test_an_unknown_price_is_refused_where_there_is_a_cap_and_told_where_there_is_none(
    write_recipe: WriteRecipe, tmp_path: Path
) -> None:
    path = recipe(write_recipe, "https://unknown.invalid/v1")
    plain = json.loads(path.read_text())
    del plain["models"]["judge"]["price"]
    path.write_text(json.dumps(plain, indent=1))
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if '"judge": {' in text)
    for refused in (lambda: run(path, out=tmp_path), lambda: check_policy(path)):
        with pytest.raises(RecipeError, match=rf"recipe.yaml:{line}: .*`mistral-small-3` of unknown.invalid costs"):
            refused()
    (tmp_path / "prices.yaml").write_text(
        "services: {unknown.invalid: {source: a contract, seen: 2026-11-01, models: [{names: [mistral-small-3], "
        "input: 1, output: 2}]}}"
    )
    path.write_text(json.dumps(plain | {"prices": "prices.yaml"}))
    check_policy(path)


def test_a_preview_tells_what_the_whole_would_cost(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """Told from three records of eight: the whole then costs what was said, within a tenth of the interval's ends."""
    with mock(TALKATIVE) as address:
        path = recipe(write_recipe, address, generate=[{**REPHRASE[0], "count": 8}])
        told = CliRunner().invoke(main, ["run", str(path), "--preview", "3", "--out", str(tmp_path)])
        again = CliRunner().invoke(main, ["run", str(path), "--preview", "3", "--out", str(tmp_path), "--json"])
        asked = mock_stats(address)["requests"]
        cost = numbers(run(path, out=tmp_path))
    assert told.exit_code == 0, told.output
    assert "Estimate for the whole recipe" in told.output
    assert asked == 6
    estimate = {one["name"]: one for one in json.loads(again.stdout)["evidence"] if one["name"].startswith("estimate.")}
    for entry in ("generate.rephrase", "check.judge"):
        one, real = estimate[f"estimate.{entry}.usd"], cost[f"cost.{entry}.usd"]["value"]
        assert one["n"] == 3
        assert 0.9 * one["interval"][0] <= real <= 1.1 * one["interval"][1]
        assert one["inputs"].get("tasks", one["inputs"].get("questions")) == pytest.approx(8)
    assert estimate["estimate.hours"]["value"] > 0
    assert estimate["estimate.total.usd"]["value"] == pytest.approx(
        90 + sum(estimate[f"estimate.{side}.usd"]["value"] for side in ("generator", "verifiers"))
    )


def test_seeds_are_counted_and_gold_does_not_grow(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    gold = [{"prompt": f"q{n}", "completion": f"a{n}", "gold": "good" if n % 2 else "bad"} for n in range(6)]
    checks = [{"check": "judge", "model": "judge", "rubric": "Is it right?", "gold": "gold.jsonl"}]
    with mock(TALKATIVE) as address:
        path = recipe(write_recipe, address)
        (tmp_path / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in gold))
        path.write_text(json.dumps(json.loads(path.read_text()) | {"checks": checks}))
        estimate = numbers(run(path, out=tmp_path, preview=2))
    assert estimate["estimate.generate.rephrase.usd"]["inputs"]["tasks"] == 8
    assert estimate["estimate.check.judge.usd"]["inputs"]["questions"] == pytest.approx(8 + 6)


def test_progress_says_what_was_spent(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(TALKATIVE) as address:
        told = CliRunner().invoke(main, ["run", str(recipe(write_recipe, address)), "--out", str(tmp_path)])
    assert "of 1 USD so far)" in told.stderr
    assert "cost:    90." in told.stdout


def test_a_judge_that_is_asked_in_batches_costs_what_the_batch_costs(
    write_recipe: WriteRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sterling.models.batches.batch.QUIET_S", 0.05)
    with mock(TALKATIVE) as address:
        path = recipe(write_recipe, address)
        plain = json.loads(path.read_text())
        for entry in plain["models"].values():
            entry |= {"batch": True, "poll_s": 0.05, "price": {**PRICE, "batch": 0.5}}
        path.write_text(json.dumps(plain))
        done = run(path, out=tmp_path)
        stats = mock_stats(address)
    assert done.status == "released"
    assert stats["batches"] == 4, "one for the strategy, one for each shard of its records"
    assert numbers(done)["cost.total.usd"]["value"] == pytest.approx(billed(stats) / 2 + 90)
