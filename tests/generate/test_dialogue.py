"""Conversations from real openings: who sees what, how they end, and what is no conversation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.generate.conversing import (
    MISTRAL,
    QWEN,
    as_json,
    asked,
    endpoint,
    fault_of,
    made,
    record_of,
    text_of_request,
)

from sterling.generate.dialogue import GOALS, TEMPERS, Dialogue
from sterling.models.mocking.mock import Scripted
from sterling.records import Fault, Record
from sterling.registry import Past

OPENING = "The tap in my kitchen drips all night. What can I do?"
ONE_CELL = {"tempers": {"hurried": "in a hurry"}, "goals": {"solve": "to get it solved"}}


class Kitchen:
    """A user who wants to know two more things, and an assistant; both write down what they were shown."""

    def __init__(self, *user: str, answer: str = "Turn the water off and change the washer.") -> None:
        self.user, self.answer = iter(user), answer
        self.shown: dict[str, list[Mapping[str, Any]]] = {QWEN: [], MISTRAL: []}

    def __call__(self, request: Mapping[str, Any]) -> str:
        self.shown[request["model"]].append(request)
        return next(self.user) if request["model"] == MISTRAL else f"{self.answer} ({len(self.shown[QWEN])})"


def talked(script: Scripted, folder: Path, record: Record | None = None, **options: Any) -> list[Record | Fault]:
    seeds = [asked(OPENING) if record is None else record]
    said = lambda address: {"user_model": endpoint(address, MISTRAL), **ONE_CELL, **options}  # noqa: E731
    return made(Dialogue, seeds, script, folder, said)


def says(message: str) -> str:
    return as_json(goal_met=False, message=message)


DONE = as_json(goal_met=True)


def test_a_conversation_goes_on_until_the_goal_is_met(tmp_path: Path) -> None:
    kitchen = Kitchen(says("Which washer fits?"), DONE)
    record = record_of(talked(kitchen, tmp_path))
    assert record.payload == {
        "messages": [
            {"role": "user", "content": OPENING},
            {"role": "assistant", "content": "Turn the water off and change the washer. (1)"},
            {"role": "user", "content": "Which washer fits?"},
            {"role": "assistant", "content": "Turn the water off and change the washer. (2)"},
        ]
    }
    assert record.format == "messages"
    assert record.tags == (
        "task:dialogue",
        "cell:hurried/solve",
        "temper:hurried",
        "goal:solve",
        "ended:goal_met",
        "topic:home",
    )
    assert record.maker is not None
    assert (record.maker.model, record.maker.family) == (QWEN, "mistral+qwen")
    assert record.maker.sampling["with"] == [MISTRAL]


def test_only_the_user_is_told_goal_and_temper_and_the_assistant_sees_the_chat_alone(tmp_path: Path) -> None:
    kitchen = Kitchen(says("Which washer fits?"), DONE)
    record = record_of(talked(kitchen, tmp_path))
    assert [request["messages"] for request in kitchen.shown[QWEN]] == [
        record.payload["messages"][:1],
        record.payload["messages"][:3],
    ]
    told = text_of_request(kitchen.shown[MISTRAL][1])
    assert "in a hurry" in told
    assert "to get it solved" in told
    assert f"Person: {OPENING}\n\nAssistant: Turn" in told
    assert "in a hurry" not in str(record.payload)


def test_it_ends_after_so_many_turns_with_an_answer(tmp_path: Path) -> None:
    kitchen = Kitchen(says("And then?"), says("And after that?"))
    record = record_of(talked(kitchen, tmp_path, turns=2))
    assert [turn["role"] for turn in record.payload["messages"]] == ["user", "assistant"] * 2
    assert "ended:turns" in record.tags
    assert len(kitchen.shown[MISTRAL]) == 1


def test_reasoning_is_kept_apart_and_is_not_sent_back(tmp_path: Path) -> None:
    kitchen = Kitchen(says("Which one?"), DONE, answer="<think>A washer.</think>Change it.")
    messages = record_of(talked(kitchen, tmp_path)).payload["messages"]
    assert messages[1] == {"role": "assistant", "content": "Change it. (1)", "reasoning_content": "A washer."}
    assert "reasoning_content" not in str(kitchen.shown[QWEN])


def test_the_system_message_of_the_opening_stays_and_later_turns_do_not_matter(tmp_path: Path) -> None:
    system = {"role": "system", "content": "You are a plumber."}
    turns = [
        system,
        {"role": "user", "content": OPENING},
        {"role": "assistant", "content": "Old."},
        {"role": "user", "content": "Hm?"},
    ]
    record = record_of(talked(Kitchen(DONE), tmp_path, asked(OPENING, messages=turns)))
    assert record.payload["messages"][:2] == turns[:2]
    assert len(record.payload["messages"]) == 3


@pytest.mark.parametrize(("payload", "opens"), [
    ({"text": OPENING}, True),
    ({"prompt": OPENING, "completion": "x"}, True),
    ({"prompt": [{"role": "user", "content": OPENING}]}, True),
    ({"text": "word " * 2000}, False),
    ({"messages": [{"role": "assistant", "content": "Hello."}]}, False),
    ({"messages": [{"role": "user", "content": OPENING}], "tools": [{"name": "f"}]}, False),
    ({"fields": {"a": 1}}, False),
])  # fmt: skip
def test_what_opens_a_conversation(payload: dict[str, Any], opens: bool) -> None:
    strategy = Dialogue.model_validate({"model": endpoint("http://localhost:9/v1")})
    record = Record.real(payload, source="s", row="1", origin="human")
    assert strategy.suits(record) is opens
    assert len(list(strategy.tasks([record], Past(), 0))) == opens


@pytest.mark.parametrize(("user", "answer", "reason"), [
    (says(""), "Fine.", "user_empty"),
    (says(OPENING), "Fine.", "user_repeats"),
    (says("As the user, I would now ask for the price."), "Fine.", "out_of_part"),
    (says("Thanks.\nAssistant: You are welcome."), "Fine.", "out_of_part"),
    (says("Stay with the subject of the first message, and invent no more."), "Fine.", "copied_prompt"),
    (DONE, "I'm sorry, but I can't help with that.", "refused"),
    (DONE, "Change it.\nPerson: thanks!", "out_of_part"),
    ("no JSON at all", "Fine.", "unparsable"),
])  # fmt: skip
def test_what_is_no_conversation_is_a_fault_and_not_owed(user: str, answer: str, reason: str, tmp_path: Path) -> None:
    fault = fault_of(talked(Kitchen(user, user, answer=answer), tmp_path))
    assert (fault.boundary, fault.reason, fault.owed) == ("provider", reason, False)


@pytest.mark.parametrize("answer", ["Sorry to hear that! Change the washer.", "You can't help it: washers wear out."])
def test_an_apology_is_no_refusal(answer: str, tmp_path: Path) -> None:
    assert record_of(talked(Kitchen(DONE, answer=answer), tmp_path))


def test_words_of_the_real_opening_give_nobody_away(tmp_path: Path) -> None:
    opening = "Can we role-play a job interview?"
    kitchen = Kitchen(says("More role-play, please."), DONE)
    assert record_of(talked(kitchen, tmp_path, asked(opening)))


def test_the_grid_is_tempers_by_goals(tmp_path: Path) -> None:
    strategy = Dialogue.model_validate({"model": endpoint("http://localhost:9/v1"), "count": 100})
    rows = [task.row for task in strategy.tasks([asked(OPENING)], Past(), 0)]
    assert len(rows) == len(set(rows)) == len(TEMPERS) * len(GOALS)
