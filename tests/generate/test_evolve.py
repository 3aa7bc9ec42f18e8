"""Operators, generations, and what fails of them."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.generate.scene import reasons, records, scene, seed

from sterling.generate.evolve import BREADTH, DEPTH
from sterling.registry import Past

PROMPT = "How do I bake bread?"
SYSTEM = {"role": "system", "content": "You are a baker."}


def answer(text: str) -> str:
    """A model that does as it is told."""
    if "SAME" in text:
        return "DIFFERENT"
    if "Request:" in text:
        return f"{text.rpartition('Request:')[2].strip()} Use rye, and say why, in {len(text)} words."
    return "Take flour and water, and wait."


def test_each_operator_is_a_cell_and_a_tag(tmp_path: Path) -> None:
    with scene("evolve", tmp_path, answer) as play:
        found = records(play.made(seed({"prompt": PROMPT, "completion": "Well."}), per_seed=6))
        wider = [text for text in play.asked if "Write another one" in text]
    assert {tag for record in found for tag in record.tags if tag.startswith("operator:")} == {
        f"operator:{name}" for name in (*DEPTH, *BREADTH)
    }
    assert len(wider) == 1
    assert all(record.payload["prompt"].startswith(f"{PROMPT} Use rye") for record in found)
    assert {record.payload["completion"] for record in found} == {"Take flour and water, and wait."}
    assert all(record.reference is None for record in found)


def test_generations_are_a_chain_that_provenance_shows(tmp_path: Path) -> None:
    with scene("evolve", tmp_path, answer) as play:
        (record,) = records(play.made(seed({"prompt": PROMPT}), generations=3))
    assert record.maker is not None
    operators, between = record.maker.sampling["operators"], record.maker.sampling["evolved"]
    assert len(operators) == 3
    assert all(one != other for one, other in pairwise(operators))
    assert {f"operator:{name}" for name in operators} <= {*record.tags}
    assert [text.count("Use rye") for text in (*between, record.payload["prompt"])] == [1, 2, 3]


def test_a_chat_stays_a_chat_behind_its_system_message(tmp_path: Path) -> None:
    talk = [SYSTEM, {"role": "user", "content": PROMPT}, {"role": "assistant", "content": "Well."}]
    with scene("evolve", tmp_path, answer) as play:
        (whole,) = records(play.made(seed({"messages": talk})))
        (pair,) = records(play.made(seed({"prompt": talk[:2], "completion": talk[2:]})))
        assert play.asked[-1].startswith("You are a baker.")
    assert [turn["role"] for turn in whole.payload["messages"]] == ["system", "user", "assistant"]
    assert [turn["role"] for turn in pair.payload["prompt"]] == ["system", "user"]
    assert pair.payload["completion"] == [{"role": "assistant", "content": "Take flour and water, and wait."}]


FAILED: dict[str, tuple[str, dict[str, str]]] = {
    "unchanged": ("unchanged", {"Request:": "how do I bake bread"}),
    "no gain": ("no_gain", {"SAME": "They are the SAME."}),
    "no comparison": ("unparsable", {"SAME": "Both are nice."}),
    "the prompt's wording": ("copied_prompt", {"Request:": "Here is the rewritten request: bake rye bread."}),
    "an evolution refused": ("refused", {"Request:": "Sorry, I can't do that."}),
    "an answer refused": ("refused", {"Use rye": "I am sorry, this is too hard."}),
    "an empty answer": ("says_nothing", {"Use rye": "It is, is it?"}),
}


@pytest.mark.parametrize(("reason", "instead"), FAILED.values(), ids=FAILED.keys())
def test_a_failed_evolution_is_a_fault(reason: str, instead: dict[str, str], tmp_path: Path) -> None:
    def reply(text: str) -> str:
        kind = next(word for word in ("SAME", "Request:", "Use rye") if word in text)
        return instead.get(kind) or answer(text)

    with scene("evolve", tmp_path, reply) as play:
        assert reasons(play.made(seed({"prompt": PROMPT}))) == [reason]


def test_the_comparison_can_be_left_out(tmp_path: Path) -> None:
    with scene("evolve", tmp_path, answer) as play:
        records(play.made(seed({"prompt": PROMPT}), compare=False))
        assert len(play.asked) == 2


def test_texts_tables_and_tools_are_left_out(tmp_path: Path) -> None:
    with scene("evolve", tmp_path, answer) as play:
        strategy = play.strategy()
        unsuited: list[dict[str, Any]] = [
            {"text": PROMPT}, {"fields": {"a": PROMPT}}, {"prompt": PROMPT, "completion": "x", "tools": []},
            {"chosen": [{"role": "assistant", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}]},
        ]  # fmt: skip
        assert list(strategy.tasks([seed(payload) for payload in unsuited], Past(), 1)) == []


@pytest.mark.parametrize(
    ("options", "message"), [({"depth": {}, "breadth": {}}, "no operator"), ({"breadth": DEPTH}, "both")]
)
def test_operators_that_cannot_be_are_refused(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with scene("evolve", tmp_path, answer) as play, pytest.raises(ValidationError, match=message):
        play.strategy(**options)
