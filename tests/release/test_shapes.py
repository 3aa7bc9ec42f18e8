import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.release.examples import MAKER, pair, row, talk, weighed

from sterling.errors import InputError
from sterling.records import PAYLOAD_KEYS, Maker, Record
from sterling.release.shapes import PROVENANCE, Shape, survey


def shape_of(*records: Record, reference: bool = False) -> Shape:
    shape = survey("c", [weighed([record]) for record in records], reference)
    assert shape is not None
    return shape


def released(*records: Record, reference: bool = False) -> list[dict[str, Any]]:
    shape = shape_of(*records, reference=reference)
    rows: list[dict[str, Any]] = [r for record in records for r in shape.release(weighed([record])).to_pylist()]
    return rows


def message(**extra: Any) -> Record:
    return Record.real({"messages": [{"role": "assistant", **extra}]}, source="s", row="1", origin="unknown")


@pytest.mark.parametrize(
    ("payload", "columns"),
    [
        ({"text": "a"}, ["text"]),
        ({"messages": [{"role": "user", "content": "a"}]}, ["messages"]),
        ({"prompt": "a"}, ["prompt"]),
        ({"prompt": "a", "completion": "b"}, ["prompt", "completion"]),
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, ["prompt", "chosen", "rejected"]),
        ({"chosen": "b", "rejected": "c"}, ["chosen", "rejected"]),
        ({"prompt": "a", "completion": "b", "label": True}, ["prompt", "completion", "label"]),
        ({"prompt": "a", "completion": "b", "tools": [{"name": "t"}]}, ["prompt", "completion", "tools"]),
    ],
)
def test_each_format_has_its_own_columns_before_provenance(payload: dict[str, Any], columns: list[str]) -> None:
    record = Record.real(payload, source="s", row="1", origin="unknown")
    [given] = released(record)
    assert list(given) == [*columns, *PROVENANCE.names]
    for column in columns:
        said = given[column]
        assert (json.loads(said) if column == "tools" else said) == payload[column]


def test_provenance_tells_the_whole_way() -> None:
    [given] = released(pair(1))
    seed = pair(1).parents[0]
    expected = {
        "id": pair(1).id, "origin": "synthetic", "depth": 1, "parents": [seed], "role": "train", "source": "repair",
        "row": "task 1", "tags": [], "weight": 0.5,
    }  # fmt: skip
    assert {key: given[key] for key in expected} == expected
    assert Maker(**json.loads(given["maker"])) == MAKER


def test_reference_comes_last_and_only_on_request() -> None:
    assert "reference" not in released(pair(0))[0]
    assert list(released(pair(0), reference=True)[0])[-1] == "reference"


def test_conversations_become_lists_of_messages() -> None:
    [given, other] = released(talk(1), talk(2, thinking="carry", confidence=0.5))
    assert given["prompt"] == [{"role": "user", "content": "What is 1 + 1?", "thinking": None, "confidence": None}]
    assert other["completion"] == [{"role": "assistant", "content": "It is 3.", "thinking": "carry", "confidence": 0.5}]


def test_a_bare_string_beside_a_conversation_becomes_its_message() -> None:
    record = Record.real(
        {"prompt": [{"role": "user", "content": "a"}], "completion": "b"}, source="s", row="1", origin="unknown"
    )
    assert released(record)[0]["completion"] == [{"role": "assistant", "content": "b"}]
    record = Record.real(
        {"prompt": "a", "completion": [{"role": "assistant", "content": "b"}]}, source="s", row="1", origin="unknown"
    )
    assert released(record)[0]["prompt"] == [{"role": "user", "content": "a"}]


def test_tool_calls_keep_their_structure_and_arguments_their_keys() -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": None}}}]
    [given] = released(message(content=None, tool_calls=calls))
    [call] = given["messages"][0]["tool_calls"]
    assert call["function"]["name"] == "add"
    assert json.loads(call["function"]["arguments"]) == {"a": 1, "b": None}


def test_structure_that_no_type_holds_becomes_json_text() -> None:
    odd = [{"type": "text", "text": "a"}]
    calls = [{"id": "1", "function": {"name": "f", "arguments": "{}"}, "index": 0}]
    [given] = released(message(content=odd, tool_calls=calls))
    assert json.loads(given["messages"][0]["content"]) == odd
    assert json.loads(given["messages"][0]["tool_calls"]) == calls


def test_table_fields_become_columns_with_their_types() -> None:
    first = row(1, {"age": 3, "share": 1, "ok": True, "name": "a", "odd": 1, "big": 2**60, "none": None})
    second = row(2, {"age": None, "share": 0.5, "ok": False, "name": None, "odd": "n/a", "big": 1, "late": "x"})
    types = {f.name: f.type for f in shape_of(first, second).schema}
    assert [types[k] for k in ("age", "share", "ok", "name", "odd", "big", "none", "late")] == [
        pa.int64(), pa.float64(), pa.bool_(), pa.string(), pa.string(), pa.int64(), pa.string(), pa.string(),
    ]  # fmt: skip
    [one, two] = released(first, second)
    assert (one["odd"], two["odd"], one["late"], one["big"]) == ("1", "n/a", None, 2**60)


def test_a_field_with_the_name_of_a_provenance_column_hides_neither() -> None:
    [given] = released(row(1, {"id": 7, "role": "nurse", "reference": "r"}), reference=True)
    assert (given["fields.id"], given["fields.role"], given["fields.reference"]) == (7, "nurse", "r")
    assert (given["role"], given["reference"]) == ("train", None)


numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text(st.characters(codec="utf-8"))
tables = st.lists(
    st.dictionaries(st.sampled_from("abc"), scalars | st.lists(scalars, max_size=2)), min_size=1, max_size=4
)


@given(tables)
def test_no_table_value_is_lost(rows: list[dict[str, Any]]) -> None:
    records = [row(n, fields) for n, fields in enumerate(rows)]
    for fields, released_row in zip(rows, released(*records), strict=True):
        for key, value in fields.items():
            told = released_row[key]
            assert told == value or json.loads(told) == value


def test_a_mixture_of_shapes_is_refused() -> None:
    with pytest.raises(
        InputError, match="mixes records of different shapes: plain prompt_completion, conversational"
    ) as e:
        survey("c", [weighed([pair(0), talk(1)])])
    assert "mend: release one configuration for each format" in str(e.value)


def test_no_records_have_no_shape() -> None:
    assert survey("c", []) is None
    assert survey("c", [weighed([])]) is None


def test_every_payload_key_has_been_thought_of() -> None:
    assert set(PAYLOAD_KEYS) == {
        "text", "messages", "prompt", "completion", "chosen", "rejected", "label", "fields", "tools",
    }  # fmt: skip
