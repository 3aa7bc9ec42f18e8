"""The check `answer_leaks`: where an answer stands in its question, and options that give themselves away."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sterling
from sterling.records import VERIFYING, Record, Verdict, batch_of, verdict_table
from sterling.registry import Ruling
from sterling.stats import Evidence
from sterling.verify.answer_leaks import AnswerLeaks

ROOT = Path(__file__).resolve().parents[2]
CAPITALS = ("Paris", "Rome", "Berlin", "Madrid")


def item(payload: Mapping[str, Any] | str, answer: Any = None, **reference: Any) -> Record:
    given = ({} if answer is None else {"answer": answer}) | reference
    shown = {"prompt": payload} if isinstance(payload, str) else payload
    return Record.real(shown, source="s", row="r", origin="unknown", reference=given or None)


def ruled(*records: Record) -> list[Ruling]:
    said = AnswerLeaks().judge(batch_of(records), None)
    return [one for one in said if isinstance(one, Ruling)]


def reason(payload: Mapping[str, Any] | str, answer: Any = None, **reference: Any) -> str:
    (said,) = ruled(item(payload, answer, **reference))
    return said.reason


def choice(stem: str, *options: str) -> str:
    return "\n".join([stem, *(f"{letter}) {option}" for letter, option in zip("ABCDEF", options, strict=False))])


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("The tower is 1,234 metres high. How high is it?", "1234"),
        ("It is one hundred twenty-three steps. How many steps?", "#### 123"),
        ("In March 1994 the war ended. In which year did it end?", "1994"),
        ("PARIS is the capital of France. What is its capital?", "Paris."),
        ("Who wrote it? (Hint: Marie   Curie)", "Marie Curie"),
        ("Solve it: y = 3 * (x+1) and so on.", "3*(x + 1)"),
        ("Say what it costs: $2,350.50.", "2350.5"),
        ("Straße heißt es. Wie heißt es?", "STRASSE"),
        ("The answer is Rome. Is it Paris or London?", "Rome"),
        ("Speed of 448 km/h. How fast?", 448),
    ],
)
def test_an_answer_in_the_question_is_dropped(prompt: str, answer: Any) -> None:
    (said,) = ruled(item(prompt, answer))
    assert (said.outcome, said.reason) == ("drop", "answer_in_prompt")
    assert said.evidence["occurrences"] == 1
    assert said.evidence["found"]


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Add 1,200 and 34. How much is it?", "1234"),
        ("It is 448 miles away. How fast is it?", "448 km/h"),
        ("Parisian life. Where is that?", "Paris"),
        ("Curie, Marie: who?", "Marie Curie"),
        ("Compute x-1.", "x+1"),
        ("Let y = 13*(x+1).", "3*(x+1)"),
        ("Is a tomato a fruit or a vegetable?", "fruit"),
        ("Is a tomato a fruit or a vegetable?", "a vegetable"),
        ("Is it red, green, or blue?", "green"),
        ("Is it red, green, or blue?", "red"),
        ("positive/negative: I liked it.", "positive"),
        ("Which one?", "Paris"),
    ],
)
def test_what_is_no_leak(prompt: str, answer: Any) -> None:
    (said,) = ruled(item(prompt, answer))
    assert (said.outcome, said.reason, said.evidence) == ("keep", "no_leak", {})


@pytest.mark.parametrize("answer", ["7", "12", "400", "1.5", "yes", "cat", "B", "4/2", "x+1"])
def test_short_answers_may_be_there_by_chance(answer: str) -> None:
    (said,) = ruled(item(f"So {answer} it is. How come?", answer))
    assert (said.outcome, said.reason) == ("flag", "short_answer_in_prompt")


def test_without_a_reference_the_completion_is_the_answer() -> None:
    talk = [{"role": "system", "content": "Name rivers."}, {"role": "user", "content": "The Loire, which river is it?"}]
    assert reason({"prompt": "Repeat: deep blue sea", "completion": "Deep blue sea!"}) == "answer_in_prompt"
    assert reason({"prompt": "3 times 151 is 453?", "completion": "3*151=453, so\n#### 453"}) == "answer_in_prompt"
    assert reason({"prompt": talk, "completion": [{"role": "assistant", "content": "Loire"}]}) == "answer_in_prompt"
    assert reason({"messages": [*talk, {"role": "assistant", "content": "the loire"}]}) == "answer_in_prompt"
    assert reason({"messages": [*talk, {"role": "assistant", "content": "Garonne"}]}) == "no_leak"


@pytest.mark.parametrize(
    ("payload", "answer", "expected"),
    [
        ({"text": "all of it"}, None, "no_prompt"), ("", "7", "no_prompt"), ("Which?", None, "no_answer"),
        ("Which?", " ", "no_answer"), ("Which?", "?!", "no_answer"), ("Which?", ["a", "b"], "no_answer"),
        ("Which?", True, "no_answer"), ({"prompt": [{"role": "user"}]}, "x", "no_prompt"),
        ({"prompt": [["odd"], {"role": "user", "content": 7}]}, "x", "no_prompt"),
    ],
)  # fmt: skip
def test_what_is_no_item_is_flagged(payload: Any, answer: Any, expected: str) -> None:
    (said,) = ruled(item(payload, answer))
    assert (said.outcome, said.reason) == ("flag", expected)


def test_an_extractive_answer_stands_in_its_passage() -> None:
    passage = "The tower was built by Gustave Eiffel."
    question = "Who built the tower?"
    assert reason(f"{passage}\n\n{question}", "Gustave Eiffel", passages=[passage]) == "no_leak"
    assert reason(f"{passage} Eiffel built it: who?", "Eiffel", passages=[{"text": passage}]) == "answer_in_prompt"
    # The passage is there in other words, or the question leaks: nobody knows.
    assert reason("By Gustave Eiffel, they say. Who?", "Gustave Eiffel", passages=[passage]) == "answer_near_passages"


# Multiple choice.


@pytest.mark.parametrize("answer", ["A", "(a)", "A) Paris", "paris", "A. Paris"])
def test_a_key_may_be_said_in_many_ways(answer: str) -> None:
    (said,) = ruled(item(choice("What is the capital of France?", *CAPITALS), answer))
    assert said.reason == "no_leak"
    assert said.evidence == {"options": 4, "key": 0, "like_stem": [], "longest": None, "lengths": [5, 4, 6, 6]}


@pytest.mark.parametrize(
    ("choices", "answer", "key"),
    [
        (list(CAPITALS), "B", 1),
        (list(CAPITALS), 2, 2),
        ({"a": "Paris", "b": "Rome"}, "b", 1),
        ({"text": list(CAPITALS), "label": list("1234")}, "4", 3),
        (["12", "7"], "7", 1),
    ],
)
def test_choices_of_the_reference(choices: Any, answer: Any, key: int) -> None:
    (said,) = ruled(item("Which is it?", answer, choices=choices))
    assert said.evidence["key"] == key


def test_an_answer_that_is_no_option_is_looked_for_as_it_is() -> None:
    assert reason(choice("Lisbon, Portugal: which city?", *CAPITALS), "Lisbon") == "answer_in_prompt"


def test_the_only_option_that_repeats_the_stem() -> None:
    stem = "Which process lets plants photosynthesise?"
    (said,) = ruled(item(choice(stem, "Osmosis", "Photosynthesis", "Erosion", "Diffusion"), "B"))
    assert (said.outcome, said.reason) == ("flag", "only_option_like_stem")
    assert said.evidence["like_stem"] == [1]
    assert reason(choice(stem, "Osmosis of plants", "Photosynthesis", "Erosion", "Diffusion"), "B") == "no_leak"
    assert reason(choice(stem, "Osmosis", "Photosynthesis", "Erosion", "Diffusion"), "A") == "no_leak"
    every = [f"Plants {word}" for word in ("grow", "sleep", "dig", "fly")]
    assert reason(choice(stem, *every), "A") == "no_leak"


def test_the_key_that_is_longer_by_far() -> None:
    long = "It expands, because its molecules move apart"
    assert reason(choice("What does warm air do?", "It sinks", "It glows", long), "C") == "longest_option"
    assert reason(choice("What does warm air do?", "It sinks", "It glows", long), "A") == "no_leak"
    assert reason(choice("What does warm air do?", f"{long} too", "It glows", long), "A") == "no_leak"


def concluded(records: Sequence[Record]) -> dict[str, Evidence]:
    said = ruled(*records)
    rows = [Verdict(r.id, s.outcome, "a", s.reason, "statistics", s.score, s.evidence)
            for r, s in zip(records, said, strict=True)]  # fmt: skip
    return {e.name: e for e in AnswerLeaks().conclude([(batch_of(records), verdict_table(rows))], None)}


def test_what_a_set_of_items_gives_away() -> None:
    options = ("A frog", "A rather longer kind of animal", "A newt")
    items = [item(choice(f"What is it, number {n}?", *options), "B" if n < 9 else "A") for n in range(12)]
    told = concluded([*items, item("How many?", "7")])
    longest = told["answer_leaks.longest_option_is_key"]
    assert (longest.value, longest.n, longest.inputs["by_chance"]) == (0.75, 12, pytest.approx(1 / 3))
    assert told["answer_leaks.only_option_like_stem_is_key"].n == 0
    assert AnswerLeaks().conclude([], None) == []


# What the check is worth.


@given(st.integers(100, 10**9).filter(lambda n: len(str(n).strip("0")) > 2))
def test_a_near_miss_is_found_and_its_original_is_not(number: int) -> None:
    record = item("How many are there in all?", str(number))
    (miss,) = AnswerLeaks().spoil(record, 0)
    said, found = ruled(record, miss.record)
    assert (said.reason, found.reason, miss.kind) == ("no_leak", "answer_in_prompt", "answer_in_prompt")


def test_near_misses_of_conversations_and_of_nothing() -> None:
    talk = [{"role": "user", "content": "Who was it?"}, {"role": "assistant", "content": "Marie Curie"}]
    for record in (item({"messages": talk}), item({"prompt": talk[:1]}, "Marie Curie")):
        (miss,) = AnswerLeaks().spoil(record, 0)
        assert [one.reason for one in ruled(miss.record)] == ["answer_in_prompt"]
    nothing = [item({"text": "x"}), item("Which?"), item(choice("Which?", *CAPITALS), "A"), item("Rome?", "Rome")]
    assert [AnswerLeaks().spoil(record, 0) for record in nothing] == [(), (), (), ()]


def test_it_verifies_nothing() -> None:
    assert AnswerLeaks.family not in VERIFYING


def test_a_file_can_be_checked() -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": "It is 448 miles. How far?", "reference": {"answer": "448"}},
        {"prompt": "Hm?"},
    ]
    assert [one["reason"] for one in sterling.check("answer_leaks", rows)] == ["answer_in_prompt", "no_answer"]


def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarks_answer_leaks", ROOT / "benchmarks" / "answer_leaks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_false_alarms_on_human_items(shared_data: Path) -> None:
    """The table in the docstring."""
    rows = {row.kind: row[1:] for row in benchmark().table(shared_data)}
    assert rows == {
        "GSM8K, 3 or more significant digits": (1256, 1, 0), "GSM8K, fewer": (7536, 0, 537), "HumanEval": (164, 0, 0),
    }  # fmt: skip


def test_golden_verdicts() -> None:
    """Other verdicts, another version."""
    records = [
        item("It is 448 miles. How far?", "448"), item("Take 12 of 24.", "12"), item("Which?", "Paris"),
        item(choice("Which frog is it?", "A tree frog", "A newt"), "A"),
    ]  # fmt: skip
    assert (AnswerLeaks.version, [one.reason for one in ruled(*records)]) == (
        1, ["answer_in_prompt", "short_answer_in_prompt", "no_leak", "only_option_like_stem"],
    )  # fmt: skip
