"""Strategies that ask models, from anchor to release: paid once, resumed, in rounds."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import WriteRecipe

from sterling.errors import InputError, NotAnswered
from sterling.models import mock, mock_stats
from sterling.pipeline import run

STORIES = "".join(
    json.dumps({"text": f"The river {name} rises in valley {n} and is {n * 7 + 11} km long."}) + "\n"
    for n, name in enumerate(("Aar", "Bega", "Cam", "Drava", "Ems", "Forth", "Glomma", "Havel"))
)
TALKATIVE = {
    "rules": [
        {"match": "<<<(\\w+)", "fill": '{"case": "$1", "reason": "It is right.", "score": 5}'},
        {"match": "(?s)anew, as ([^.]{1,30})[^.]*\\..*?river (\\w+)", "fill": "In the manner of $1: it is river $2."},
    ]
}
WAIVED = [{"rule": rule, "because": "a test", "by": "the test"} for rule in ("mix.synthetic_cap", "models.terms")]


def recipe(write_recipe: WriteRecipe, address: str, strategies: list[dict[str, Any]], **more: Any) -> Path:
    """Rivers, a teacher and a judge of another family."""
    models = {
        "teacher": {"endpoint": address, "model": "qwen3-32b", "attempts": 1},
        "judge": {"endpoint": address, "model": "mistral-small-3", "attempts": 1},
    }
    path = write_recipe(
        anchor=[{"name": "rivers", "path": "rivers.jsonl", "origin": "human", "attested_by": "the test",
                 "attested_because": "it wrote them", "licence": "CC0-1.0"}],
        roles={"train": 1.0, "test": 0.0, "monitor": 0.0, "holdout": 0.0},
        models=models, generate=strategies, checks=[{"check": "judge", "model": "judge", "rubric": "Is it right?"}],
        mix={"synthetic_cap": 0.99}, waive=WAIVED, engine={"shard_rows": 3, "workers": 1, "partitions": 3}, **more,
    )  # fmt: skip
    (path.parent / "rivers.jsonl").write_text(STORIES, encoding="utf-8")
    return path


def made(done: Any, source: str = "rephrase") -> list[dict[str, Any]]:
    """The records that a strategy wrote."""
    return [row for row in done.records.arrow.to_pylist() if row["source"] == source]


def test_every_seed_is_rephrased_once_and_a_second_run_asks_nothing(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(TALKATIVE) as address:
        first = run(recipe(write_recipe, address, [{"strategy": "rephrase", "model": "teacher"}]), out=tmp_path)
        asked = mock_stats(address)["requests"]
        run(recipe(write_recipe, address, [{"strategy": "rephrase", "model": "teacher"}]), out=tmp_path)
        assert mock_stats(address)["requests"] == asked == 16
    assert first.status == "released"
    records = made(first)
    assert len(records) == 8
    assert {json.loads(row["maker"])["family"] for row in records} == {"qwen"}
    assert len({tuple(row["parents"]) for row in records}) == 8


def test_without_its_run_folder_the_journal_pays(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(TALKATIVE) as address:
        done = run(recipe(write_recipe, address, [{"strategy": "rephrase", "model": "teacher"}]), out=tmp_path)
        first = made(done)
    shutil.rmtree(tmp_path / "runs")
    with mock(TALKATIVE) as address:
        again = run(recipe(write_recipe, address, [{"strategy": "rephrase", "model": "teacher"}]), out=tmp_path)
        assert mock_stats(address)["requests"] == 0
    assert made(again) == first


def test_a_wrong_key_ends_the_run_at_once(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock({"rules": [{"status": 401, "message": "bad key"}]}) as address:
        with pytest.raises(InputError, match=r"(?s)cannot be asked.*key_env"):
            run(recipe(write_recipe, address, [{"strategy": "rephrase", "model": "teacher", "count": 8}]), out=tmp_path)
        assert mock_stats(address)["requests"] <= 8


def test_a_dropped_candidate_is_made_again_in_another_cell(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """The judge refuses the style `plain`: in the second round those seeds come back in other styles."""
    refusal = {"match": "(?s)<<<(\\w+).*simple words", "fill": '{"case": "$1", "reason": "No.", "score": 1}'}
    strict = {"rules": [refusal, *TALKATIVE["rules"]]}
    with mock(strict) as address:
        strategy = {"strategy": "rephrase", "model": "teacher", "count": 8, "rounds": 4}
        done = run(recipe(write_recipe, address, [strategy]), out=tmp_path)
    records = made(done)
    refused = [row for row in records if "cell:plain" in row["tags"]]
    assert refused
    assert len(records) == 8 + len(refused)


def test_a_strategy_starts_from_what_another_one_made_and_the_judge_kept(
    write_recipe: WriteRecipe, tmp_path: Path
) -> None:
    with mock(TALKATIVE) as address:
        chain = [
            {"strategy": "rephrase", "model": "teacher"},
            {"strategy": "rephrase", "name": "again", "model": "teacher", "seeds": "rephrase"},
        ]
        done = run(recipe(write_recipe, address, chain), out=tmp_path)
    first, second = made(done), made(done, "again")
    assert {row["depth"] for row in first} == {1}
    assert {row["depth"] for row in second} == {2}
    assert {parent for row in second for parent in row["parents"]} <= {row["id"] for row in first}


def test_a_rehearsal_asks_no_model_and_keeps_nothing(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    textbook = {"strategy": "textbook", "model": "teacher", "shortest": 1}  # its prompt ends in wording of its own
    generate: list[dict[str, Any]] = [{"strategy": "rephrase", "model": "teacher"}, textbook]
    path = recipe(write_recipe, "http://127.0.0.1:9/v1", generate)
    done = run(path, out=tmp_path, preview=3, rehearse=True)
    assert done.report["outcome"]["headline"].startswith("A rehearsal, answered by no model")
    assert {row["source"] for row in done.records.arrow.to_pylist() if row["origin"] == "synthetic"} == {
        "rephrase", "textbook",
    }  # fmt: skip
    assert {v["reason"] for v in done.verdicts.arrow.to_pylist() if v["check"] == "judge"} >= {"meets_rubric"}
    assert not (tmp_path / ".sterling").exists()
    with pytest.raises(InputError, match="--preview"):
        run(path, out=tmp_path, rehearse=True)


def test_the_report_shows_what_each_cell_yields(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(TALKATIVE) as address:
        strategy = {"strategy": "rephrase", "model": "teacher", "per_seed": 3}
        done = run(recipe(write_recipe, address, [strategy]), out=tmp_path)
    yields = {e["inputs"]["cell"]: e for e in done.report["evidence"] if e["name"] == "generate.rephrase.yield"}
    assert sum(e["n"] for e in yields.values()) == 24
    assert done.release is not None
    assert "plain" in (done.release / "report.html").read_text()


def test_no_key_is_in_anything_that_a_run_leaves(
    write_recipe: WriteRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every error path is provoked in one run: the server repeats the key in each of them."""
    key = "sk-planted-0123456789abcdef"
    monkeypatch.setenv("PLANTED", key)
    bad: list[dict[str, Any]] = [
        {"match": "valley 0 ", "status": 500, "echo_key": True},
        {"match": "valley 1 ", "status": 400, "echo_key": True},
        {"match": "valley 2 ", "body": f"<html>{key}"},
        {"match": "valley 3 ", "answer": f"Your key is {key}."},
        {"match": "valley 4 ", "answer": key, "finish": "length"},
        {"match": "valley 5 ", "drop": "within", "answer": key * 9},
        {"match": "valley 6 ", "body": json.dumps({"choices": [], "key": key})},
    ]
    with mock({"rules": [*bad, *TALKATIVE["rules"]]}) as address:
        path = recipe(write_recipe, address, [{"strategy": "rephrase", "model": "teacher", "max_bad_share": 1.0}])
        plain = json.loads(path.read_text())
        for model in plain["models"].values():
            model["key_env"] = "PLANTED"
        path.write_text(json.dumps(plain))
        done = run(path, out=tmp_path)
    assert {row["reason"] for row in done.faults.arrow.to_pylist()} >= {
        "server_error",
        "bad_request",
        "garbage",
        "truncated",
    }
    shown = capfd.readouterr()
    assert key not in shown.out + shown.err + repr(done.report)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert key.encode() not in file.read_bytes(), file


def test_a_teacher_that_is_down_ends_the_run_and_the_next_one_goes_on(
    write_recipe: WriteRecipe, tmp_path: Path
) -> None:
    strategy = [{"strategy": "rephrase", "model": "teacher"}]
    with mock({"rules": [{"status": 503}]}) as address, pytest.raises(NotAnswered, match="no answer to any of 8 tasks"):
        run(recipe(write_recipe, address, strategy), out=tmp_path)
    assert not (tmp_path / "releases").exists()
    with mock(TALKATIVE) as address:
        assert len(made(run(recipe(write_recipe, address, strategy), out=tmp_path))) == 8


def test_a_cut_off_answer_costs_its_task_alone(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """It is no cut-off file of stored rows, though the reason has the same name."""
    cut = {"match": "valley 3 ", "answer": "The river", "finish": "length"}
    with mock({"rules": [cut, *TALKATIVE["rules"]]}) as address:
        done = run(recipe(write_recipe, address, [{"strategy": "rephrase", "model": "teacher"}]), out=tmp_path)
    assert len(made(done)) == 7
    (fault,) = done.faults.arrow.to_pylist()
    assert (fault["reason"], fault["boundary"], fault["owed"]) == ("truncated", "provider", False)


def test_the_report_counts_seeds_left_out_and_cells_that_only_fail(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """Without `count`, a second round puts each seed of the failing style into the other one."""
    strategy = {"strategy": "rephrase", "model": "teacher", "longest": 200, "rounds": 2,
                "styles": {"bad": "bad prose", "good": "good prose"}}  # fmt: skip
    refusal = {"match": "bad prose", "answer": "I am sorry, but I cannot help with that."}
    with mock({"rules": [TALKATIVE["rules"][0], refusal, TALKATIVE["rules"][1]]}) as address:
        path = recipe(write_recipe, address, [strategy])
        (path.parent / "rivers.jsonl").write_text(STORIES + json.dumps({"text": "Long. " * 60}) + "\n")
        done = run(path, out=tmp_path)
    found = {(e["name"], e["inputs"].get("cell")): e for e in done.report["evidence"]}
    left_out = found["generate.rephrase.unsuited", None]
    assert (left_out["inputs"]["hits"], left_out["n"]) == (1, 9)
    bad, good = (found["generate.rephrase.yield", cell] for cell in ("bad", "good"))
    assert bad["n"] > 0
    assert (bad["value"], good["value"], good["n"]) == (0.0, 1.0, 8)
