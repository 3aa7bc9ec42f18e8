"""Strategies that aim: at what a student cannot do, at what real data lacks, at what models are to be measured by."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.pipeline.conftest import WriteRecipe

from sterling.ledger import Run
from sterling.models import mock
from sterling.pipeline import run

STUDENT, TEACHER, JUDGE = "llama-3.2-1b", "qwen3-32b", "mistral-small-3"
_SUM = re.compile(r"(\d+) (plus|times) (\d+)")


def answer(request: Mapping[str, Any]) -> str:
    """A student that can add and cannot multiply; a teacher that is right from its third try on; a content judge."""
    text = "\n".join(message["content"] for message in request["messages"])
    if case := re.search(r"<<<(\w+)", text):
        return json.dumps({"case": case[1], "reason": "It is right.", "score": 5})
    if "examination" in text:
        return item(text)
    found = _SUM.search(text)
    if found is None:
        return f"I know nothing of this: {text[:40]}"
    result = int(found[1]) + int(found[3]) if found[2] == "plus" else int(found[1]) * int(found[3])
    if request["model"] == STUDENT:
        return f"It is easy.\n#### {result if found[2] == 'plus' else result + 1}"
    return f"{found[0]} makes {result}, try {request['seed']}.\n#### {result if request['seed'] >= 2 else 0}"


def item(text: str) -> str:
    numbers = re.findall(r"\d+", text.partition("Text:")[2])
    question = f"What do {numbers[0]} and {numbers[1]} make?"
    if '"wrong"' in text:
        return json.dumps({"question": question, "answer": "right one", "wrong": ["half", "double", "nothing"]})
    return json.dumps({"question": question, "answer": "99"})


def question(n: int) -> dict[str, Any]:
    """Every other one a product, in words of its own."""
    a, b = n + 3, 2 * n + 5
    if n % 2:
        said, result = f"A farmer plants {a} times {b} trees in an orchard. How many trees stand there?", a * b
    else:
        said, result = f"Ann has {a} plus {b} marbles in her pocket. How many marbles are that?", a + b
    return {"prompt": said, "completion": f"#### {result}", "answer": str(result)}


def recipe(write_recipe: WriteRecipe, address: str, entry: dict[str, Any], **more: Any) -> Path:
    """Sums and products that people wrote, and three models."""
    models = {name: {"endpoint": address, "model": model, "attempts": 1, "terms": "none", "sampling": {"seed": 0}}
              for name, model in {"student": STUDENT, "teacher": TEACHER, "judge": JUDGE}.items()}  # fmt: skip
    rules = ("mix.synthetic_cap", "mix.real_floor", "models.terms", "generate.seeds")
    path = write_recipe(
        anchor=[{"name": "sums", "path": "sums.jsonl", "origin": "human", "attested_by": "the test", "licence": "MIT",
                 "attested_because": "it wrote them"}],
        roles={"train": 1.0, "test": 0.0, "monitor": 0.0, "holdout": 0.0},
        models=models, generate=[entry], engine={"shard_rows": 50, "workers": 1, "partitions": 2},
        waive=[{"rule": rule, "because": "a test", "by": "the test"} for rule in rules],
        **{"mix": {"synthetic_cap": 0.99}, **more},
    )  # fmt: skip
    rows = "".join(json.dumps(question(n)) + "\n" for n in range(24))
    (path.parent / "sums.jsonl").write_text(rows, encoding="utf-8")
    return path


def rows(done: Run, source: str) -> list[dict[str, Any]]:
    return [row for row in done.records.arrow.to_pylist() if row["source"] == source]


def verdicts(done: Run, check: str) -> dict[str, str]:
    return {v["record"]: v["reason"] for v in done.verdicts.arrow.to_pylist() if v["check"] == check}


def yields(done: Run, strategy: str) -> dict[str, float]:
    """Share that stands, by cell."""
    found = [one for one in done.report["evidence"] if one["name"] == f"generate.{strategy}.yield"]
    return {one["inputs"]["cell"]: one["value"] for one in found}


SOLVED = {"check": "solved", "model": "student", "samples": 2, "by": {"check": "math"}, "human_too": True}


def test_the_teacher_is_asked_where_the_student_fails_until_it_is_right(
    write_recipe: WriteRecipe, tmp_path: Path
) -> None:
    entry = {"strategy": "distill", "model": "teacher", "hears": "solved", "samples": 2, "rounds": 3}
    with mock(answer) as address:
        done = run(recipe(write_recipe, address, entry, checks=[{"check": "math"}, SOLVED]), out=tmp_path)
    assert done.status == "released"
    anchors, found = rows(done, "sums"), rows(done, "distill")
    products = {row["id"] for row in anchors if " times " in row["prompt"]}
    assert {row["parents"][0] for row in found} == products
    judged = verdicts(done, "math")
    tries: dict[str, dict[int, str]] = {}
    for row in found:
        tries.setdefault(row["parents"][0], {})[int(row["row"].rpartition("-")[2])] = judged[row["id"]]
    assert set(tries) == products
    for tried in tries.values():
        assert tried == {number: "equal" if number >= 2 else "different" for number in tried}
        assert 1 <= list(tried.values()).count("equal") <= 2  # once it is verified, nobody asks again
    right = {row["id"] for row in found if judged[row["id"]] == "equal"}
    assert {verdicts(done, "solved")[record] for record in right} == {"unsolved"}
    rates = [json.loads(row["maker"])["sampling"]["pass_rate"] for row in found]
    assert all(0 < rate < 0.8 for rate in rates)
    assert yields(done, "distill")


def test_columns_become_rows_that_their_own_sums_verify(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    columns = {
        "thing": {"kind": "category", "values": {"marbles": 3, "trees": 1}},
        "a": {"kind": "range", "low": 2, "high": 400},
        "b": {"kind": "range", "low": 2, "high": 400},
        "asked": {"kind": "expression", "value": "'How many ' ~ thing ~ ' are ' ~ a ~ ' plus ' ~ b ~ '?'"},
        "total": {"kind": "expression", "value": "a + b"},
        "reply": {"kind": "llm", "prompt": "{asked}", "model": "teacher"},
    }
    entry = {
        "strategy": "template", "columns": columns, "count": 12, "rounds": 2, "cells": ["thing"],
        "as": {"prompt": "asked", "completion": "reply"}, "reference": {"answer": "total"},
    }  # fmt: skip
    with mock(answer) as address:
        path = recipe(write_recipe, address, entry, checks=[{"check": "math"}])
        done = run(path, out=tmp_path)
        again = run(path, out=tmp_path)
    assert done.status == again.status == "released"
    found, judged = rows(done, "template"), verdicts(done, "math")
    assert Counter(judged[row["id"]] for row in found) == {"different": 2, "equal": 12}  # tries 0 and 1 are wrong
    assert {row["row"] for row in found} == {f"row-{n}" for n in range(14)}
    assert set(yields(done, "template")) == {"marbles", "trees"}


def test_items_of_an_evaluation_set_are_measured_on_models(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    entry = {
        "strategy": "evaluation", "model": "teacher", "count": 12, "not_families": ["gpt"], "under_test": ["student"],
    }  # fmt: skip
    checks = [
        {"check": "answer_leaks"},
        {"check": "judge", "model": "judge", "rubric": "Does the key follow from the passage?"},
        {"check": "solved", "models": ["student", "judge"], "samples": 1, "by": {"check": "math"}},
    ]
    more: Any = {"purpose": "evaluation", "mix": {"real": "exclude"}, "release": {"licence": "MIT", "reference": True}}
    with mock(answer) as address:
        done = run(recipe(write_recipe, address, entry, checks=checks, **more), out=tmp_path)
    assert done.status == "released"
    found = rows(done, "evaluation")
    assert len(found) == 12
    kinds = Counter(tag for row in found for tag in row["tags"] if tag.startswith("item:"))
    assert set(kinds) == {"item:short", "item:choice"}
    (finding,) = [f for f in done.report["findings"] if f["rule"] == "evaluation.generator"]
    assert finding["status"] == "met"
    for check, reason in (("solved", "unsolved"), ("answer_leaks", "no_leak")):
        assert {verdicts(done, check)[row["id"]] for row in found} == {reason}
