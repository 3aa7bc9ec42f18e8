"""A small recipe whose records meet every kind of check: duplicates, contamination, and programs in the sandbox."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.pipeline.conftest import MADE_UP, question

from sterling.models.terms import today

WORDS = ["amber", "basalt", "cedar", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "jasper", "kelp"]


def programs_recipe(folder: Path) -> Path:
    """Of 39 programs every fourth is wrong, some are there twice, some nearly, some answer a protected question."""
    (folder / "terms").mkdir(parents=True)
    _write(folder / "terms" / "made-up.yaml", [MADE_UP | {"reviewed": today().isoformat()}])
    anchor = [{"prompt": question(n), "completion": f"#### {3 * (n + 7)}", "topic": n % 10} for n in range(40)]
    _write(folder / "anchor.jsonl", anchor)
    programs = [_program(n) for n in range(36)]
    _write(folder / "programs.jsonl", [*programs, *programs[:3]])
    _write(folder / "recipe.yaml", [_RECIPE])
    return folder / "recipe.yaml"


_RECIPE: Mapping[str, Any] = {
    "name": "small",
    "purpose": "fine-tuning",
    "anchor": [
        {
            "name": "questions", "path": "anchor.jsonl", "split_by": "topic", "origin": "human", "licence": "MIT",
            "attested_by": "the test", "attested_because": "test data stands in for human data",
            "columns": {"prompt": "prompt", "completion": "completion"},
        }
    ],
    "roles": {"train": 0.6, "test": 0.3, "monitor": 0.05, "holdout": 0.05},
    "generate": [
        {
            "strategy": "completions", "path": "programs.jsonl", "service": "local", "terms": "made-up",
            "columns": {n: n for n in ("prompt", "completion", "tests", "entry_point", "model")},
        }
    ],
    "terms": "terms",
    "checks": [{"check": "tests"}, {"check": "exact_duplicates"}, {"check": "near_duplicates", "threshold": 0.7},
               {"check": "contamination", "against": ["test"], "ngram": 8}, {"check": "semantic_duplicates"},
               {"check": "perplexity"}, {"check": "quality"}],
    "engine": {"shard_rows": 6, "workers": 2, "partitions": 3},
}  # fmt: skip


def _program(n: int) -> dict[str, str]:
    if n % 6 == 1:
        before = _program(n - 1)
        return before | {"prompt": f"{before['prompt']} Please."}
    name = f"shift_{n}"
    told = " ".join(WORDS[(n * k) % len(WORDS)] for k in range(1, 9))
    return {
        "prompt": question(n) if n % 5 == 0 else f"Write `{name}`, which adds {n} to its argument. The words: {told}.",
        "completion": f"```python\ndef {name}(x):\n    # {told}\n    return x + {n + (n % 4 == 0)}\n```",
        "tests": f"def check(candidate):\n    assert candidate(1) == {n + 1}\n",
        "entry_point": name,
        "model": f"model-{n % 2}",
    }


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
