"""Rows of typed columns: what waits for what, what is asked, and what is refused before anything is asked."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.generate.conversing import QWEN, as_json, asked, endpoint

from sterling.errors import RecipeError
from sterling.generate.template import Template
from sterling.models import endpoints_of, mock, mock_stats, store
from sterling.models.mocking.mock import Scripted
from sterling.recipes import load
from sterling.records import Fault, Record
from sterling.registry import Past

COLUMNS: dict[str, Any] = {
    "reply": {"kind": "llm", "prompt": "Answer this: {letter} ({mood.mood})"},
    "product": {"kind": "category", "values": {"kettle": 3, "lamp": 1}},
    "fault": {"kind": "subcategory", "of": "product", "values": {"kettle": ["leaks"], "lamp": ["hums", "flickers"]}},
    "n": {"kind": "range", "low": 1, "high": 9},
    "total": {"kind": "expression", "value": "n * 7"},
    "letter": {"kind": "llm", "prompt": "Complain: {product}, {fault}, {total} coins"},
    "mood": {"kind": "llm", "prompt": "Which mood? {letter}", "form": {"level": "integer", "mood": ["calm", "angry"]}},
}
AS = {"prompt": "letter", "completion": "reply"}


def script(request: Mapping[str, Any]) -> str:
    text = request["messages"][-1]["content"]
    if "JSON" in text:
        return as_json(level=2, mood="calm")
    return f"{text.partition(':')[0]} number {request.get('seed', 0)} about {text.partition(':')[2].strip()}"


def rows(
    folder: Path,
    script: Scripted = script,
    seeds: Sequence[Record] = (),
    past: Past = Past(),  # noqa: B008 - frozen
    shape: Mapping[str, Any] = AS,
    **said: Any,
) -> list[Record | Fault]:
    """What the strategy makes; `model` is the address where the script is served, unless it is None."""
    store.use(folder)
    try:
        with mock(script) as address:
            model = said.pop("model", endpoint(address) | {"sampling": {"seed": 0}})
            options = {"columns": COLUMNS, "as": shape, "count": 4, "model": model, **said}
            strategy = Template.model_validate(options, context={"base": folder})
            tasks = list(strategy.tasks(seeds, past, 5))
            found = {proposal.task.row: proposal.open() for proposal in strategy.propose_all(tasks, "rows")}
            return [one for task in tasks for one in found[task.row]]
    finally:
        store.close()
        store.use(None)


def records(found: list[Record | Fault]) -> list[Record]:
    assert all(isinstance(one, Record) for one in found), found
    return [one for one in found if isinstance(one, Record)]


def columns_of(record: Record) -> Mapping[str, Any]:
    assert record.reference is not None
    found: Mapping[str, Any] = record.reference["columns"]
    return found


def test_a_row_is_filled_in_the_order_of_what_its_columns_refer_to(tmp_path: Path) -> None:
    first, *others = records(rows(tmp_path, cells=["product", "fault"], reference={"answer": "total"}))
    row = columns_of(first)
    assert list(row) == list(COLUMNS)
    assert row["total"] == row["n"] * 7
    assert row["letter"].startswith(f"Complain number 0 about {row['product']}, {row['fault']}, {row['total']} coins")
    assert row["mood"] == {"level": 2, "mood": "calm"}
    assert row["reply"].endswith(f"about {row['letter']} (calm)")
    assert first.payload == {"prompt": row["letter"], "completion": row["reply"]}
    assert first.reference is not None
    assert first.reference["answer"] == row["total"]
    assert first.tags == (
        "task:template", f"cell:{row['product']}/{row['fault']}", f"product:{row['product']}", f"fault:{row['fault']}",
    )  # fmt: skip
    assert len({record.id for record in (first, *others)}) == 4
    assert first.maker is not None
    assert (first.maker.family, first.depth) == ("qwen", 1)


@pytest.mark.parametrize(
    ("shape", "reference", "why"),
    [
        (AS, {"answer": "total"}, None),  # a model answers, and chance knows the answer
        (AS, {"answer": "mood.level"}, "own_key"),
        ({"prompt": "letter", "completion": "total"}, {"answer": "total"}, "carried_answer"),
        ({"messages": [{"user": "letter"}, {"assistant": "total"}]}, {"answer": "total"}, "carried_answer"),
        ({"prompt": "fault", "completion": "total"}, {"answer": "total"}, None),  # no model wrote any of it
        ({"prompt": "letter", "completion": "total"}, {}, None),
    ],
)
def test_a_key_that_agrees_with_anything_says_so(
    shape: Mapping[str, Any], reference: Mapping[str, str], why: str | None, tmp_path: Path
) -> None:
    (record,) = records(rows(tmp_path, shape=shape, reference=reference, count=1))
    assert record.reference is not None
    assert record.reference.get("unproven") == why


def test_equal_rows_are_different_samples(tmp_path: Path) -> None:
    columns = {"poem": {"kind": "llm", "prompt": "Write: a poem"}}
    found = records(rows(tmp_path, columns=columns, shape={"text": "poem"}))
    assert [record.payload["text"] for record in found] == [f"Write number {n} about a poem" for n in range(4)]


def test_chance_is_a_function_of_the_row_and_the_columns_name(tmp_path: Path) -> None:
    before = [columns_of(record) for record in records(rows(tmp_path))]
    more = {"colour": {"kind": "category", "values": ["red", "blue"]}, **COLUMNS}
    after = [columns_of(record) for record in records(rows(tmp_path, columns=more))]
    assert [{k: v for k, v in row.items() if k != "colour"} for row in after] == before
    past = Past(round=2, kept=3, tried=frozenset({"row-0", "row-1", "row-2", "row-3"}))
    (owed,) = records(rows(tmp_path, past=past))
    assert owed.row == "row-4"


def test_columns_that_do_not_need_each_other_are_asked_for_together(tmp_path: Path) -> None:
    """While the first question waits for its answer, the second one arrives."""
    columns = {
        "one": {"kind": "llm", "prompt": "one"}, "two": {"kind": "llm", "prompt": "two"},
        "both": {"kind": "expression", "value": "one ~ ' ' ~ two"},
    }  # fmt: skip
    slow = {"rules": [{"answer": "x", "latency_s": 0.3}]}
    store.use(tmp_path)
    with mock(slow) as address:
        options = {"columns": columns, "as": {"text": "both"}, "count": 1, "model": endpoint(address)}
        strategy = Template.model_validate(options)
        (task,) = strategy.tasks([], Past(), 0)
        (record,) = strategy.propose(task, "rows")
        assert isinstance(record, Record)
        assert record.payload == {"text": "x x"}
        assert mock_stats(address)["in_flight_max"] == 2
    store.close()
    store.use(None)


def test_without_a_model_column_nobody_is_asked(tmp_path: Path) -> None:
    columns = {
        "buyer": {"kind": "person"}, "n": COLUMNS["n"], "old": {"kind": "expression", "value": "buyer.age >= 65"},
    }  # fmt: skip
    found = records(rows(tmp_path, model=None, columns=columns, shape={"fields": ["buyer.age", "old", "n"]}))
    for record in found:
        row = columns_of(record)
        assert record.payload == {
            "fields": {"buyer_age": row["buyer"]["age"], "old": row["buyer"]["age"] >= 65, "n": row["n"]}
        }
        assert record.maker is not None
        assert record.maker.model is None
        assert "faker" in record.maker.sampling


def test_a_seed_is_shown_and_becomes_the_parent(tmp_path: Path) -> None:
    seeds = [asked(f"Real question {n}?", str(n)) for n in range(3)]
    columns = {"real": {"kind": "seed", "part": "prompt"}, "more": {"kind": "llm", "prompt": "Like: {real}"}}
    shape = {"messages": [{"user": "real"}, {"assistant": "more"}]}
    found = records(rows(tmp_path, seeds=seeds, columns=columns, shape=shape))
    assert {parent for record in found for parent in record.parents} == {seed.id for seed in seeds}
    assert all(record.payload["messages"][0]["content"].startswith("Real question") for record in found)
    assert rows(tmp_path, seeds=[], columns=columns, shape={"text": "more"}) == []


def test_an_expression_without_a_value_costs_its_row_alone(tmp_path: Path) -> None:
    columns = {"n": {"kind": "range", "low": 0, "high": 1}, "share": {"kind": "expression", "value": "6 / n"}}
    found = rows(tmp_path, model=None, columns=columns, count=8, shape={"text": "share"})
    faults = [one for one in found if isinstance(one, Fault)]
    assert {(fault.boundary, fault.reason) for fault in faults} == {("user_code", "expression_failed")}
    assert len(faults) < 8
    assert {one.payload["text"] for one in found if isinstance(one, Record)} == {"6.0"}


def test_a_question_without_an_answer_ends_its_row(tmp_path: Path) -> None:
    broken = {"rules": [{"match": "Which mood", "status": 400, "message": "no"}, {"answer": "fine"}]}
    (fault,) = rows(tmp_path, broken, count=1)
    assert isinstance(fault, Fault)
    assert (fault.where, fault.reason, fault.owed) == ("row-0", "bad_request", False)


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "an unknown column": (
        lambda said: said["columns"].update(reply={"kind": "llm", "prompt": "Answer {leter}"}),
        "there is no column `leter`\n  mend: did you mean `letter`?",
    ),
    "an unknown field": (
        lambda said: said["columns"].update(total={"kind": "expression", "value": "mood.temper"}),
        "`mood` has no field `temper`",
    ),
    "several fields": (
        lambda said: said["columns"].update(reply={"kind": "llm", "prompt": "In the mood {mood}"}),
        "`mood` has several fields\n  mend: name one of them: `mood.level`, `mood.mood`",
    ),
    "a circle": (
        lambda said: said["columns"].update(letter={"kind": "llm", "prompt": "About {reply}"}),
        "columns need each other in a circle: ",
    ),
    "no category": (
        lambda said: said["columns"].update(fault={"kind": "subcategory", "of": "n", "values": {"1": ["a"]}}),
        "`n` is no category",
    ),
    "a value forgotten": (
        lambda said: said["columns"]["fault"]["values"].pop("lamp"), "nothing is said for `product: lamp`",
    ),
    "no model": (lambda said: said.pop("model"), "nobody writes `reply`"),
    "no count": (lambda said: said.pop("count"), "`count` is missing"),
    "no dataset type": (lambda said: said.update({"as": {"completion": "reply"}}), "are no dataset type"),
    "an unknown column in the payload": (
        lambda said: said.update({"as": {"prompt": "letter", "completion": "answer"}}), "there is no column `answer`",
    ),
    "turns that are none": (
        lambda said: said.update({"as": {"messages": ["letter", "reply"]}}), "messages are a list of turns",
    ),
    "a cell of what is no category": (lambda said: said.update(cells=["n"]), "`n` is no category"),
    "a name": (lambda said: said["columns"].update({"N o": COLUMNS["n"]}), "`N o` is no name of a column"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_work_is_refused_with_its_line(case: str, tmp_path: Path) -> None:
    change, what = REFUSED[case]
    said: dict[str, Any] = as_yaml_would()
    change(said)
    path = tmp_path / "recipe.yaml"
    path.write_text(recipe_with(said), encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load(path)
    assert what in str(caught.value).replace("; did", "\n  mend: did")
    assert "recipe.yaml:" in str(caught.value)


def test_the_recipe_that_the_refused_ones_differ_from_is_good(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(recipe_with(as_yaml_would()), encoding="utf-8")
    (entry,) = load(path).recipe.generate
    assert isinstance(entry.part, Template)


def as_yaml_would() -> dict[str, Any]:
    columns = {name: dict(column) for name, column in COLUMNS.items()}
    columns["fault"]["values"] = dict(columns["fault"]["values"])
    model = {"endpoint": "http://localhost:1/v1", "model": QWEN}
    return {"strategy": "template", "model": model, "count": 3, "as": dict(AS), "columns": columns}


def recipe_with(entry: Mapping[str, Any]) -> str:
    import yaml

    anchor = {"name": "a", "path": "a.jsonl"}
    return yaml.safe_dump({"name": "r", "purpose": "fine-tuning", "anchor": [anchor], "generate": [dict(entry)]})


def test_models_of_columns_count_as_the_strategy_s(tmp_path: Path) -> None:
    """Whoever asks which models a recipe asks (terms, independence, budget) finds those within columns too."""
    said = as_yaml_would() | {"model": {"endpoint": "http://localhost:1/v1", "model": QWEN}}
    said["columns"]["letter"]["model"] = {"endpoint": "http://localhost:1/v1", "model": "mistral-small-3"}
    strategy = Template.model_validate({key: value for key, value in said.items() if key != "strategy"})
    assert [one.model for one in endpoints_of(strategy)] == [QWEN, "mistral-small-3"]
