"""A rehearsal without a script gets every strategy that asks a model as far as a record."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.generate.shop import SHOP

from sterling.models import AskingStrategy
from sterling.pipeline import run
from sterling.registry import available

TOWNS = ("Aar", "Bega", "Cam", "Drava")
PRINCIPLES = "reviewer: the test\ndate: 2025-01-01\nprinciples: {modest: The answer claims no more than it can know.}\n"
WROTE = {"origin": "human", "attested_by": "the test", "attested_because": "it wrote them", "licence": "MIT"}
LEVELS = [{"name": "easy", "instructions": "One step."}, {"name": "hard", "instructions": "Three steps."}]
COLUMNS = {
    "asked": {"kind": "llm", "prompt": "Ask something."},
    "said": {"kind": "llm", "prompt": "Answer: {asked}"},
}
ENTRIES: list[dict[str, Any]] = [
    {"strategy": "adversarial"},
    {"strategy": "backtranslate", "pivots": ["de"]},
    {"strategy": "constitution", "principles": "principles.yml"},
    {"strategy": "constitution", "principles": "principles.yml", "mode": "rank"},
    {"strategy": "curriculum", "levels": LEVELS, "count": 2, "rounds": 2},
    {"strategy": "debate", "judge": "referee", "as": "both", "exchanges": 1},
    {"strategy": "dialogue"},
    {"strategy": "distill", "samples": 1},
    {"strategy": "evaluation", "not_families": ["gpt"]},
    {"strategy": "evaluation", "not_families": ["gpt"], "kinds": ["choice"], "choices": 10},
    {"strategy": "evolve", "compare": True},
    {"strategy": "rephrase"},
    {"strategy": "self_instruct", "count": 2},
    {"strategy": "template", "columns": COLUMNS, "count": 2, "as": {"prompt": "asked", "completion": "said"}},
    {"strategy": "textbook", "shortest": 1},
    {"strategy": "tools", "environment": "shop.yml"},
    {"strategy": "tools", "environment": "shop.yml", "wording": "anchor"},
    {"strategy": "translate", "languages": ["de"]},
]


def rehearsed(folder: Path, entry: dict[str, Any], checks: list[dict[str, Any]], script: Any = True) -> Any:
    """Two records of each; nobody answers at the address that the models have."""
    names = {"teacher": "qwen3-32b", "referee": "mistral-small-3", "examiner": "llama-3.3-70b-instruct"}
    said = {
        "name": "small", "purpose": "fine-tuning", "release": {"licence": "MIT"},
        "anchor": [{"name": "questions", "path": "questions.jsonl", **WROTE}],
        "roles": {"train": 1.0, "test": 0.0, "monitor": 0.0, "holdout": 0.0},
        "models": {name: {"endpoint": "http://127.0.0.1:9/v1", "model": model, "key_env": "NO_SUCH_KEY"}
                   for name, model in names.items()},
        "generate": [{"model": "teacher", **entry}],
        "checks": checks, "mix": {"synthetic_cap": 0.99}, "engine": {"shard_rows": 3, "workers": 1, "partitions": 1},
    }  # fmt: skip
    rows = ({"messages": [{"role": "user", "content": f"Should the town of {town} build a pool?"},
                          {"role": "assistant", "content": f"People in {town} are of two minds about it."}]}
            for town in TOWNS)  # fmt: skip
    questions = "".join(json.dumps(row) + "\n" for row in rows)
    files = {"questions.jsonl": questions, "principles.yml": PRINCIPLES, "shop.yml": SHOP, "r.yaml": json.dumps(said)}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return run(folder / "r.yaml", out=folder, preview=2, rehearse=script)


def made(done: Any) -> list[dict[str, Any]]:
    return [row for row in done.records.arrow.to_pylist() if row["origin"] == "synthetic"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: "-".join(map(str, entry.values()))[:40])
def test_every_strategy_that_asks_writes_something(entry: dict[str, Any], tmp_path: Path) -> None:
    assert made(rehearsed(tmp_path, entry, []))


def test_no_strategy_that_asks_is_forgotten() -> None:
    asking = {name for name, part in available("strategy").items()
              if issubclass(part, AskingStrategy) and part.__module__.startswith("sterling.generate.")}  # fmt: skip
    assert asking == {entry["strategy"] for entry in ENTRIES}


def test_a_judge_of_a_rehearsal_does_not_contradict_itself(tmp_path: Path) -> None:
    entry = {"strategy": "constitution", "principles": "principles.yml"}
    done = rehearsed(tmp_path, entry, [{"check": "judge", "model": "examiner", "rubric": "Is it right?"}])
    reasons = [one["reason"] for one in done.verdicts.arrow.to_pylist() if one["check"] == "judge"]
    assert {*reasons} - {"not_concerned"} <= {"chosen_preferred", "rejected_preferred"}
    assert len({*reasons}) > 1


def test_a_script_needs_only_its_failures(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text("rules: [{first: 1, status: 403}, {rehearse: true}]", encoding="utf-8")
    done = rehearsed(tmp_path, {"strategy": "debate", "judge": "referee"}, [], tmp_path / "script.yaml")
    step = next(one for one in done.report["steps"] if one["name"] == "generate:debate")
    assert (step["produced"], step["reasons"]) == (1, {"forbidden": 1})
