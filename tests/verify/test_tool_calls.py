"""The check `tool_calls`: calls that fit, calls that are right, and results that answer them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.records import Record, batch_of, canonical_json
from sterling.stats import clopper_pearson
from sterling.verify.tool_calls import ToolCalls

pytest.importorskip("jsonschema_rs", reason="the `schema` extra is not installed")

WEATHER = {
    "name": "weather",
    "description": "What it is like.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "maximum": 7},
            "unit": {"enum": ["C", "F"]},
        },
        "required": ["city"],
    },
}
CLOCK = {"name": "clock", "parameters": {"type": "object", "properties": {}}}
TOOLS: list[Any] = [{"type": "function", "function": WEATHER}, CLOCK]
ASK = {"role": "user", "content": "q"}


def call(name: str = "weather", arguments: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "arguments": {"city": "Rome"} if arguments is None else arguments},
        **more,
    }


def turn(*calls: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": "", "tool_calls": list(calls)}


def result(**more: Any) -> dict[str, Any]:
    return {"role": "tool", "content": "sunny", **more}


def judged(*turns: Any, wanted: Any = None, tools: Any = TOOLS, **options: Any) -> Any:
    payload = {"messages": [ASK, *turns], **({} if tools is None else {"tools": tools})}
    reference = None if wanted is None else {"tool_calls": wanted}
    record = Record.real(payload, source="s", row="1", origin="unknown", reference=reference)
    (verdict,) = ToolCalls(**options).judge(batch_of([record]), None)
    return verdict


def test_a_call_that_fits_is_flagged_because_nobody_says_that_it_is_right() -> None:
    verdict = judged(turn(call()))
    assert (verdict.outcome, verdict.reason) == ("flag", "conforms")


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (call("wether"), "unknown_tool"), (call("Weather"), "unknown_tool"), (call(arguments={}), "bad_arguments"),
        (call(arguments={"city": 5}), "bad_arguments"), (call(arguments={"city": None}), "bad_arguments"),
        (call(arguments={"city": "a", "days": 8}), "bad_arguments"),
        (call(arguments={"city": "a", "days": "7"}), "bad_arguments"),
        (call(arguments={"city": "a", "unit": "K"}), "bad_arguments"),
        (call(arguments={"city": "a", "Days": 7}), "undeclared_argument"),
        (call("clock", {"zone": "x"}), "undeclared_argument"), (call(arguments="{"), "bad_arguments"),
        (call(arguments=""), "bad_arguments"), (call(arguments="[]"), "bad_arguments"),
        (call(arguments=[]), "bad_arguments"),
        (call(arguments='{"city": "a", "city": "b"}'), "bad_arguments"), (call(arguments='{"city": "a"} '), "conforms"),
        (call(arguments='{"city": "a"}}'), "bad_arguments"), (call(arguments='{"city": "\\ud800"}'), "bad_arguments"),
        (call(arguments={"city": "a", "days": 7}), "conforms"),
        (call(arguments={"city": "a", "days": 7.0}), "conforms"),
        (call("clock", {}), "conforms"), (call("clock", "{}"), "conforms"),
        ({"name": "clock", "arguments": {}}, "conforms"),
        ({"name": "clock"}, "bad_arguments"), ({"function": "clock"}, "bad_call"), ("clock", "bad_call"),
        (None, "bad_call"),
        ({"function": {"name": ""}}, "bad_call"), ({"function": {"name": 5, "arguments": {}}}, "bad_call"),
        ([], "bad_call"),
        (call(arguments='{"city": ' * 5000), "bad_arguments"), (call(arguments="9" * 1_000_001), "bad_arguments"),
    ],
)  # fmt: skip
def test_the_form_of_one_call(made: Any, reason: str) -> None:
    verdict = judged(turn(made))
    assert verdict.reason == reason
    assert verdict.outcome == ("flag" if reason == "conforms" else "drop")
    assert len(canonical_json(verdict.evidence)) < 2_000


def test_calls_that_are_no_list_are_dropped() -> None:
    for odd in ("weather", {"name": "clock", "arguments": {}}, 5, True):
        assert judged({"role": "assistant", "content": "", "tool_calls": odd}).reason == "bad_call"


def test_the_second_call_is_looked_at_too() -> None:
    verdict = judged(turn(call(), call("x")))
    assert (verdict.reason, verdict.evidence["call"], verdict.evidence["tools"]) == (
        "unknown_tool",
        1,
        ["clock", "weather"],
    )


def test_what_may_be_undeclared_is_the_schemas_word_first() -> None:
    extra = call(arguments={"city": "a", "mood": "b"})
    assert judged(turn(extra), strict=False).reason == "conforms"
    for key, value in (("additionalProperties", True), ("patternProperties", {"^m": {}}), ("allOf", [])):
        tool = {**WEATHER, "parameters": {**WEATHER["parameters"], key: value}}  # type: ignore[dict-item]
        expected = "bad_tools" if key == "allOf" else "conforms"
        assert judged(turn(extra), tools=[tool]).reason == expected
    closed = {**WEATHER, "parameters": {**WEATHER["parameters"], "additionalProperties": False}}  # type: ignore[dict-item]
    assert judged(turn(extra), tools=[closed], strict=False).reason == "bad_arguments"


@pytest.mark.parametrize(
    "tools",
    [["weather"], [{}], [{"name": 5}], [WEATHER, WEATHER], [{"name": "a", "parameters": {"type": "objekt"}}],
     [{"name": "a", "parameters": "{"}], [{"name": "a", "parameters": {"$ref": "http://127.0.0.1:9/"}}], [None],
     [{"name": "a", "parameters": {"city": "string"}}], [{"function": None}]],
)  # fmt: skip
def test_declarations_that_nobody_can_call_by(tools: Any) -> None:
    assert judged(turn(call()), tools=tools).reason == "bad_tools"


RIGHT = [{"name": "weather", "arguments": {"city": "Rome", "days": 2}}]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([call(arguments={"days": 2, "city": "Rome"})], "same_calls"),
        ([call(arguments={"city": "Rome", "days": 2.0})], "same_calls"),
        ([call(arguments='{"days": 2, "city": "Rome"}')], "same_calls"),
        ([call(arguments={"city": "rome", "days": 2})], "wrong_arguments"),
        ([call(arguments={"city": "Rome", "days": 3})], "wrong_arguments"),
        ([call(arguments={"city": "Rome"})], "wrong_arguments"),
        ([call(arguments={"city": "Rome", "days": 2, "unit": "C"})], "wrong_arguments"), ([], "missing_call"),
        ([call("clock", {})], "missing_call"), ([call(arguments={"city": "Rome", "days": 2})] * 2, "extra_call"),
        ([call(arguments={"city": "Rome", "days": 2}), call("clock", {})], "extra_call"),
        ([call(arguments={"city": "Rome ", "days": 2})], "wrong_arguments"),
        ([call(arguments={"city": "Rome", "days": "2"})], "bad_arguments"),
    ],
)  # fmt: skip
def test_the_calls_that_were_asked_for(made: list[Any], reason: str) -> None:
    verdict = judged(turn(*made), wanted=RIGHT)
    assert (verdict.outcome, verdict.reason) == ("keep" if reason == "same_calls" else "drop", reason)


def test_order_and_case_count_unless_the_recipe_says_otherwise() -> None:
    two = [*RIGHT, {"name": "clock", "arguments": {}}]
    made = turn(call("clock", {}), call(arguments={"city": "ROME", "days": 2}))
    assert judged(made, wanted=two).reason == "wrong_arguments"
    assert judged(made, wanted=two, ignore_case=True).reason == "wrong_order"
    assert judged(made, wanted=two, ignore_case=True, any_order=True).reason == "same_calls"


def test_true_is_not_one() -> None:
    open_tool = [{"name": "f", "parameters": {"type": "object"}}]
    for wanted, said, same in ((1, True, False), (0, False, False), (1, 1.0, True), ([1], [1.0], True),
    (None, False, False),
                               ({"a": [True]}, {"a": [1]}, False), ("1", 1, False), (10**30, 10**30, True),
                               ([], {}, False)):  # fmt: skip
        verdict = judged(turn(call("f", {"x": said})), wanted=[{"name": "f", "arguments": {"x": wanted}}],
                         tools=open_tool, strict=False)  # fmt: skip
        assert (verdict.reason == "same_calls") == same


def test_an_empty_reference_asks_for_no_call() -> None:
    assert judged({"role": "assistant", "content": "No need."}, wanted=[]).reason == "same_calls"
    assert judged(turn(call()), wanted=[]).reason == "extra_call"


@pytest.mark.parametrize(
    "wanted",
    ["weather", {"name": "weather"}, [5], [{"name": "weather"}], [{"name": "weather", "arguments": "{"}],
     [{"name": "weather", "arguments": {}}], [{"name": "other", "arguments": {}}], [{"arguments": {}}]],
)  # fmt: skip
def test_a_reference_that_could_not_pass_itself_is_a_fault(wanted: Any) -> None:
    fault = judged(turn(call()), wanted=wanted)
    assert (fault.reason, fault.boundary) == ("bad_reference", "user_code")


def test_rows_with_nothing_to_judge_are_flagged() -> None:
    plain = {"role": "assistant", "content": "hi"}
    assert judged(plain).reason == "no_calls"
    assert judged(plain, tools=None).reason == "no_tools"
    assert judged(turn(call()), tools=None).reason == "no_tools"
    assert judged(turn(call(arguments={"city": "Rome", "days": 2})), tools=None, wanted=RIGHT).reason == "same_calls"
    payloads = [
        {"prompt": "q", "completion": "a"},
        {"text": "a"},
        {"prompt": "q"},
        {"prompt": "q", "chosen": "a", "rejected": "b"},
    ]
    records = [Record.real(p, source="s", row=str(i), origin="unknown") for i, p in enumerate(payloads)]
    assert [v.reason for v in ToolCalls().judge(batch_of(records), None)] == [
        "no_messages", "no_messages", "no_completion", "no_completion",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([turn(call(id="a")), result(tool_call_id="a"), {"role": "assistant", "content": "ok"}], "conforms"),
        ([turn(call(id="a"), call(id="b")), result(tool_call_id="a"), result(tool_call_id="b")], "conforms"),
        ([turn(call(id="a"), call(id="b")), result(tool_call_id="b"), result(tool_call_id="a")], "unordered_result"),
        ([turn(call(id="a")), result(tool_call_id="b")], "orphan_result"),
        ([turn(call(id="a")), result()], "orphan_result"),
        ([turn(call(id="a")), result(tool_call_id="a"), result(tool_call_id="a")], "orphan_result"),
        ([turn(call(id="a"), call(id="a"))], "duplicate_id"),
        ([turn(call()), result(tool_call_id="a")], "orphan_result"),
        ([turn(call(id="a")), result(tool_call_id="a"), turn(call(id="a"))], "duplicate_id"),
        ([turn(call(id="a")), {"role": "assistant", "content": "ok"}], "unanswered_call"),
        ([turn(call(id="a"), call(id="b")), result(tool_call_id="a"), ASK], "unanswered_call"),
        ([turn(call()), result(name="weather")], "conforms"), ([turn(call()), result(name="clock")], "orphan_result"),
        ([turn(call()), result()], "conforms"), ([result()], "orphan_result"),
        ([turn(call()), result(), result()], "orphan_result"),
        ([turn(call()), result(tool_call_id=["x"], name={})], "orphan_result"),
        ([turn(call()), result(name=[])], "orphan_result"),
    ],
)  # fmt: skip
def test_results_answer_calls_in_order(turns: list[Any], reason: str) -> None:
    assert judged(*turns).reason == reason


def test_a_completion_may_answer_calls_of_the_prompt() -> None:
    prompt = [ASK, turn(call(id="a"))]
    for results, reason in (([result(tool_call_id="a")], "conforms"), ([result(tool_call_id="z")], "orphan_result")):
        completion = [*results, turn(call(id="b"))]
        record = Record.real(
            {"prompt": prompt, "completion": completion, "tools": TOOLS}, source="s", row="1", origin="unknown"
        )
        (verdict,) = ToolCalls().judge(batch_of([record]), None)
        assert verdict.reason == reason


def test_nesting_without_end_costs_one_record() -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    tools = [{"name": "f", "parameters": {"type": "object"}}]
    verdict = judged(
        turn(call("f", {"x": deep})), wanted=[{"name": "f", "arguments": {"x": deep}}], tools=tools, strict=False
    )
    assert verdict.reason in {"same_calls", "too_deep"}


ARGUMENTS = st.dictionaries(
    st.sampled_from("abcd"),
    st.text("xyz", max_size=4) | st.integers() | st.booleans() | st.floats(-9, 9) | st.lists(st.integers(), max_size=2),
)


def test_right_calls_are_kept_and_near_misses_dropped() -> None:
    """With n near misses and none accepted, the rate of false accepts is below 3/n at 95 %."""
    tools = [{"name": name, "parameters": {"type": "object"}} for name in ("f", "g", "h")]
    tried: dict[str, int] = {}

    @given(st.lists(st.tuples(st.sampled_from("fg"), ARGUMENTS), min_size=1, max_size=3), st.booleans(), st.booleans())
    @settings(max_examples=250, database=None, derandomize=True)
    def every(calls: list[tuple[str, dict[str, Any]]], as_text: bool, ids: bool) -> None:
        made = [
            call(n, json.dumps(a) if as_text else a, **({"id": str(i)} if ids else {}))
            for i, (n, a) in enumerate(calls)
        ]
        record = Record.real({"messages": [ASK, turn(*made)], "tools": tools}, source="s", row="1", origin="human",
                             reference={"tool_calls": [{"name": n, "arguments": a} for n, a in calls]})  # fmt: skip
        check = ToolCalls(strict=False, any_order=True, ignore_case=True)
        near = check.spoil(record, 0)
        right, *wrong = check.judge(batch_of([record, *(miss.record for miss in near)]), None)
        assert right.reason == "same_calls"
        for miss, verdict in zip(near, wrong, strict=True):
            tried[miss.kind] = tried.get(miss.kind, 0) + 1
            assert (miss.kind, getattr(verdict, "outcome", None)) == (miss.kind, "drop")

    every()
    n = sum(tried.values())
    assert n > 1_000
    assert clopper_pearson(0, n).high < 0.004
    assert set(tried) == {
        "other_tool", "wrong_value", "wrong_type", "missing_argument", "extra_argument", "missing_call", "extra_call",
    }  # fmt: skip


@pytest.mark.parametrize("payload", [{"prompt": "q", "completion": "a"}, {"messages": [ASK]}, {"text": "x"},
                                     {"messages": [ASK, turn(call()), result(), turn(call())]}])  # fmt: skip
def test_no_near_misses_where_they_would_not_be_certain(payload: dict[str, Any]) -> None:
    record = Record.real(payload, source="s", row="1", origin="human", reference={"tool_calls": RIGHT})
    assert ToolCalls().spoil(record, 0) == []
