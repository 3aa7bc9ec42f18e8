"""New requests out of real ones."""

import json
import re
from pathlib import Path

from tests.generate.scene import reasons, records, scene, seed

from sterling.records import Record
from sterling.registry import Past

WORDS = "apple bridge candle desert engine forest garden harbor island jungle kettle ladder".split()  # noqa: SIM905


def questions(count: int = 12) -> list[Record]:
    return [
        seed({"prompt": f"What is a {word}?", "completion": "A thing."}, row=word, tags=(f"topic:{word}", "lang:a"))
        for word in WORDS[:count]
    ]


def answer(text: str) -> str:
    """New requests that tell which ones were shown, or an answer."""
    shown = re.findall(r"What is an? (\w+)\?\n</request>", text)
    if not shown:
        return f"It has {len(text)} letters."
    wanted = int(re.findall(r"Write (\d+) new", text)[0])
    return json.dumps({"requests": [f"Tell {shown[0]} from {shown[-1]} in way {n}." for n in range(wanted)]})


def test_so_many_requests_as_are_wanted_each_answered(tmp_path: Path) -> None:
    with scene("self_instruct", tmp_path, answer) as play:
        found = records(play.made(*questions(), count=8, batch=5))
        assert sum("new requests" in text for text in play.asked) == 2
    assert [record.row for record in found] == [
        *(f"requests-0/{n}" for n in range(5)),
        *(f"requests-1/{n}" for n in range(3)),
    ]
    assert all(record.payload["completion"].startswith("It has") for record in found)
    assert {record.tags for record in found} == {("task:self_instruct", "lang:a")}


def test_all_that_was_shown_are_parents_and_no_seed_comes_twice_before_all_came(tmp_path: Path) -> None:
    with scene("self_instruct", tmp_path, answer) as play:
        shown = [task.seeds for task in play.strategy(count=20).tasks(questions(), Past(), 1)]
        (first, *_) = records(play.made(*questions(), count=5))
    assert [len(seeds) for seeds in shown] == [6, 6, 6, 6]
    assert len({one.id for seeds in shown[:2] for one in seeds}) == 12
    assert {one.id for one in shown[0]} != {one.id for one in shown[2]} != {one.id for one in shown[1]}
    assert first.parents == tuple(one.id for one in shown[0])
    assert first.depth == 1


def test_later_rounds_show_what_was_verified_and_descend_from_it(tmp_path: Path) -> None:
    with scene("self_instruct", tmp_path, answer) as play:
        earlier = records(play.made(*questions(), count=4, rounds=2, batch=2))
        past = Past(round=2, kept=2, tried=frozenset({"requests-0"}), own=lambda: iter(earlier))
        again = records(play.made(*questions(), past=past, count=4, rounds=2, batch=2))
    assert (len(earlier), len(again)) == (2, 2)
    assert {record.row for record in again} == {"requests-1/0", "requests-1/1"}
    assert {one.id for one in earlier} < {*again[0].parents}
    assert len(again[0].parents) == 8
    assert again[0].depth == 2


def test_without_a_count_each_seed_is_shown_once(tmp_path: Path) -> None:
    with scene("self_instruct", tmp_path, answer) as play:
        tasks = list(play.strategy().tasks(questions(9), Past(), 1))
        assert [len(task.seeds) for task in tasks] == [6, 6]
        assert (
            list(play.strategy(rounds=2).tasks(questions(9), Past(2, tried=frozenset(t.row for t in tasks)), 1)) == []
        )
        assert list(play.strategy(count=5).tasks([seed({"text": "No request."})], Past(), 1)) == []


def test_one_bad_request_costs_no_other(tmp_path: Path) -> None:
    asked = ["What is a jungle?", "...", "Name a fruit.", "name a FRUIT", "Pick a lock.", "Write {count} words."]

    def reply(text: str) -> str:
        if "new requests" in text:
            return json.dumps({"requests": asked})
        return "I am sorry." if "lock" in text else "A pear."

    with scene("self_instruct", tmp_path, reply) as play:
        found = play.made(*questions(), count=6, batch=6, shown=12)
    assert reasons(found) == ["repeated", "says_nothing", "repeated", "refused"]
    assert [one.payload["prompt"] for one in found if isinstance(one, Record)] == [
        "Name a fruit.",
        "Write {count} words.",
    ]


def test_an_answer_that_is_no_list_is_one_fault(tmp_path: Path) -> None:
    with scene("self_instruct", tmp_path, lambda text: "No.") as play:
        assert reasons(play.made(*questions(), count=5)) == ["unparsable"]
