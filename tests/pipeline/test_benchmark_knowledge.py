"""A run that asks its teacher what it knows of an exam: paid once, foreseen by the preview, told in the report."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.pipeline.conftest import WriteRecipe
from tests.pipeline.evidence.test_costs import PRICE, REPHRASE, numbers
from tests.pipeline.test_generating import recipe

from sterling.models import mock, mock_stats
from sterling.pipeline import run

EXAM = [
    "Two rivers meet below the old mill near the town, and one of them brings twice as much water as the other "
    "in spring, so how much do both of them bring in a week of rain?",
    "A ferry takes nine people and three cows over the lake each hour, and on Sundays it takes half as many cows "
    "but two more people, so how many legs does it carry on a Sunday?",
]


def answer(request: Mapping[str, Any]) -> str:
    """Knows the first question of the exam, and writes it into whatever it is asked to rephrase."""
    said = str(request["messages"][-1]["content"])
    shown = said.rpartition("\n\n")[2].strip()
    if "word for word" in said:
        return EXAM[0].removeprefix(shown) if EXAM[0].startswith(shown) else "I do not know how this goes on."
    return f"{EXAM[0][:60]} {len(said)} times."


def test_what_the_teacher_knows_is_asked_once_and_counted(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(answer) as address:
        path = recipe(write_recipe, address, [{**REPHRASE[0], "count": 8}], budget={"usd": 1})
        (path.parent / "exam.jsonl").write_text("".join(json.dumps({"q": text}) + "\n" for text in EXAM))
        plain = json.loads(path.read_text())
        for entry in plain["models"].values():
            entry["price"] = PRICE
        plain["checks"] = [{"check": "benchmark_knowledge", "model": "teacher", "against": "exam.jsonl"}]
        plain["waive"] += [{"rule": "synthetic.verified", "because": "a test", "by": "the test"}]
        path.write_text(json.dumps(plain))
        estimate = numbers(run(path, out=tmp_path, preview=2))
        asked = mock_stats(address)["requests"]
        done = run(path, out=tmp_path)
        assert mock_stats(address)["requests"] == asked + 8 - 2
    assert estimate["estimate.check.benchmark_knowledge.usd"]["inputs"]["questions"] == 2
    cost = numbers(done)
    assert (cost["benchmark_knowledge.known"]["inputs"]["hits"], cost["benchmark_knowledge.known"]["n"]) == (1, 2)
    steps = {step["name"]: step for step in done.report["steps"]}
    assert steps["check:benchmark_knowledge"]["reasons"]["near_known_item"] == 8
    assert steps["check:benchmark_knowledge"]["dropped"] == 0
