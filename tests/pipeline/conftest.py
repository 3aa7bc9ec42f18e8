import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sterling.models.terms import USES, today

WriteRecipe = Callable[..., Path]

MADE_UP = {
    "id": "made-up",
    "provider": "the test",
    "document": {"title": "Terms of the Test", "url": "https://example.invalid/terms", "version": "1"},
    "applies": {"services": ["local"]},
    "uses": dict.fromkeys(USES, "permitted"),
    "says": "The models of this test do not exist, and their makers allow everything.",
    "reviewer": "the test",
}
"""Reviewed terms of models that do not exist; `reviewed` is the day of the test."""


def question(n: int) -> str:
    subject = ["apples", "pencils", "lamps", "tickets", "kites", "stamps", "bricks"][n % 7]
    return f"Case {n * n}: {n} {subject} cost {3 * n} coins altogether, how many coins for {n + 7} {subject}?"


@pytest.fixture
def write_recipe(tmp_path: Path) -> WriteRecipe:
    """`small_recipe` in the folder of a test."""
    return partial(small_recipe, tmp_path)


def small_recipe(folder: Path, questions: int = 30, completions: int = 24, **more: Any) -> Path:
    """A small recipe without sandbox: questions as anchor, stored completions of two made-up models, mathematics."""
    anchor = [{"prompt": question(n), "completion": f"#### {3 * (n + 7)}", "topic": n % 10} for n in range(questions)]
    answers = [
        {
            "prompt": question(1000 + n),
            "completion": f"Each costs 3, so case {n} gives\nA: {3 * (1007 + n) + (n % 4 == 0)}",
            "answer": str(3 * (1007 + n)),
            "model": f"model-{n % 2}",
        }
        for n in range(completions)
    ]
    (folder / "terms").mkdir(exist_ok=True)
    signed = MADE_UP | {"reviewed": today().isoformat()}
    (folder / "terms" / "made-up.yaml").write_text(json.dumps(signed), encoding="utf-8")
    for name, rows in (("anchor.jsonl", anchor), ("completions.jsonl", answers)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    recipe = {
        "name": "small",
        "purpose": "fine-tuning",
        "anchor": [
            {
                "name": "questions", "path": "anchor.jsonl", "split_by": "topic", "origin": "human",
                "licence": "MIT",
                "attested_by": "the test", "attested_because": "test data stands in for human data",
                "columns": {"prompt": "prompt", "completion": "completion"},
            }
        ],
        "generate": [
            {
                "strategy": "completions", "path": "completions.jsonl",
                "columns": {"prompt": "prompt", "completion": "completion", "answer": "answer", "model": "model"},
                "service": "local", "terms": "made-up",
            }
        ],
        "terms": "terms",
        "checks": [{"check": "math"}, {"check": "exact_duplicates"}, {"check": "near_duplicates"},
                   {"check": "contamination", "against": ["test"]}],
        "mix": {"synthetic_cap": 0.3},
        "release": {"licence": "MIT"},
        "engine": {"shard_rows": 5, "workers": 1, "partitions": 3},
    } | more  # fmt: skip
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe, indent=1), encoding="utf-8")
    return path
