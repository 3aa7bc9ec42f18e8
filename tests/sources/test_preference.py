"""Thumbs and edits, review threads and support tickets as TRL's formats."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sterling.errors import SourceError
from sterling.records import Fault, format_of
from sterling.registry import Item, Source
from sterling.sources import Feedback, ReviewThreads, Tickets, anchor_records


def written(tmp_path: Path, rows: Sequence[Any]) -> str:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def items(source: Source) -> list[Item]:
    found = list(source.read())
    assert [f for f in found if isinstance(f, Fault)] == []
    return [i for i in found if isinstance(i, Item)]


def faults(source: Source) -> list[tuple[str, str, str]]:
    return [(f.where, f.reason, f.message) for f in source.read() if isinstance(f, Fault)]


def said(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def feedback(tmp_path: Path, rows: Sequence[Any], **options: Any) -> Feedback:
    return Feedback(name="chats", path=written(tmp_path, rows), **options)


def test_a_thumb_gives_unpaired_preference_and_an_edit_preference(tmp_path: Path) -> None:
    rows = [
        {"prompt": "q", "completion": "a", "thumb": "up"},
        {"prompt": "q", "completion": "a", "thumb": "down", "edit": None},
        {"prompt": "q", "completion": "a", "thumb": "up", "edit": "better"},
        {"prompt": "q", "completion": "a", "thumb": "down", "edit": "a"},
    ]
    found = items(feedback(tmp_path, rows))
    assert [(i.payload, i.tags) for i in found] == [
        ({"prompt": "q", "completion": "a", "label": True}, ("feedback:up",)),
        ({"prompt": "q", "completion": "a", "label": False}, ("feedback:down",)),
        ({"prompt": "q", "chosen": "better", "rejected": "a"}, ("feedback:edit",)),
        ({"prompt": "q", "completion": "a", "label": False}, ("feedback:down",)),
    ]
    assert {i.origin for i in found} == {"mixed"}


@pytest.mark.parametrize("up", [True, 1, 1.0, "up", "UP", "👍", "👍🏽", "true", "1"])
@pytest.mark.parametrize("down", [False, -1, "down", "👎", "-1", "false"])
def test_thumbs_as_people_store_them(tmp_path: Path, up: Any, down: Any) -> None:
    rows = [{"prompt": "q", "completion": "a", "thumb": thumb} for thumb in (up, down)]
    assert [i.payload["label"] for i in items(feedback(tmp_path, rows))] == [True, False]


def test_other_thumbs_are_told_in_the_recipe(tmp_path: Path) -> None:
    rows = [{"prompt": "q", "completion": "a", "thumb": thumb} for thumb in (5, 1, 3)]
    source = feedback(tmp_path, rows, up=(4, 5), down=(1, 2))
    assert [i.payload["label"] for i in source.read() if isinstance(i, Item)] == [True, False]
    assert faults(source) == [("a.jsonl:3", "unknown_thumb", "`thumb` is neither in `up` nor in `down`: '3'")]


def test_zero_is_no_thumb_down(tmp_path: Path) -> None:
    assert faults(feedback(tmp_path, [{"prompt": "q", "completion": "a", "thumb": 0}])) == [
        ("a.jsonl:1", "unknown_thumb", "`thumb` is neither in `up` nor in `down`: '0'")
    ]


def test_feedback_of_a_row_speaks_of_the_last_answer(tmp_path: Path) -> None:
    talk = [said("user", "q1"), said("assistant", "a1"), said("user", "q2"), said("assistant", "a2")]
    rows = [{"messages": [*talk, said("user", "thanks")], "thumb": 1}, {"messages": talk, "edit": "better"}]
    first, second = items(feedback(tmp_path, rows))
    assert first.payload == {"prompt": talk[:3], "completion": talk[3:], "label": True}
    assert second.payload == {"prompt": talk[:3], "chosen": [said("assistant", "better")], "rejected": talk[3:]}
    assert format_of(second.payload) == "preference"


def test_feedback_inside_messages_gives_an_example_for_each_judged_answer(tmp_path: Path) -> None:
    talk = [
        {"from": "human", "value": "q1"}, {"from": "gpt", "value": "a1", "rating": {"thumb": "up"}},
        {"from": "human", "value": "q2"}, {"from": "gpt", "value": "a2"},
        {"from": "human", "value": "q3"}, {"from": "gpt", "value": "a3", "rating": {"edit": "better"}},
    ]  # fmt: skip
    columns = {"messages": "chat", "thumb": "rating.thumb", "edit": "rating.edit", "id": "id", "tag.lang": "lang"}
    row = {"chat": talk, "id": "c7", "lang": "en", "user": "u1"}
    first, second = items(feedback(tmp_path, [row], columns=columns, split_by="user"))
    assert (first.row, first.group, first.tags) == ("c7#2", "u1", ("lang:en", "feedback:up"))
    assert first.payload["prompt"] == [said("user", "q1")]
    assert second.row == "c7#6"
    assert [m["content"] for m in second.payload["prompt"]] == ["q1", "a1", "q2", "a2", "q3"]
    assert (second.payload["chosen"][0]["content"], second.payload["rejected"][0]["content"]) == ("better", "a3")


def test_conversations_that_nobody_judged_are_told_each(tmp_path: Path) -> None:
    talk = {"messages": [said("user", "q"), said("assistant", "a")]}
    rows = [
        talk,
        {"prompt": "q", "completion": "a", "thumb": "", "edit": ""},
        {"prompt": "q", "completion": "a", "thumb": 1},
    ]
    assert faults(feedback(tmp_path, rows)) == [
        ("a.jsonl:1", "no_feedback", "neither thumb nor edit"),
        ("a.jsonl:2", "no_feedback", "neither thumb nor edit"),
    ]


def test_feedback_faults(tmp_path: Path) -> None:
    rows = [
        {"prompt": "q", "completion": "a", "edit": "a"},
        {"messages": [said("user", "q")], "thumb": 1},
        {"messages": [said("assistant", "hello"), said("user", "q")], "thumb": 1},
        {"prompt": "q", "completion": "", "thumb": 1},
        {"prompt": "q", "completion": "a", "edit": 7},
        {"thumb": 1},
        {"prompt": "q", "completion": "a", "thumb": 1},
    ]
    assert faults(feedback(tmp_path, rows)) == [
        ("a.jsonl:1", "unchanged", "the edit is the answer that was there"),
        ("a.jsonl:2", "no_answer", "no answer follows a question"),
        ("a.jsonl:3", "no_answer", "no answer follows a question"),
        ("a.jsonl:4", "empty_text", "`completion` is empty"),
        ("a.jsonl:5", "wrong_type", "`edit` is a number, not a string"),
        ("a.jsonl:6", "missing_column", "the row has none of the columns `messages`, `prompt`"),
    ]


def test_answers_of_a_person_are_what_the_recipe_attests(tmp_path: Path) -> None:
    rows = [{"prompt": "q", "completion": "a", "thumb": 1}]
    assert [i.origin for i in items(feedback(tmp_path, rows, answers_by="person"))] == [None]


def test_review_threads_as_completion_and_as_preference(tmp_path: Path) -> None:
    path = written(tmp_path, [{"old": "x = 1", "note": ["name it", "and type it"], "new": "count: int = 1"}])
    columns = {"before": "old", "comment": "note", "after": "new"}
    prompt = "x = 1\n\nname it\nand type it"
    threads = ReviewThreads.model_validate({"name": "r", "path": path, "columns": columns})
    assert [i.payload for i in items(threads)] == [{"prompt": prompt, "completion": "count: int = 1"}]
    threads = ReviewThreads.model_validate({"name": "r", "path": path, "columns": columns, "as": "preference"})
    assert [i.payload for i in items(threads)] == [{"prompt": prompt, "chosen": "count: int = 1", "rejected": "x = 1"}]


def test_review_thread_faults(tmp_path: Path) -> None:
    rows = [
        {"before": "a", "comment": "c", "after": "a"},
        {"before": "a", "comment": "", "after": "b"},
        {"before": "a", "comment": [], "after": "b"},
        {"before": "a", "comment": "c"},
        {"before": "a", "comment": "c", "after": "b"},
    ]
    assert faults(ReviewThreads(name="r", path=written(tmp_path, rows))) == [
        ("a.jsonl:1", "unchanged", "the revision is what was there before"),
        ("a.jsonl:2", "empty_text", "`comment` is empty"),
        ("a.jsonl:3", "wrong_type", "`comment` is a list, not a string"),
        ("a.jsonl:4", "missing_column", "the row has no column `after`"),
    ]
    with pytest.raises(SourceError) as error:
        list(ReviewThreads(name="r", path=written(tmp_path, [{"befor": "a", "comment": "c", "after": "b"}])).read())
    assert str(error.value) == (
        f"{tmp_path}/a.jsonl: there is no column `before` in any row; there are `befor`, `comment`, `after`\n"
        "  mend: did you mean `befor`?"
    )


THREAD = [
    {"author": "agent", "body": "Welcome!"},
    {"author": "Customer", "body": "It is broken."},
    {"author": "customer", "body": "Very."},
    {"author": "agent", "body": "check the logs", "internal": True},
    {"author": "agent", "body": "seen it", "public": False},
    {"author": "agent", "body": "Restart it.", "public": True},
    {"author": "customer", "body": "No."},
    {"author": "agent", "body": "Then replace it."},
    {"author": "customer", "body": "Thanks!"},
]
TALK = [
    said("user", "It is broken.\n\nVery."),
    said("assistant", "Restart it."),
    said("user", "No."),
    said("assistant", "Then replace it."),
]


def test_a_ticket_becomes_a_conversation(tmp_path: Path) -> None:
    path = written(tmp_path, [{"messages": THREAD}])
    [item] = items(Tickets(name="t", path=path))
    assert item.payload == {"messages": TALK}
    assert item.tags == ("internal_notes:2", "unanswered_messages:2")
    assert item.origin is None
    [item] = items(Tickets.model_validate({"name": "t", "path": path, "as": "completion"}))
    assert item.payload == {"prompt": TALK[:3], "completion": TALK[3:]}


def test_a_ticket_that_a_bot_answered_is_mixed(tmp_path: Path) -> None:
    rows = [{"thread": [{"by": 1, "text": "help"}, {"by": 2, "text": "try this"}]}]
    columns = {"messages": "thread", "author": "by", "body": "text"}
    roles: dict[str, Any] = {"1": "user", "2": "model"}
    [item] = items(Tickets(name="t", path=written(tmp_path, rows), columns=columns, roles=roles))
    assert item.origin == "mixed"
    assert item.payload == {"messages": [said("user", "help"), said("assistant", "try this")]}


def test_ticket_faults(tmp_path: Path) -> None:
    question, answer = {"author": "customer", "body": "help"}, {"author": "agent", "body": "yes"}
    rows: list[Any] = [
        {"messages": [question]},
        {"messages": [answer, question]},
        {"messages": []},
        {"messages": [question, {"author": "robot", "body": "x"}]},
        {"messages": [question, {"author": "agent", "body": ""}]},
        {"messages": "help"},
        {"messages": ["help"]},
        {"messages": [question, {"body": "x"}]},
        {"messages": [question, answer]},
    ]
    assert faults(Tickets(name="t", path=written(tmp_path, rows))) == [
        ("a.jsonl:1", "no_answer", "no answer follows a question"),
        ("a.jsonl:2", "no_answer", "no answer follows a question"),
        ("a.jsonl:3", "no_answer", "no answer follows a question"),
        ("a.jsonl:4", "unknown_author", "`messages[1]` has an author that `roles` does not name: 'robot'"),
        ("a.jsonl:5", "empty_text", "`messages[1].body` is empty"),
        ("a.jsonl:6", "wrong_type", "`messages` is a string, not a list of messages"),
        ("a.jsonl:7", "wrong_type", "`messages[0]` is a string, not a message"),
        ("a.jsonl:8", "wrong_type", "`messages[1].author` is null, not a string or a number"),
    ]


def test_unknown_options_and_names_are_refused() -> None:
    with pytest.raises(ValidationError, match="there is no name `thumbs` to map a column to; did you mean `thumb`"):
        Feedback(name="x", path="a.jsonl", columns={"thumbs": "t"})
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Tickets.model_validate({"name": "x", "path": "a.jsonl", "kind": "y"})


def test_answers_that_nobody_judged_are_no_bad_rows(tmp_path: Path) -> None:
    rows = [{"prompt": f"q{n}", "completion": "a", "thumb": 1 if n % 4 == 0 else None} for n in range(40)]
    found = list(anchor_records(feedback(tmp_path, rows), {"train": 1.0}))
    assert sum(isinstance(record, Fault) for record in found) == 30
    assert len(found) == 40
