"""Transcripts of an agent in an environment: calls are really run, errors are results, and the form is TRL's."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.generate.conversing import asked, endpoint, fault_of, made, record_of
from tests.generate.shop import SHOP, agent, call

from sterling.errors import InputError
from sterling.generate.environment import episode
from sterling.generate.tools import Tools
from sterling.models.mocking.mock import Scripted
from sterling.records import Fault, Record
from sterling.registry import Past

DONE = "Order A1 is cancelled."
GOOD = agent("order A1", [call("look", {"order": "A1"})], [call("cancel", {"order": "A1"})], DONE)
ONE = SHOP.replace("[A1, A2]", "[A1]").partition("  too_late:")[0]
"""One kind of task with one value."""


def worked(rules: list[dict[str, Any]], folder: Path, text: str = ONE, **options: Any) -> list[Record | Fault]:
    return played({"rules": rules}, folder, text, [], **options)


def played(script: Scripted, folder: Path, text: str, seeds: list[Record], **options: Any) -> list[Record | Fault]:
    folder.mkdir(exist_ok=True)
    (folder / "shop.yml").write_text(text, encoding="utf-8")
    return made(Tools, seeds, script, folder, lambda _: {"environment": "shop.yml", **options})


def test_calls_are_run_and_the_transcript_has_trl_s_form(tmp_path: Path) -> None:
    record = record_of(worked(GOOD, tmp_path))
    order = {"order": "A1"}
    assert record.payload["messages"] == [
        {"role": "system", "content": "You work in a small shop."},
        {"role": "user", "content": "Please cancel order A1."},
        {"role": "assistant", "content": "", "tool_calls": [
            {"id": "call00001", "type": "function", "function": {"name": "look", "arguments": order}}]},
        {"role": "tool", "tool_call_id": "call00001", "name": "look", "content": '{"item": "lamp", "sent": false}'},
        {"role": "assistant", "content": "", "tool_calls": [
            {"id": "call00002", "type": "function", "function": {"name": "cancel", "arguments": order}}]},
        {"role": "tool", "tool_call_id": "call00002", "name": "cancel", "content": "cancelled"},
        {"role": "assistant", "content": DONE},
    ]  # fmt: skip
    assert [tool["type"] for tool in record.payload["tools"]] == ["function", "function"]
    assert [sorted(tool["function"]) for tool in record.payload["tools"]] == [["description", "name", "parameters"]] * 2
    assert record.tags == ("task:tools", "cell:cancel", "environment:shop")
    assert record.parents == ()
    assert record.view is not None
    assert "small shop" not in record.view


def test_the_reference_holds_all_that_replaying_needs(tmp_path: Path) -> None:
    reference = (record_of(worked(GOOD, tmp_path)).reference or {})["environment"]
    assert (reference["name"], sorted(reference)) == ("shop", ["code", "digest", "goal", "name", "state"])
    assert reference["state"]["orders"]["A1"] == {"item": "lamp", "sent": False}
    assert reference["goal"]["text"] == "Please cancel order A1."
    assert reference["goal"]["values"] == {"order": "A1"}


def test_an_error_is_a_result_and_a_recovery_is_kept(tmp_path: Path) -> None:
    wrong, right = call("cancel", {"order": "1A"}), call("cancel", {"order": "A1"})
    record = record_of(worked(agent("order A1", [wrong], [call("undo", {})], [right], DONE), tmp_path))
    assert [turn["content"] for turn in record.payload["messages"] if turn["role"] == "tool"] == [
        '{"error": "there is no order 1A"}', '{"error": "there is no tool `undo`"}', "cancelled",
    ]  # fmt: skip
    assert "recovered:yes" in record.tags


def test_an_agent_that_gives_up_after_an_error_has_not_recovered(tmp_path: Path) -> None:
    record = record_of(worked(agent("order A1", [call("look", {})], "I could not find it."), tmp_path))
    assert "recovered:no" in record.tags


def test_several_calls_in_one_message_are_answered_in_their_order(tmp_path: Path) -> None:
    both = [call("cancel", {"order": "A1"}), call("look", {"order": "A1"})]
    messages = record_of(worked(agent("order A1", both, DONE), tmp_path)).payload["messages"]
    assert [turn.get("tool_call_id") for turn in messages] == [None, None, None, "call00001", "call00002", None]
    assert json.loads(messages[4]["content"])["cancelled"] is True


def test_what_is_sent_back_has_arguments_as_text_and_no_reasoning(tmp_path: Path) -> None:
    thinking = [rule | {"reasoning": "Let me look."} for rule in GOOD]
    messages = record_of(worked(thinking, tmp_path)).payload["messages"]
    assert {turn["reasoning_content"] for turn in messages if turn["role"] == "assistant"} == {"Let me look."}
    sent = episode._sent(messages)
    assert sent[2]["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"order": "A1"}'}
    assert sent[3] == {"role": "tool", "tool_call_id": "call00001", "content": messages[3]["content"]}
    assert "reasoning_content" not in str(sent)


def test_each_task_begins_in_its_own_state(tmp_path: Path) -> None:
    """Order A2 is cancelled in one transcript and whole in the next, where `start` has sent it beforehand."""
    late = "order A2, if"
    rules = [
        *agent(late, [call("cancel", {"order": "A2"})], "A2 has been sent already."),
        *agent("order A2", [call("cancel", {"order": "A2"})], "Done."),
    ]
    text = SHOP.replace("[A1, A2]", "[A2]")
    first, second = worked(rules, tmp_path, text)
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert [record.payload["messages"][3]["content"] for record in (first, second)] == [
        "cancelled", '{"error": "A2 has been sent"}',
    ]  # fmt: skip
    assert (second.reference or {})["environment"]["state"]["orders"]["A2"]["sent"] is True
    assert [record.row for record in (first, second)] == ["shop/cancel/open/0", "shop/too_late/open/0"]


BROKEN = ONE.replace('return "cancelled"', "return {1}")
HANGING = ONE.replace('return "cancelled"', "while True: pass")
EASY = ONE.replace("reached: state", "reached: True or state")
WRONG = ONE.replace("others_untouched(state, start, order)", "nobody(state)")


@pytest.mark.parametrize(("rules", "text", "boundary", "reason"), [
    (agent("order A1", *[[call("look", {"order": "A1"})]] * 3), ONE, "provider", "too_many_steps"),
    (agent("order A1", [call("look", '{"order": "A1"')]), ONE, "provider", "bad_call"),
    (agent("order A1", [call("look", '["A1"]')]), ONE, "provider", "bad_call"),
    (agent("order A1", [call("look", '{"order": NaN}')]), ONE, "provider", "bad_call"),
    (agent("order A1", [call("", {})]), ONE, "provider", "bad_call"),
    (GOOD, EASY, "provider", "holds_at_start"),
    (GOOD, BROKEN, "user_code", "broken"),
    (GOOD, HANGING, "user_code", "timeout"),
    (GOOD, WRONG, "user_code", "broken"),
])  # fmt: skip
def test_what_comes_to_nothing_is_a_fault(
    rules: list[dict[str, Any]], text: str, boundary: str, reason: str, tmp_path: Path
) -> None:
    if text == WRONG:
        text = text.replace('state["orders"][order].get("cancelled", False) and', "")
    fault = fault_of(worked(rules, tmp_path, text, max_steps=2, cpu_s=1))
    assert (fault.boundary, fault.reason, fault.owed) == (boundary, reason, False)


def test_requests_may_be_worded_like_real_ones(tmp_path: Path) -> None:
    real = asked("hey there, my lamp never came!! pls sort it out", "7")
    rules = [
        {"match": "(?s)asks for it.*my lamp never came", "answer": "hey, pls cancel order A1!!"},
        *agent("hey, pls cancel order A1", [call("cancel", {"order": "A1"})], DONE),
    ]
    record = record_of(played({"rules": rules}, tmp_path, ONE, [real], wording="anchor"))
    assert record.payload["messages"][1]["content"] == "hey, pls cancel order A1!!"
    assert record.parents == (real.id,)
    assert "topic:home" in record.tags
    assert record.maker is not None
    assert record.maker.template is not None


@pytest.mark.parametrize(("said", "reason"), [
    ("hey, cancel my order!!", "value_lost"),
    ("I cannot help with that.", "refused"),
    ("Write the message in which this person asks for it: A1", "copied_prompt"),
])  # fmt: skip
def test_a_request_that_loses_what_is_wanted_is_a_fault(said: str, reason: str, tmp_path: Path) -> None:
    rules = [{"match": "asks for it", "answer": said}]
    fault = fault_of(played({"rules": rules}, tmp_path, ONE, [asked("hey")], wording="anchor"))
    assert fault.reason == reason


def test_wording_needs_somebody_who_asks(tmp_path: Path) -> None:
    answers = asked("", messages=[{"role": "assistant", "content": "Hello."}])
    assert played({"rules": GOOD}, tmp_path, ONE, [answers], wording="anchor") == []
    with pytest.raises(ValidationError, match="no effect"):
        strategy(tmp_path, ONE, seeds="tickets")


def strategy(folder: Path, text: str, **options: Any) -> Tools:
    (folder / "shop.yml").write_text(text, encoding="utf-8")
    said = {"model": endpoint("http://localhost:9/v1"), "environment": "shop.yml", **options}
    return Tools.model_validate(said, context={"base": folder})


def test_every_combination_is_one_task_and_a_later_round_takes_up_where_it_was(tmp_path: Path) -> None:
    text = SHOP.replace("{order: [A1, A2]}\n    start", "{order: [A1, A2], n: {from: 3, to: 5}}\n    start")
    tools = strategy(tmp_path, text)
    first = list(tools.tasks([], Past(), 1))
    assert len({task.row for task in first}) == 2 + 2 * 3
    assert [task.row.split("/")[1] for task in first[:4]] == ["cancel", "too_late", "cancel", "too_late"]
    assert {task.spec["values"]["n"] for task in first if task.spec["task"] == "too_late"} == {3, 4, 5}
    tried = frozenset(task.row for task in first[:3])
    again = list(tools.tasks([], Past(round=2, tried=tried), 1))
    assert [task.row for task in again] == [task.row for task in first[3:]]
    assert [task.row for task in tools.tasks([], Past(), 2)] != [task.row for task in first]


def test_code_may_lie_in_a_file_which_is_then_part_of_the_question(tmp_path: Path) -> None:
    head, _, rest = ONE.partition("code: |\n")
    code, _, tail = rest.partition("tools:")
    (tmp_path / "shop.py").write_text("\n".join(line[2:] for line in code.splitlines()), encoding="utf-8")
    text = f"{head}code: shop.py\ntools:{tail}"
    assert record_of(worked(GOOD, tmp_path, text))
    assert [Path(path).name for path in strategy(tmp_path, text).reads()] == ["tools.md", "shop.yml", "shop.py"]


VARY = "vary: {order: [A1, A2]}\n    start"
ORDER = "properties: {order: {type: string}}"


@pytest.mark.parametrize(("change", "where", "what"), [
    (("name: shop\n", ""), "shop.yml:1", "`name` is missing"),
    (("  cancel:\n    description", "  drop:\n    description"), "shop.yml:27", "the code defines no function `drop`"),
    (("start: send", "start: ship"), "shop.yml:44", "the code defines no function `ship`"),
    (("string}}", "strng}}"), "shop.yml:24", "`type: strng` is no type"),
    (("string}}", "array, items: {type: [string, text]}}}"), "shop.yml:24", "`type: text` is no type"),
    (('"sent" in answer', '"sent" in anwser'), "shop.yml:42", "nothing gives `anwser` in `reached` a value"),
    (("def find(state, order):", "def find(state, order:"), "shop.yml", "the code is no Python"),
    (("Please cancel order {order}.", "Cancel {it}."), "shop.yml:36", "`{it}` in `goal` is filled by nothing"),
    (('reached: state == start and "sent" in answer', "reached: state ="), "shop.yml:40", "`reached` is no Python"),
    (("start: send", "states: [closed]"), "shop.yml:1", "there is no state `closed`"),
    ((VARY, "vary: {order: [A1], answer: [1]}\n    start"), "shop.yml:40", "`answer` is a name"),
    ((VARY, "vary: {order: {from: 2, to: 1}}\n    start"), "shop.yml:43", "there is nothing"),
    ((ORDER, "properties: {state: {type: string}}"), "shop.yml:24", "may not be called `state`"),
    (("parameters: {type: object", "parameters: {type: array"), "shop.yml:24", "JSON Schema of an object"),
    (("code: |", "code: gone.py\nnote: |"), "shop.yml", "unknown key `note`"),
])  # fmt: skip
def test_an_environment_with_a_mistake_is_refused_with_its_place(
    change: tuple[str, str], where: str, what: str, tmp_path: Path
) -> None:
    assert change[0] in SHOP
    with pytest.raises(InputError) as refused:
        list(strategy(tmp_path, SHOP.replace(*change, 1)).tasks([], Past(), 0))
    assert what in refused.value.what
    assert Path(str(refused.value.where)).name.startswith(where)
    assert refused.value.mend
