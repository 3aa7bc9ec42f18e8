"""The check `environment`: what is replayed, what is compared, and what a goal is worth."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sterling.cli import main
from sterling.records import Fault, Record, batch_of
from sterling.registry import Ruling
from sterling.verify.environment import EnvironmentReplay

CODE = """
def find(state, key):
    if key not in state:
        raise ValueError(f"there is no {key}")
    return {"key": key, "value": state[key]}

def put(state, key, value):
    state[key] = value
    return "done"

def chance(state):
    import random
    return random.random()

def hang(state):
    while True: pass
"""
TEXT = {"type": "string"}
TOOLS = [
    {"type": "function", "function": {"name": name, "description": "d", "parameters": {
        "type": "object", "properties": properties, "required": [*properties]}}}
    for name, properties in (("find", {"key": TEXT}), ("put", {"key": TEXT, "value": {}}), ("chance", {}), ("hang", {}))
]  # fmt: skip
REFERENCE: Mapping[str, Any] = {
    "code": CODE, "state": {"a": 1, "b": 2}, "goal": {"reached": "state[key] == 3 and state['b'] == start['b']",
                                                      "values": {"key": "a"}},
}  # fmt: skip
ASK = {"role": "user", "content": "Set a to three."}
SAY = {"role": "assistant", "content": "It is three."}


def turn(*calls: tuple[str, Any], first: int = 1) -> dict[str, Any]:
    made = [
        {"id": f"c{first + at}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, (name, arguments) in enumerate(calls)
    ]
    return {"role": "assistant", "content": "", "tool_calls": made}


def result(content: str, number: int = 1) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"c{number}", "content": content}


FIND, PUT = ("find", {"key": "a"}), ("put", {"key": "a", "value": 3})
FOUND = '{"key": "a", "value": 1}'
MISS = '{"error": "there is no c"}'
GOOD = [ASK, turn(FIND), result(FOUND), turn(PUT, first=2), result("done", 2), SAY]


def record(turns: list[dict[str, Any]], payload: Mapping[str, Any] | None = None, **reference: Any) -> Record:
    said = {"environment": {**REFERENCE, **reference}}
    columns = {"messages": turns, "tools": TOOLS} if payload is None else payload
    return Record.real(columns, source="s", row="1", origin="unknown", reference=said)


def judged(one: Record) -> Ruling | Fault:
    (said,) = EnvironmentReplay(cpu_s=1).judge(batch_of([one]), None)
    return said


def reason(turns: list[dict[str, Any]], **reference: Any) -> tuple[str, str]:
    said = judged(record(turns, **reference))
    return ("fault" if isinstance(said, Fault) else said.outcome), said.reason


def goal(reached: str, **values: Any) -> dict[str, Any]:
    return {"reached": reached, "values": values}


GOLDEN: list[tuple[list[dict[str, Any]], dict[str, Any], tuple[str, str]]] = [
    (GOOD, {}, ("keep", "goal_reached")),
    ([ASK, turn(FIND, PUT), result(FOUND), result("done", 2), SAY], {}, ("keep", "goal_reached")),
    ([ASK, turn(("find", {"key": "c"})), result(MISS), turn(PUT, first=2), result("done", 2), SAY], {},
     ("keep", "goal_reached")),
    ([ASK, turn(("find", '{"key": "a"}')), result('{"value":1,  "key":"a"}'), *GOOD[3:]], {}, ("keep", "goal_reached")),
    ([ASK, SAY], {}, ("drop", "goal_missed")),
    ([ASK, turn(("put", {"key": "a", "value": 4})), result("done"), SAY], {}, ("drop", "goal_missed")),
    ([ASK, turn(("put", {"key": "b", "value": 3}), PUT), result("done"), result("done", 2), SAY], {},
     ("drop", "goal_missed")),
    (GOOD, {"goal": goal("state['gone'] == 1")}, ("drop", "goal_missed")),
    ([ASK, turn(FIND), result('{"key": "a", "value": 2}'), *GOOD[3:]], {}, ("drop", "result_differs")),
    ([ASK, turn(FIND), result('{"key": "a", "value": true}'), *GOOD[3:]], {}, ("drop", "result_differs")),
    ([ASK, turn(("chance", {})), result("0.5"), *GOOD[3:]], {}, ("drop", "result_differs")),
    ([ASK, turn(("find", {})), result(FOUND), *GOOD[3:]], {}, ("drop", "result_differs")),
    ([ASK, turn(FIND), *GOOD[3:]], {}, ("drop", "bad_call")),
    ([ASK, turn(FIND), result(FOUND, 7), *GOOD[3:]], {}, ("drop", "bad_call")),
    ([ASK, turn(("find", "a")), result(FOUND), *GOOD[3:]], {}, ("drop", "bad_call")),
    ([ASK, turn(("find", [1])), result(FOUND), *GOOD[3:]], {}, ("drop", "bad_call")),
    (GOOD[:-1], {}, ("drop", "unfinished")),
    (GOOD[:-2], {}, ("drop", "unfinished")),
    ([ASK, turn(("hang", {})), result("null"), SAY], {}, ("drop", "timeout")),
    ([ASK, SAY], {"goal": goal("'three' in answer")}, ("keep", "goal_reached")),
    ([ASK, SAY], {"goal": goal("'four' in answer")}, ("drop", "goal_missed")),
    (GOOD, {"goal": goal("state['b'] == 2")}, ("flag", "holds_at_start")),
    (GOOD, {"goal": goal("state['a']")}, ("fault", "bad_reference")),
    (GOOD, {"goal": goal("stat == 1")}, ("fault", "bad_reference")),
    (GOOD, {"goal": {"values": {}}}, ("fault", "bad_reference")),
    (GOOD, {"code": "def find(:"}, ("fault", "bad_reference")),
    (GOOD, {"code": "def find(state, key): return {1}\n"}, ("fault", "bad_reference")),
    (GOOD, {"code": None}, ("fault", "bad_reference")),
]  # fmt: skip


def test_golden_verdicts() -> None:
    """Other verdicts on the same transcripts: raise the version together with these."""
    assert EnvironmentReplay.version == 1
    assert [reason(turns, **reference) for turns, reference, _ in GOLDEN] == [said for _, _, said in GOLDEN]


def test_the_evidence_shows_what_was_found() -> None:
    kept, differs = judged(record(GOOD)), judged(record([ASK, turn(FIND), result("1"), *GOOD[3:]]))
    assert isinstance(kept, Ruling)
    assert isinstance(differs, Ruling)
    assert kept.score == 1.0
    assert (kept.evidence["calls"], kept.evidence["errors"]) == (2, 0)
    assert "landlock" in kept.evidence["tier"] or "container" in kept.evidence["tier"]
    shown = {key: differs.evidence[key] for key in ("call", "name", "recorded", "given")}
    assert shown == {"call": 0, "name": "find", "recorded": "1", "given": FOUND}
    missed = judged(record(GOOD, goal=goal("state['gone'] == 1")))
    assert isinstance(missed, Ruling)
    assert missed.evidence["why"] == "KeyError: 'gone'"


def test_prompt_and_completion_are_one_conversation() -> None:
    payload = {"prompt": GOOD[:3], "completion": GOOD[3:], "tools": TOOLS}
    said = judged(record([], payload))
    assert said.reason == "goal_reached"


@pytest.mark.parametrize(("payload", "said"), [
    ({"text": "x"}, "no_transcript"),
    ({"prompt": "x", "completion": "y"}, "no_transcript"),
    ({"messages": GOOD, "tools": [{"function": {}}]}, "bad_tools"),
    ({"messages": GOOD, "tools": [{"name": "find", "parameters": "x"}]}, "bad_tools"),
    ({"messages": GOOD}, "result_differs"),
    ({"messages": [ASK, turn(), SAY], "tools": TOOLS}, "goal_missed"),
])  # fmt: skip
def test_what_is_no_transcript(payload: dict[str, Any], said: str) -> None:
    assert judged(record([], payload)).reason == said


def test_near_misses_end_otherwise_and_none_is_kept() -> None:
    misses = EnvironmentReplay().spoil(record(GOOD), 0)
    assert [miss.kind for miss in misses] == ["missing_call", "wrong_argument", "claimed_only"]
    assert [len(miss.record.payload["messages"]) for miss in misses] == [4, 6, 2]
    assert misses[1].record.payload["messages"][3]["tool_calls"][0]["function"]["arguments"] == {"key": "a", "value": 4}
    assert {judged(miss.record).reason for miss in misses} == {"goal_missed"}


def test_a_goal_that_asks_too_little_accepts_near_misses() -> None:
    misses = EnvironmentReplay().spoil(record(GOOD, goal=goal("'three' in answer")), 0)
    assert {judged(miss.record).reason for miss in misses} == {"goal_reached"}


def test_one_call_of_several_in_a_message_is_taken_out_with_its_result() -> None:
    both = [ASK, turn(FIND, PUT), result(FOUND), result("done", 2), SAY]
    first = EnvironmentReplay().spoil(record(both), 0)[0].record.payload["messages"]
    assert [call["id"] for call in first[1]["tool_calls"]] == ["c1"]
    assert [one.get("content") for one in first[2:]] == [FOUND, SAY["content"]]


@pytest.mark.parametrize("one", [
    record([ASK, turn(FIND), result(FOUND), SAY]),
    record([ASK, SAY]),
    record(GOOD[:-1]),
    record(GOOD, code="def find(:"),
])  # fmt: skip
def test_what_only_looked_cannot_be_spoilt(one: Record) -> None:
    assert list(EnvironmentReplay().spoil(one, 0)) == []


def test_rows_of_others_are_checked_from_the_command_line(tmp_path: Path) -> None:
    rows = [
        {"messages": turns, "tools": TOOLS, "reference": {"environment": REFERENCE}} for turns in (GOOD, [ASK, SAY])
    ]
    source, output = tmp_path / "rows.jsonl", tmp_path / "verdicts.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = CliRunner().invoke(main, ["check", "environment", "--input", str(source), "--output", str(output)])
    assert done.exit_code == 0, done.output
    answers = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [(answer["outcome"], answer["reason"]) for answer in answers] == [
        ("keep", "goal_reached"), ("drop", "goal_missed"),
    ]  # fmt: skip
