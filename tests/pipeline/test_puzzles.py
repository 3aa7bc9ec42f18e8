"""Items of reasoning-gym from recipe to release, and a curriculum that a student walks up."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import WriteRecipe

from sterling.models import mock, mock_stats
from sterling.pipeline import check_policy, run

if find_spec("reasoning_gym") is None:
    pytest.skip("the `procedural` extra is not installed", allow_module_level=True)

WAIVED = [{"rule": rule, "because": "a test", "by": "the test"} for rule in ("mix.synthetic_cap", "models.terms")]


def recipe(write_recipe: WriteRecipe, generate: Mapping[str, Any], **more: Any) -> Path:
    given = {
        "generate": [generate],
        "mix": {"synthetic_cap": 0.9},
        "waive": WAIVED,
        "checks": [{"check": "procedural"}],
    }
    return write_recipe(**given | more)


def made(done: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = done.records.arrow.to_pylist()
    return [row for row in rows if row["origin"] == "synthetic"]


def test_items_are_made_checked_and_released(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """Questions of one dataset share their wording, and yet are no near duplicates of each other."""
    datasets = {"chain_sum": {"level": 1}, "binary_matrix": {}, "word_ladder": {}}
    checks = [{"check": "procedural"}, {"check": "exact_duplicates"}, {"check": "near_duplicates"}]
    path = recipe(write_recipe, {"strategy": "procedural", "datasets": datasets, "count": 12}, checks=checks)
    done = run(path, out=tmp_path)
    assert done.status == "released"
    rows = {row["id"] for row in made(done)}
    said = Counter((v["check"], v["outcome"], v["reason"]) for v in done.verdicts.arrow.to_pylist()
                   if v["record"] in rows and v["check"] != "mix")  # fmt: skip
    assert said == {
        ("procedural", "keep", "correct"): 12,
        ("exact_duplicates", "keep", "unique"): 12,
        ("near_duplicates", "keep", "unique"): 12,
    }
    assert {e["name"] for e in done.report["evidence"]} >= {"procedural.cpu_s", "procedural.other_answer"}


def test_the_policy_asks_no_seeds_of_a_program(write_recipe: WriteRecipe) -> None:
    path = recipe(write_recipe, {"strategy": "procedural", "datasets": {"chain_sum": {}}, "count": 5})
    (found,) = [finding for finding in check_policy(path) if finding.rule == "generate.seeds"]
    assert (found.status, found.what) == ("met", "programs write what is generated, with the answers")


def test_a_student_walks_up_to_what_it_cannot_do(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """It adds up to five numbers, and gives up where there are more: that is one level above the first."""

    def student(request: Mapping[str, Any]) -> str:
        terms = re.search(r"problem: (.*) =", str(request["messages"][-1]["content"]))
        assert terms is not None
        able = len(terms[1].split()) <= 2 * 5 - 1
        return f"I add.\n<answer>{eval(terms[1]) if able else 'too many'}</answer>"

    own = [{"min_terms": n, "max_terms": n} for n in (3, 5, 7)]
    generate = {"strategy": "curriculum", "datasets": {"chain_sum": {"levels": own}}, "hears": "solved", "count": 40,
                "rounds": 4}  # fmt: skip
    with mock(student) as address:
        models = {"student": {"endpoint": address, "model": "qwen3-0.6b", "attempts": 1}}
        solved = {"check": "solved", "model": "student", "samples": 1, "by": {"check": "procedural"}}
        path = recipe(write_recipe, generate, models=models, checks=[{"check": "procedural"}, solved],
                      engine={"shard_rows": 10, "workers": 1, "partitions": 3})  # fmt: skip
        done = run(path, out=tmp_path)
        assert mock_stats(address)["requests"] == 40
    rounds = [re.fullmatch(r"chain_sum/round-(\d)/level-(\d)/\d+", row["row"]) for row in made(done)]
    assert {(one[1], one[2]) for one in rounds if one} == {("1", "0"), ("2", "1"), ("3", "2"), ("4", "1")}
    assert {tag for row in made(done) for tag in row["tags"] if tag.startswith("level:")} == {
        "level:0", "level:1", "level:2",
    }  # fmt: skip
    assert json.loads(made(done)[0]["maker"])["strategy"] == "curriculum"
