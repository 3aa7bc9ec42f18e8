"""A recipe whose only verifier is a model: independent or not, down or up, paid once."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import WriteRecipe

from sterling.errors import InputError, PolicyRefused
from sterling.models import mock, mock_stats
from sterling.pipeline import run

WAIVED = [{"rule": "generate.seeds", "because": "a test", "by": "the test"}]
CONTENT = {"rules": [{"match": "<<<(\\w+)", "fill": '{"case": "$1", "reason": "It is right.", "score": 5}'}]}
"""A judge that is content with everything."""


def recipe(write_recipe: WriteRecipe, address: str, teacher: str, **judge: Any) -> Path:
    """Completions of one teacher, judged by a Mistral."""
    path = write_recipe(
        models={"judge": {"endpoint": address, "model": "mistral-small-3", "attempts": 1}},
        checks=[{"check": "judge", "model": "judge", "rubric": "Is it right?"} | judge],
        mix={"synthetic_cap": 0.9},
        waive=[*WAIVED, {"rule": "mix.synthetic_cap", "because": "a test", "by": "the test"}],
        engine={"shard_rows": 10, "workers": 1, "partitions": 3},
    )
    rows = [json.loads(line) for line in (path.parent / "completions.jsonl").read_text().splitlines()]
    text = "".join(json.dumps(row | {"model": teacher}) + "\n" for row in rows)
    (path.parent / "completions.jsonl").write_text(text, encoding="utf-8")
    return path


def released(out: Path) -> int:
    tables = [pq.read_table(path) for path in (out / "releases" / "small" / "data").glob("*.parquet")]
    return sum(origin == "synthetic" for table in tables for origin in table["origin"].to_pylist())


def test_an_independent_judge_verifies(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(CONTENT) as address:
        done = run(recipe(write_recipe, address, "qwen3-32b"), out=tmp_path)
        asked = mock_stats(address)["requests"]
        again = run(recipe(write_recipe, address, "qwen3-32b"), out=tmp_path)
        assert mock_stats(address)["requests"] == asked
    assert done.status == again.status == "released"
    assert released(tmp_path) == 24
    families = {v["family"] for v in done.verdicts.arrow.to_pylist() if v["reason"] == "meets_rubric"}
    assert families == {"independent_model"}


def test_its_own_family_is_not_judged_and_not_released(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """Lint cannot know who wrote imported completions; the engine does."""
    with mock(CONTENT) as address:
        done = run(recipe(write_recipe, address, "mixtral-8x7b"), out=tmp_path)
        asked = mock_stats(address)["requests"]
    assert asked == sum(v["reason"] == "meets_rubric" for v in done.verdicts.arrow.to_pylist())
    assert released(tmp_path) == 0
    [line] = [step for step in done.report["steps"] if step["name"] == "check:judge"]
    assert line["reasons"]["same_family"] == 24


def test_a_judge_that_accepts_its_own_family_needs_a_waiver(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(CONTENT) as address, pytest.raises(PolicyRefused, match=r"judge\.independent"):
        run(recipe(write_recipe, address, "mixtral-8x7b", same_family="accept"), out=tmp_path)


def test_an_answer_that_is_owed_is_asked_for_by_the_next_run(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """The provider fails for one record: that one is missing, the others are released, and only it is paid later."""
    script = {"rules": [{"match": "case 3 gives", "status": 503}, *CONTENT["rules"]]}
    with mock(script) as address:
        first = run(recipe(write_recipe, address, "qwen3-32b"), out=tmp_path)
        asked = mock_stats(address)["requests"]
    assert released(tmp_path) == 23
    assert any("owed" in sentence for sentence in first.report["outcome"]["sentences"])
    with mock(CONTENT) as address:
        second = run(recipe(write_recipe, address, "qwen3-32b"), out=tmp_path)
        assert mock_stats(address)["requests"] == 1
    assert asked > 20
    assert released(tmp_path) == 24
    assert not any("owed" in sentence for sentence in second.report["outcome"]["sentences"])


def test_changing_a_threshold_pays_for_nothing(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(CONTENT) as address:
        run(recipe(write_recipe, address, "qwen3-32b"), out=tmp_path)
        asked = mock_stats(address)["requests"]
        run(recipe(write_recipe, address, "qwen3-32b", threshold=4.5), out=tmp_path)
        assert mock_stats(address)["requests"] == asked


def test_a_judge_with_a_wrong_key_ends_the_run(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with (
        mock({"rules": [{"status": 401}]}) as address,
        pytest.raises(InputError, match="`mistral-small-3` cannot be asked"),
    ):
        run(recipe(write_recipe, address, "qwen3-32b"), out=tmp_path)
