"""The strategies that write texts, from one anchor through one scripted model to the records of a run."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.pipeline.conftest import WriteRecipe

from sterling.ledger import Run
from sterling.models import mock, mock_stats
from sterling.pipeline import run

LAKES = ("Thun", "Brienz", "Zug", "Biel", "Sarnen", "Hallwil", "Baldegg", "Sempach")
TEACHER = {"model": "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "attempts": 1}
TEXTS = ("rephrase", "textbook")
EVERY = ("backtranslate", "evolve", *TEXTS, "self_instruct", "translate")


def answer(request: Mapping[str, Any]) -> str:
    """A model that does as it is told, but gives the lake of Zug back as it was."""
    text = "\n".join(message["content"] for message in request["messages"])
    lake = next((name for name in LAKES if name in text), "none")
    kinds: list[tuple[str, Callable[[re.Match[str]], str]]] = [
        (r"<<<(\w+)", lambda case: json.dumps({"case": case[1], "reason": "It is right.", "score": 5})),
        (r"^Translate the .* \((\w+)\)[.].*\nText:\n\n(.*)", lambda said: translated(said[2].strip(), said[1])),
        (r"^Write the text below anew, as (.*?)[.]\n.*\nText:\n\n(.*)",
         lambda said: said[2] if lake == "Zug" else f"{said[1][:30]}: the lake of {lake}, anew."),
        (r"^Here is an extract.*, for (.*?)[.]", lambda said: f"Why the lake of {lake} is deep, for {said[1][:30]}."),
        (r"Write (\d+) new requests", lambda said: json.dumps({"requests": [
            f"Count {n} to {len(text)} at {lake}!" for n in range(int(said[1]))]})),
        (r"Request:(.*)", lambda said: f"{said[1].strip()} Give your reason."),
        (r"SAME", lambda _: "DIFFERENT"),
        (r"", lambda _: f"An answer on the lake of {lake}."),
    ]  # fmt: skip
    found = ((re.search(pattern, text, re.DOTALL), reply) for pattern, reply in kinds)
    return next(reply(match) for match, reply in found if match)


def translated(text: str, language: str) -> str:
    """Into a toy language and back; the way back changes an order of words."""
    if language == "en":
        return text.removeprefix(f"{text.split(maxsplit=1)[0]} ").replace("How deep is", "What is the depth of")
    return f"auf-{language} {text}"


def recipe(write_recipe: WriteRecipe, address: str, strategies: list[dict[str, Any]], **more: Any) -> Path:
    """Lakes, a distilled teacher and a judge of another family."""
    models = {name: {"endpoint": address, "terms": "none", **model} for name, model in
              {"teacher": TEACHER, "judge": {"model": "mistral-small-3", "attempts": 1}}.items()}  # fmt: skip
    waived = [{"rule": rule, "because": "a test", "by": "the test"} for rule in ("mix.synthetic_cap", "models.terms")]
    path = write_recipe(
        anchor=[{"name": "lakes", "path": "lakes.jsonl", "origin": "human", "attested_by": "the test", "licence": "MIT",
                 "attested_because": "it wrote them", "columns": {"prompt": "prompt", "completion": "completion"}}],
        roles={"train": 1.0, "test": 0.0, "monitor": 0.0, "holdout": 0.0},
        models=models,
        generate=[{"model": "teacher", **strategy} for strategy in strategies],
        checks=[{"check": "novelty", "threshold": 1.0}, {"check": "judge", "model": "judge", "rubric": "Is it right?"}],
        mix={"synthetic_cap": 0.99}, waive=waived, engine={"shard_rows": 20, "workers": 1, "partitions": 2}, **more,
    )  # fmt: skip
    rows = [
        {"prompt": f"How deep is the lake of {name}?", "completion": f"The lake of {name} is {n * 7 + 90} m deep, "
         "as was found out with a rope and a stone of ten pounds, which took a whole day."}
        for n, name in enumerate(LAKES)
    ]  # fmt: skip
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (path.parent / "lakes.jsonl").write_text(lines, encoding="utf-8")
    return path


def made(done: Run, source: str) -> list[dict[str, Any]]:
    """The records that an entry wrote."""
    return [row for row in done.records.arrow.to_pylist() if row["source"] == source]


def line(done: Run, source: str) -> dict[str, Any]:
    return next(step for step in done.report["steps"] if step["name"] == f"generate:{source}")


def test_a_run_of_them_all(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    strategies: list[dict[str, Any]] = [
        {"strategy": "backtranslate", "pivots": ["de", "tr"]},
        {"strategy": "evolve", "generations": 2},
        {"strategy": "evolve", "name": "evolved-again", "seeds": "evolve", "count": 4},
        {"strategy": "rephrase"},
        {"strategy": "self_instruct", "count": 8, "batch": 4, "rounds": 2},
        {"strategy": "textbook", "count": 8},
        {"strategy": "translate", "languages": ["de", "sw"], "per_seed": 2},
    ]
    with mock(answer) as address:
        done = run(recipe(write_recipe, address, strategies), out=tmp_path)
    what_was_requested_is_produced_or_a_fault(done)
    each_says_its_task_its_parents_and_its_format(done)
    a_distilled_teacher_and_each_generation_add_to_the_depth(done)
    self_instruct_shows_what_it_wrote_and_the_judge_kept(done)


def what_was_requested_is_produced_or_a_fault(done: Run) -> None:
    counts = {name: line(done, name) for name in (*EVERY, "evolved-again")}
    assert all(one["requested"] == one["produced"] + one["faults"] for one in counts.values())
    produced = {name: (one["produced"], one["faults"]) for name, one in counts.items()}
    assert produced == {
        "backtranslate": (8, 0), "evolve": (8, 0), "evolved-again": (4, 0), "rephrase": (7, 1), "self_instruct": (8, 0),
        "textbook": (8, 0), "translate": (16, 0),
    }  # fmt: skip
    assert counts["rephrase"]["reasons"] == {"unchanged": 1}


def each_says_its_task_its_parents_and_its_format(done: Run) -> None:
    human = {row["id"] for row in made(done, "lakes")}
    for name in EVERY:
        rows = made(done, name)
        assert {row["format"] for row in rows} == ({"text"} if name in TEXTS else {"prompt_completion"})
        assert all(f"task:{name}" in row["tags"] and row["origin"] == "synthetic" for row in rows)
        assert name == "self_instruct" or all(len(row["parents"]) == 1 and {*row["parents"]} <= human for row in rows)


def a_distilled_teacher_and_each_generation_add_to_the_depth(done: Run) -> None:
    depths = {name: {row["depth"] for row in made(done, name)} for name in (*EVERY, "evolved-again")}
    assert depths == {name: {2} for name in EVERY} | {"self_instruct": {2, 4}, "evolved-again": {4}}
    makers = [json.loads(row["maker"]) for name in EVERY for row in made(done, name)]
    assert {maker["family"] for maker in makers} == {"deepseek+qwen"}


def self_instruct_shows_what_it_wrote_and_the_judge_kept(done: Run) -> None:
    rows = made(done, "self_instruct")
    first, second = ({row["id"]: row for row in rows if row["depth"] == depth} for depth in (2, 4))
    assert len(first) == len(second) == 4
    assert all({*row["parents"]} & first.keys() for row in second.values())


def test_an_own_prompt_is_another_template_and_makes_its_step_anew(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    own = tmp_path / "own.md"
    own.write_text("Write the text below anew, as {style}.\nText:\n\n{passage}", encoding="utf-8")
    shipped, mine = {"strategy": "textbook"}, {"strategy": "rephrase", "prompts": {"rephrase": "own.md"}}

    def walk(address: str, strategies: list[dict[str, Any]]) -> tuple[Run, int]:
        before = mock_stats(address)["requests"]
        done = run(recipe(write_recipe, address, strategies), out=tmp_path)
        return done, mock_stats(address)["requests"] - before

    def template(done: Run, source: str) -> set[str]:
        return {json.loads(row["maker"])["template"] for row in made(done, source)}

    with mock(answer) as address:
        bare, _ = walk(address, [shipped, {"strategy": "rephrase"}])
        first, _ = walk(address, [shipped, mine])
        assert template(first, "rephrase").isdisjoint(template(bare, "rephrase"))
        assert template(first, "textbook") == template(bare, "textbook")
        own.write_text(own.read_text("utf-8").replace("Text:", "\nText:"), encoding="utf-8")
        second, asked = walk(address, [shipped, mine])
    assert template(second, "rephrase").isdisjoint(template(first, "rephrase"))
    assert asked >= len(LAKES)
    assert made(second, "textbook") == made(first, "textbook")


def test_a_strategy_that_no_seed_suits_says_so(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with mock(answer) as address:
        strategies: list[dict[str, Any]] = [{"strategy": "rephrase"}, {"strategy": "textbook", "shortest": 100_000}]
        done = run(recipe(write_recipe, address, strategies), out=tmp_path)
    idle = line(done, "textbook")
    assert (idle["requested"], idle["produced"], idle["faults"]) == (1, 0, 1)
    assert idle["reasons"] == {"no_seed_suits": 1}
    assert len(made(done, "rephrase")) == 7
