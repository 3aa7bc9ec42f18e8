"""Stored completions: the shapes they come in, what becomes of each row, and what is lost by name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from sterling.generate.completions import Completions
from sterling.records import Fault, Record
from sterling.registry import Past

ROOT = Path(__file__).resolve().parents[2]
GSM8K = ROOT.parent / "shared" / "data" / "gsm8k" / "completions.jsonl"
ASKED = [{"role": "user", "content": "What is 2 + 3?"}]


def strategy(path: Path, rows: list[Any], **options: Any) -> Completions:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows) + "\n")
    return Completions(path=str(path), **options)


def outcomes(made: Completions) -> list[Record | Fault]:
    return [one for task in made.tasks([], Past(), 0) for one in made.propose(task, "teacher")]


def one(made: Completions) -> Record:
    (record,) = outcomes(made)
    assert isinstance(record, Record)
    return record


def fault(made: Completions) -> Fault:
    (found,) = outcomes(made)
    assert isinstance(found, Fault)
    return found


def stored(**more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": "5"}, "finish_reason": "stop"}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "gpt-x", "temperature": 0.7,
        "seed": 11, "choices": [choice], "messages": ASKED,
    } | more  # fmt: skip


def choice(index: int = 0, finish: str = "stop", **message: Any) -> dict[str, Any]:
    return {"index": index, "finish_reason": finish, "message": {"role": "assistant", "content": "5"} | message}


def test_columns_become_a_text_record_with_maker_reference_and_tags(tmp_path: Path) -> None:
    columns = {"prompt": "q", "completion": "meta.said", "answer": "gold", "model": "who", "created": "at"}
    row = {"q": "2+3?", "meta": {"said": "A: 5"}, "gold": 5, "who": "m-1", "at": "2024-01-02T03:04:05"}
    record = one(strategy(tmp_path / "a.jsonl", [row], columns=columns, revision="r", family="f", terms="t"))
    assert record.payload == {"prompt": "2+3?", "completion": "A: 5"}
    assert record.reference == {"answer": "5"}
    assert record.tags == ("model:m-1", "task:completion")
    assert (record.origin, record.depth, record.parents, record.row) == ("synthetic", 1, (), "a.jsonl:1")
    maker = record.maker
    assert maker is not None
    assert (maker.strategy, maker.model, maker.revision, maker.family, maker.terms) == (
        "completions",
        "m-1",
        "r",
        "f",
        "t",
    )
    assert maker.time == "2024-01-02T03:04:05"


def test_a_distilled_model_adds_to_the_depth(tmp_path: Path) -> None:
    row = {"prompt": "2+3?", "completion": "5", "model": "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"}
    assert one(strategy(tmp_path / "a.jsonl", [row])).depth == 2


def test_a_stored_completion_is_recognised_by_its_content(tmp_path: Path) -> None:
    record = one(strategy(tmp_path / "a.jsonl", [stored()]))
    assert record.payload == {"prompt": ASKED, "completion": [{"role": "assistant", "content": "5"}]}
    assert record.row == "chatcmpl-1"
    assert record.maker is not None
    assert record.maker.sampling == {"choice": 0, "finish_reason": "stop", "temperature": 0.7}
    assert (record.maker.seed, record.maker.model, record.maker.time) == (11, "gpt-x", "2023-11-14T22:13:20+00:00")


@pytest.mark.parametrize("place", ["messages", "request", "input", "input_text"])
def test_the_input_of_a_stored_completion_is_found_where_services_put_it(tmp_path: Path, place: str) -> None:
    beside = {"messages": ASKED, "request": {"messages": ASKED}, "input": ASKED, "input_text": "What is 2 + 3?"}
    row = {k: v for k, v in stored().items() if k != "messages"} | {place.removesuffix("_text"): beside[place]}
    assert one(strategy(tmp_path / "a.jsonl", [row])).payload["prompt"] == ASKED


def test_every_choice_is_a_record_or_a_fault_of_its_own(tmp_path: Path) -> None:
    choices = [choice(0), choice(1, "length"), choice(2, refusal="no"), choice(3, content="five")]
    found = outcomes(strategy(tmp_path / "a.jsonl", [stored(choices=choices)]))
    records = [f for f in found if isinstance(f, Record)]
    assert [f.reason for f in found if isinstance(f, Fault)] == ["finish_length", "refusal"]
    assert [r.maker.sampling["choice"] for r in records if r.maker] == [0, 3]
    assert len({r.id for r in records}) == 2
    assert {r.row for r in records} == {"chatcmpl-1"}


@pytest.mark.parametrize(
    ("change", "boundary", "reason"),
    [
        ({"choices": [choice(finish="length")]}, "provider", "finish_length"),
        ({"choices": [choice(finish="content_filter")]}, "provider", "finish_content_filter"),
        ({"choices": [choice(finish="weird reason!")]}, "provider", "finish_weird_reason_"),
        ({"choices": [choice(content=None, refusal="I cannot")]}, "provider", "refusal"),
        ({"choices": [choice(content="  ")]}, "provider", "empty_completion"),
        ({"choices": [choice(content=None)]}, "provider", "empty_completion"),
        ({"choices": []}, "provider", "no_choices"),
        ({"choices": [7]}, "provider", "no_message"),
        ({"messages": None}, "source", "no_input"),
        ({"messages": [3]}, "source", "wrong_type"),
        ({"model": None}, "source", "missing_model"),
        ({"choices": [choice(content=[{"type": "image_url", "image_url": {}}])]}, "source", "not_text"),
    ],
)
def test_what_is_no_answer_is_a_fault_with_its_place(
    tmp_path: Path, change: Mapping[str, Any], boundary: str, reason: str
) -> None:
    found = fault(strategy(tmp_path / "a.jsonl", [stored(**change)]))
    assert (found.where, found.boundary, found.reason) == ("a.jsonl:1", boundary, reason)


def test_reasoning_tool_calls_and_text_parts_survive_apart(tmp_path: Path) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    said = choice(content=None, tool_calls=[call], reasoning_content="hm", refusal=None, annotations=[])
    asked = [{"role": "user", "content": [{"type": "text", "text": "What is "}, {"type": "text", "text": "2 + 3?"}]}]
    tools = [{"type": "function", "function": {"name": "f"}}]
    record = one(strategy(tmp_path / "a.jsonl", [stored(choices=[said], messages=asked, tools=tools)]))
    assert record.payload["prompt"] == ASKED
    assert record.payload["tools"] == tools
    (message,) = record.payload["completion"]
    assert message == {"role": "assistant", "content": "", "tool_calls": [call], "reasoning_content": "hm"}


def batch_line(custom_id: str, **more: Any) -> dict[str, Any]:
    body = {k: v for k, v in stored().items() if k != "messages"}
    return {"id": "b", "custom_id": custom_id, "response": {"status_code": 200, "body": body}, "error": None} | more


def test_batch_output_is_joined_with_what_was_sent(tmp_path: Path) -> None:
    sent = {
        "custom_id": "q-1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"messages": ASKED, "top_p": 0.9},
    }
    requests = tmp_path / "requests.jsonl"
    requests.write_text(json.dumps(sent) + "\n")
    record = one(strategy(tmp_path / "a.jsonl", [batch_line("q-1")], requests=str(requests)))
    assert (record.payload["prompt"], record.row) == (ASKED, "q-1")
    assert record.maker is not None
    assert record.maker.sampling["top_p"] == 0.9


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "no_input"),
        ({"response": None, "error": {"code": "batch_expired"}}, "batch_error"),
        ({"response": {"status_code": 429, "body": {}}}, "http_429"),
        ({"response": {"status_code": 200, "body": {"object": "response"}}}, "unknown_shape"),
        ({"response": None}, "no_response"),
    ],
)
def test_batch_lines_that_are_no_answer(tmp_path: Path, change: Mapping[str, Any], reason: str) -> None:
    assert fault(strategy(tmp_path / "a.jsonl", [batch_line("q-1", **change)])).reason == reason


def test_a_conversation_that_ends_in_the_assistants_message(tmp_path: Path) -> None:
    talk = [{"role": "system", "content": "Be brief."}, *ASKED, {"role": "assistant", "content": "5"}]
    record = one(strategy(tmp_path / "a.jsonl", [{"messages": talk}], model="m"))
    assert record.payload == {"prompt": talk[:-1], "completion": talk[-1:]}


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (ASKED, "no_completion"),
        ([{"role": "assistant", "content": "5"}], "no_input"),
        ([*ASKED, {"role": "assistant", "content": None, "refusal": "no"}], "refusal"),
        ([], "empty_text"),
        ("", "wrong_type"),
        ("[", "no_completion"),
        ([*ASKED, "5"], "wrong_type"),
    ],
)
def test_conversations_that_are_no_answer(tmp_path: Path, talk: Any, reason: str) -> None:
    assert fault(strategy(tmp_path / "a.jsonl", [{"messages": talk}], model="m")).reason == reason


def test_text_and_messages_in_one_row_become_conversational(tmp_path: Path) -> None:
    columns = {"prompt": "p", "completion": "c", "system": "s"}
    rows = [
        {"p": ASKED, "c": "5", "s": None},
        {"p": "What is 2 + 3?", "c": [{"role": "assistant", "content": "5"}], "s": None},
        {"p": "What is 2 + 3?", "c": "5", "s": "Be brief."},
    ]
    found = outcomes(strategy(tmp_path / "a.jsonl", rows, columns=columns, model="m"))
    said = [{"role": "assistant", "content": "5"}]
    system = {"role": "system", "content": "Be brief."}
    expected = [{"prompt": p, "completion": said} for p in (ASKED, ASKED, [system, *ASKED])]
    assert [f.payload for f in found if isinstance(f, Record)] == expected


def test_a_bad_line_is_a_fault_at_its_place_and_costs_no_other(tmp_path: Path) -> None:
    good = {"prompt": "a", "completion": "b"}
    found = outcomes(strategy(tmp_path / "a.jsonl", [good, "{torn", good], model="m"))
    assert [type(f) for f in found] == [Record, Fault, Record]
    assert isinstance(found[1], Fault)
    assert (found[1].where, found[1].reason) == ("a.jsonl:2", "bad_json")
    assert len({f.id for f in found if isinstance(f, Record)}) == 2


def test_a_mapped_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = fault(strategy(tmp_path / "a.jsonl", [{"p": "a"}], columns={"prompt": "p", "completion": "c"}, model="m"))
    assert (found.reason, found.message) == ("missing_column", "the row has no column `c`; it has `p`")


@pytest.mark.parametrize(("row", "reason"), [({"prompt": "", "completion": "b"}, "no_input"), ({"prompt": "a", "completion": " "}, "empty_completion"), ({"x": 1}, "no_input"), ({"prompt": 3, "completion": "b"}, "no_input")])  # fmt: skip  # noqa: E501
def test_rows_without_input_or_answer(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    assert fault(strategy(tmp_path / "a.jsonl", [row], model="m")).reason == reason


def test_earlier_rounds_are_not_done_again_and_count_limits(tmp_path: Path) -> None:
    rows = [{"id": f"r{i}", "prompt": "a", "completion": f"b{i}"} for i in range(6)]
    made = strategy(tmp_path / "a.jsonl", rows, model="m", count=3)
    first = [task.row for task in made.tasks([], Past(), 0)]
    again = [task.row for task in made.tasks([], Past(round=2, kept=1, tried=frozenset(first)), 0)]
    assert (first, again) == (["r0", "r1", "r2"], ["r3", "r4"])


def test_repeated_ids_get_their_place_and_lose_nothing(tmp_path: Path) -> None:
    rows = [{"id": "q", "prompt": "a", "completion": "b"}] * 3
    found = outcomes(strategy(tmp_path / "a.jsonl", rows, model="m"))
    assert [f.row for f in found if isinstance(f, Record)] == ["q", "q (a.jsonl:2)", "q (a.jsonl:3)"]


def test_parquet_and_csv_rows(tmp_path: Path) -> None:
    table = pa.table({"prompt": ["a"], "completion": ["b"], "blob": [b"\xff"], "score": [float("nan")]})
    pq.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("prompt,completion\na,b\n")
    for name in ("a.parquet", "a.csv"):
        record = one(Completions(path=str(tmp_path / name), model="m"))
        assert record.payload == {"prompt": "a", "completion": "b"}


def test_tests_of_a_program_go_into_the_reference(tmp_path: Path) -> None:
    columns = {"prompt": "p", "completion": "c", "tests": "t", "entry_point": "e", "reference": "more"}
    row = {"p": "a", "c": "b", "t": ["assert f()", "assert g()"], "e": "f", "more": {"prelude": "x = 1"}}
    record = one(strategy(tmp_path / "a.jsonl", [row], columns=columns, model="m"))
    assert record.reference == {"prelude": "x = 1", "tests": "assert f()\nassert g()", "entry_point": "f"}


def test_shape_openai_refuses_plain_columns(tmp_path: Path) -> None:
    row = {"prompt": "a", "completion": "b"}
    assert fault(strategy(tmp_path / "a.jsonl", [row], model="m", shape="openai")).reason == "unknown_shape"


def test_unknown_columns_and_options_are_refused() -> None:
    with pytest.raises(ValidationError, match="columns"):
        Completions.model_validate({"path": "a.jsonl", "columns": {"promt": "p"}})
    with pytest.raises(ValidationError, match="pth"):
        Completions.model_validate({"path": "a.jsonl", "pth": "b"})


def test_both_files_decide_the_outcome(tmp_path: Path) -> None:
    made = Completions.model_validate({"path": "a.jsonl", "requests": "b.jsonl"}, context={"base": tmp_path})
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text("{}\n", encoding="utf-8")
    assert list(made.reads()) == [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]


def test_gsm8k_every_row_is_a_record(tmp_path: Path) -> None:
    if not GSM8K.exists():
        pytest.skip("the third-party data is not beside this checkout")
    columns = {"prompt": "question", "completion": "completion", "answer": "reference", "model": "model"}
    found = outcomes(Completions.model_validate({"path": str(GSM8K), "columns": columns}))
    records = [f for f in found if isinstance(f, Record)]
    assert (len(found), len(records), len({r.id for r in records})) == (2640, 2640, 2640)
    assert {r.maker.model for r in records if r.maker} == {
        "gsm8k-6b-finetuning", "gsm8k-6b-verification", "gsm8k-175b-finetuning", "gsm8k-175b-verification",
    }  # fmt: skip
