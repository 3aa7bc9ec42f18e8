"""The source `files`: columns to payloads, references, tags, groups and ids."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.registry import Item
from sterling.sources import Files, anchor_records


def source(tmp_path: Path, rows: Sequence[Any], **options: Any) -> Files:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Files(name="x", path=str(path), **options)


def items(files: Files) -> list[Item]:
    found = list(files.read())
    assert [f for f in found if isinstance(f, Fault)] == []
    return [i for i in found if isinstance(i, Item)]


def faults(files: Files) -> list[tuple[str, str, str]]:
    return [(f.where, f.reason, f.message) for f in files.read() if isinstance(f, Fault)]


def test_without_a_mapping_columns_of_these_names_are_taken(tmp_path: Path) -> None:
    rows = [
        {"prompt": "a", "completion": "b", "answer": 4, "other": 1},
        {"prompt": "a", "chosen": "b", "rejected": "c", "label": None},
        {"prompt": "a", "completion": "b", "label": True},
        {"text": "t"},
        {"conversations": [{"from": "human", "value": "hi"}]},
        {"fields": {"age": 3}, "tools": []},
    ]
    found = items(source(tmp_path, rows))
    assert [i.payload for i in found] == [
        {"prompt": "a", "completion": "b"},
        {"prompt": "a", "chosen": "b", "rejected": "c"},
        {"prompt": "a", "completion": "b", "label": True},
        {"text": "t"},
        {"messages": [{"role": "user", "content": "hi"}]},
        {"fields": {"age": 3}, "tools": []},
    ]
    assert [i.row for i in found] == [f"a.jsonl:{n}" for n in range(1, 7)]
    assert found[0].reference == {"answer": "4"}
    assert {(i.group, i.origin, i.tags) for i in found} == {(None, None, ())}


def test_with_a_mapping_only_what_is_mapped_is_taken(tmp_path: Path) -> None:
    row = {
        "q": {"text": "why"}, "a": "because", "text": "not me", "key": 17, "who": {"id": 5.0},
        "topics": ["x", "y"], "level": 2, "none": None, "check": ["assert f(1) == 1", "assert f(2) == 2"], "fn": "f",
    }  # fmt: skip
    columns = {
        "prompt": "q.text", "completion": "a", "id": "key", "tag.topic": "topics", "tag.level": "level",
        "tag.no": "none", "tests": "check", "entry_point": "fn",
    }  # fmt: skip
    [item] = items(source(tmp_path, [row], columns=columns, split_by="who.id"))
    assert item == Item(
        payload={"prompt": "why", "completion": "because"},
        row="17",
        group="5",
        given_id="17",
        reference={"tests": "assert f(1) == 1\nassert f(2) == 2", "entry_point": "f"},
        tags=("topic:x", "topic:y", "level:2"),
    )


def test_a_whole_reference_and_single_keys_meet(tmp_path: Path) -> None:
    row = {"p": "a", "ref": {"answer": "1", "passages": ["x"]}, "final": 2}
    columns = {"prompt": "p", "reference": "ref", "answer": "final"}
    [item] = items(source(tmp_path, [row], columns=columns))
    assert item.reference == {"answer": "2", "passages": ["x"]}


def test_a_table_takes_every_column_that_is_not_mapped(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"key": [7], "age": [39], "day": [date(2024, 5, 1)], "pay": [None]}), path)
    [item] = items(Files(name="x", path=str(path), table=True, columns={"id": "key"}))
    assert (item.payload, item.row) == ({"fields": {"age": 39, "day": "2024-05-01", "pay": None}}, "7")


BAD_ROWS = [
    ({"prompt": "", "completion": "b"}, "empty_text", "`q` is empty"),
    ({"prompt": " \n", "completion": "b"}, "empty_text", "`q` is empty"),
    ({"prompt": 7, "completion": "b"}, "wrong_type", "`q` is a number, not a string"),
    ({"prompt": ["b"], "completion": "b"}, "wrong_type", "`q[0]` is a string, not a message"),
    ({"prompt": None, "completion": "b"}, "missing_column", "`q` is null"),
    ({"completion": "b"}, "missing_column", "the row has no column `q`"),
    ({"prompt": "a", "completion": "b", "who": None}, "missing_column", "`who` has no value in this row"),
    ({"prompt": "a", "completion": "b", "who": ["x"]}, "wrong_type", "`who` is a list, not a string or a number"),
]


@pytest.mark.parametrize(("row", "reason", "message"), BAD_ROWS)
def test_a_bad_row_costs_only_itself(tmp_path: Path, row: dict[str, Any], reason: str, message: str) -> None:
    rows = [{"prompt": "a", "completion": "b"}, row, {"prompt": "a", "completion": "c"}]
    named = [{"who": "me"} | {"q" if k == "prompt" else k: v for k, v in r.items()} for r in rows]
    files = source(tmp_path, named, columns={"prompt": "q", "completion": "completion"}, split_by="who")
    assert faults(files) == [("a.jsonl:2", reason, message)]
    assert [i.row for i in files.read() if isinstance(i, Item)] == ["a.jsonl:1", "a.jsonl:3"]


def test_a_row_that_is_no_dataset_type_is_a_fault(tmp_path: Path) -> None:
    files = source(tmp_path, [{"text": "a"}, {"text": "a", "prompt": "b"}])
    [(where, reason, message)] = faults(files)
    assert (where, reason) == ("a.jsonl:2", "no_dataset_type")
    assert message.startswith("columns `text`, `prompt` are no dataset type, which is `text`, ")
    assert message.endswith("; the row has the columns `text`, `prompt`")


def test_the_second_row_with_an_id_is_a_fault_that_names_the_first(tmp_path: Path) -> None:
    rows = [{"text": "a", "id": "k"}, {"text": "b", "id": "l"}, {"text": "c", "id": "k"}, {"text": "d", "id": ""}]
    (tmp_path / "in").mkdir()
    for name in ("one", "two"):
        (tmp_path / "in" / f"{name}.jsonl").write_text(
            "".join(json.dumps(r) + "\n" for r in rows[: 3 + (name == "two")])
        )
    files = Files(name="x", path=str(tmp_path / "in"), columns={"text": "text", "id": "id"})
    assert faults(files) == [
        ("one.jsonl:3", "duplicate_id", "its id stood at one.jsonl:1 before"),
        ("two.jsonl:1", "duplicate_id", "its id stood at one.jsonl:1 before"),
        ("two.jsonl:2", "duplicate_id", "its id stood at one.jsonl:2 before"),
        ("two.jsonl:3", "duplicate_id", "its id stood at one.jsonl:1 before"),
        ("two.jsonl:4", "missing_column", "`id` has no value in this row"),
    ]


def test_a_bad_row_does_not_use_up_its_id(tmp_path: Path) -> None:
    files = source(tmp_path, [{"text": "", "id": 1}, {"text": "b", "id": 1}], columns={"text": "text", "id": "id"})
    assert [found.row if isinstance(found, Item) else found.reason for found in files.read()] == ["empty_text", "1"]


@pytest.mark.parametrize("rows", [1, 5, 1500])
def test_a_column_that_no_row_has_stops_the_reading(tmp_path: Path, rows: int) -> None:
    row = {"question": "a", "meta": {"answer": "b"}}
    files = source(tmp_path, [row] * rows, columns={"prompt": "questoin"})
    with pytest.raises(SourceError) as error:
        list(files.read())
    assert str(error.value) == (
        f"{tmp_path}/a.jsonl: there is no column `questoin` in any row; there are `question`, `meta`, `meta.answer`\n"
        "  mend: did you mean `question`?"
    )


def test_no_column_of_any_known_name_stops_the_reading(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        list(source(tmp_path, [{"question": "a", "answer": "b"}]).read())
    assert str(error.value) == (
        f"{tmp_path}/a.jsonl: there is none of the columns `text`, `messages`, `prompt`, `completion`, `chosen`, "
        "`rejected`, `label`, `fields`, `tools`, `conversations` in any row; there are `question`, `answer`\n"
        "  mend: say which is which, as in `columns: {text: question}`"
    )


def test_a_column_that_comes_late_is_no_reason_to_stop(tmp_path: Path) -> None:
    rows = [{"text": "a"}] * 500 + [{"text": "a", "who": "me"}]
    files = source(tmp_path, rows, columns={"text": "text"}, split_by="who")
    assert [reason for _, reason, _ in faults(files)] == ["missing_column"] * 500
    assert [i.group for i in files.read() if isinstance(i, Item)] == ["me"]


@pytest.mark.parametrize("depth", [700, 50_000])
def test_a_value_nested_too_deeply_costs_only_its_row(tmp_path: Path, depth: int) -> None:
    """How deep is too deep differs between versions of Python; that the next row is read does not."""
    path = tmp_path / "a.jsonl"
    deep = '{"fields": {"x": ' + "[" * depth + "]" * depth + "}}"
    path.write_text(f'{deep}\n{{"fields": {{"x": 1}}}}\n')
    first, second = Files(name="x", path=str(path)).read()
    assert isinstance(second, Item)
    if depth == 50_000:
        assert isinstance(first, Fault)
        assert first.message == "nested too deeply"


def test_an_unknown_name_in_the_mapping_is_refused() -> None:
    with pytest.raises(ValidationError, match="there is no name `promt` to map a column to; did you mean `prompt`"):
        Files(name="x", path="a.jsonl", columns={"promt": "q"})


def test_relative_paths_are_meant_from_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl").write_text('{"text": "a"}\n')
    files = Files.model_validate({"name": "x", "path": "data/a.jsonl"}, context={"base": tmp_path})
    assert files.reads() == [str(tmp_path / "data" / "a.jsonl")]
    assert [i.row for i in items(files)] == ["a.jsonl:1"]


def test_gsm8k_is_a_human_anchor(shared_data: Path) -> None:
    files = Files(
        name="gsm8k", path=str(shared_data / "gsm8k" / "train.jsonl"),
        columns={"prompt": "question", "completion": "answer"},
        origin="human", attested_by="openai/grade-school-math", attested_because="written by hired problem writers",
    )  # fmt: skip
    found = [r for r in anchor_records(files, {"test": 0.1}) if not isinstance(r, Fault)]
    assert len(found) == 7473
    assert {(r.origin, r.format, r.depth) for r in found} == {("human", "prompt_completion", 0)}
    assert found[0].row == "train.jsonl:1"
    assert str(found[0].payload["completion"]).endswith("#### 72")
    assert 0.08 < sum(r.role == "test" for r in found) / len(found) < 0.12
