"""Values of users' columns: found, checked, and spelled alike."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sterling.sources.values import MISSING, BadRow, boolean, dig, mapping, payload_from, plain, scalar, turns

NESTED = {"a": {"b": [{"c": 1}, {"c": 2}], "d": None}, "a.x": 3, "p.q": {"r": 4}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b.1.c", 2),
        ("a.d", None),
        ("a.x", 3),
        ("p.q.r", 4),
        ("a.b.2.c", MISSING),
        ("a.b.-1.c", MISSING),
        ("a.d.e", MISSING),
        ("z", MISSING),
        ("a.b.0", {"c": 1}),
    ],
)
def test_dotted_paths(path: str, value: Any) -> None:
    assert dig(NESTED, path) == value


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ("x", "x"),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (True, "true"),
        (Decimal(7), "7"),
        (date(2024, 5, 1), "2024-05-01"),
    ],
)
def test_equal_values_are_spelled_alike(value: Any, spelled: str) -> None:
    assert scalar(value, "x") == spelled


def test_what_parquet_knows_and_json_does_not_is_translated() -> None:
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert plain({"t": moment, "s": timedelta(minutes=1), "d": [Decimal("1.5")]}, "x") == {
        "t": "2024-05-01T12:00:00+00:00", "s": 60.0, "d": [1.5],
    }  # fmt: skip
    for value, reason in ((b"raw", "wrong_type"), (float("nan"), "not_finite"), ({"a": float("inf")}, "not_finite")):
        with pytest.raises(BadRow) as bad:
            plain(value, "x")
        assert bad.value.reason == reason


@pytest.mark.parametrize(("value", "truth"), [(True, True), ("False", False), (1, True), ("0", False), (1.0, True)])
def test_truth_values(value: Any, truth: bool) -> None:
    assert boolean(value, "label") is truth


@pytest.mark.parametrize("value", ["yes", 2, None, [True]])
def test_what_is_no_truth_value(value: Any) -> None:
    with pytest.raises(BadRow, match=r"`label` is .*, not true or false"):
        boolean(value, "label")


def test_messages_keep_what_a_trainer_reads() -> None:
    call = {"type": "function", "function": {"name": "f", "arguments": {}}}
    talk = [
        {"role": "user", "content": "hi", "time": 1, "tool_calls": None},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "7", "name": "f"},
    ]
    assert turns(talk, "messages") == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "7", "name": "f"},
    ]


def test_sharegpt_is_translated_and_json_text_is_parsed() -> None:
    said = '[{"from": "system", "value": "be kind"}, {"from": "human", "value": "hi"}, {"from": "gpt", "value": "yes"}]'
    assert turns(said, "conversations") == [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "yes"},
    ]


@pytest.mark.parametrize(
    ("value", "reason", "message"),
    [
        ("hi", "wrong_type", "`messages` is a string, not a list of messages"),
        ([], "empty_text", "`messages` has no messages"),
        (["hi"], "wrong_type", "`messages[0]` is a string, not a message"),
        ([{"role": "user", "content": " "}], "empty_text", "`messages[0].content` is empty"),
        ([{"role": "user", "content": None}], "wrong_type", "`messages[0].content` is null, not a string"),
        ([{"role": "user", "content": [{"type": "image"}]}], "wrong_type",
         "`messages[0].content` is a list, not a string"),
        ([{"role": "me", "content": "hi"}], "wrong_type",
         "`messages[0]` has no role out of assistant, developer, function, system, tool, user"),
        ([{"from": "alien", "value": "hi"}], "wrong_type",
         "`messages[0]` has no role out of assistant, developer, function, system, tool, user"),
    ],
)  # fmt: skip
def test_what_is_no_conversation(value: Any, reason: str, message: str) -> None:
    with pytest.raises(BadRow) as bad:
        turns(value, "messages")
    assert (bad.value.reason, bad.value.message) == (reason, message)


def test_a_payload_speaks_in_one_way() -> None:
    answer = [{"role": "assistant", "content": "4"}]
    assert payload_from({"prompt": "2+2", "completion": answer}, {}) == {
        "prompt": [{"role": "user", "content": "2+2"}], "completion": answer,
    }  # fmt: skip


def test_fields_may_be_json_text_and_must_say_something() -> None:
    assert mapping('{"a": 1}', "fields") == {"a": 1}
    for value, reason in (("{broken", "wrong_type"), ({}, "empty_text"), ([1], "wrong_type")):
        with pytest.raises(BadRow) as bad:
            mapping(value, "fields")
        assert bad.value.reason == reason
