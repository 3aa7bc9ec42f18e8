"""A teacher's answers: to which prompts, in which form, and again in later rounds."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.generate.conversing import fault_of, made, record_of, text_of_request

from sterling.errors import InputError
from sterling.generate.distill import Distill
from sterling.records import Fault, Record
from sterling.registry import Made, Past

URL = {"endpoint": "http://localhost:1/v1", "model": "qwen3-32b"}


def seed(n: int, **payload: Any) -> Record:
    said = payload or {"prompt": f"What is {n} plus {n}?", "completion": "Real."}
    return Record.real(said, source="sums", row=str(n), origin="human", reference={"answer": str(2 * n)})


SEEDS = [seed(n) for n in range(8)]


def rows(past: Past = Past(), **options: Any) -> list[str]:  # noqa: B008 - frozen
    return [task.row for task in Distill.model_validate({"model": URL, **options}).tasks(SEEDS, past, 0)]


def scored(*rates: float) -> dict[str, float]:
    return {record.id: rate for record, rate in zip(SEEDS, rates, strict=False)}


def test_each_prompt_has_its_samples_and_solved_ones_have_none() -> None:
    assert sorted(rows(samples=2)) == sorted(f"sums/{n}/sample-{k}" for n in range(8) for k in range(2))
    past = Past(scores=scored(1, 1, 1, 0, 0.5))
    asked = {row.split("/")[1] for row in rows(past, hears="solved", samples=4)}
    assert asked == {"3", "4", "5", "6", "7"}  # the last three have no score, and count with their group
    assert {row.split("/")[1] for row in rows(past, hears="solved", include_solved=True, samples=4)} == set("01234567")


def test_the_least_solved_prompts_come_first() -> None:
    past = Past(scores=scored(0.9, 0.9, 0.9, 0.0, 0.9, 0.9, 0.9, 0.9))
    few = rows(past, hears="solved", samples=3, count=4)
    assert len(few) == 4
    assert "sums/3/sample-0" in few


def test_later_rounds_ask_anew_about_what_no_check_has_verified() -> None:
    first = rows(samples=2)
    made_ = [
        Made("a", "sums/0/sample-0", (SEEDS[0].id,), (), standing=True, verified=True),
        Made("b", "sums/1/sample-0", (SEEDS[1].id,), (), standing=True, verified=False),
    ]
    again = rows(Past(round=2, kept=2, tried=frozenset(first), made=made_), samples=2)
    assert Counter(row.split("/")[1] for row in again) == {str(n): 2 for n in range(1, 8)}
    assert {row.rpartition("/")[2] for row in again} == {"sample-2", "sample-3"}


def test_a_check_that_scored_nothing_is_no_guide() -> None:
    with pytest.raises(InputError, match=r"(?s)gave no seed a score.*human_too: true"):
        rows(hears="solved")


def teach(folder: Path, record: Record, **options: Any) -> tuple[list[Record | Fault], list[Mapping[str, Any]]]:
    heard: list[Mapping[str, Any]] = []

    def teacher(request: Mapping[str, Any]) -> str:
        heard.append(request)
        return f"<think>Hm.</think>It is 6. (asked: {text_of_request(request)})"

    return made(Distill, [record], teacher, folder, lambda _: options), heard


TALK = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is 3 plus 3?"}]
SAID = {"role": "assistant", "content": "It is 6. (asked: What is 3 plus 3?)"}
TOLD = {"role": "assistant", "content": "It is 6. (asked: Be brief.\nWhat is 3 plus 3?)"}
LAST = {"role": "assistant", "content": "It is 6. (asked: Be brief.\nWhat is 3 plus 3?\n6\nWhat is 3 plus 3?)"}
FORMS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "text": (
        {"prompt": TALK[1]["content"], "completion": "6"}, {},
        {"prompt": TALK[1]["content"], "completion": SAID["content"]},
    ),
    "text, with reasoning": (
        {"prompt": TALK[1]["content"], "completion": "6"}, {"reasoning": True},
        {"prompt": [TALK[1]], "completion": [{**SAID, "reasoning_content": "Hm."}]},
    ),
    "a conversational prompt": (
        {"prompt": TALK, "completion": [{"role": "assistant", "content": "6"}]}, {},
        {"prompt": TALK, "completion": [TOLD]},
    ),
    "messages of several turns": (
        {"messages": [*TALK, {"role": "assistant", "content": "6"}, TALK[1], {"role": "assistant", "content": "6!"}]},
        {},
        {"messages": [*TALK, {"role": "assistant", "content": "6"}, TALK[1], LAST]},
    ),
    "messages": (
        {"messages": [*TALK, {"role": "assistant", "content": "6"}]}, {"reasoning": True},
        {"messages": [*TALK, {**TOLD, "reasoning_content": "Hm."}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_answer_has_the_form_of_the_prompt_and_the_seed_s_reference(form: str, tmp_path: Path) -> None:
    payload, options, expected = FORMS[form]
    record = record_of(teach(tmp_path, seed(3, **payload), **options)[0])
    assert record.payload == expected
    assert record.reference == {"answer": "6"}
    assert record.maker is not None
    assert record.maker.sampling == {"sample": 0, "pass_rate": 0.0}
    assert record.tags[:2] == ("task:distill", "cell:topic-0")


def test_an_instruction_is_heard_and_not_kept(tmp_path: Path) -> None:
    found, heard = teach(tmp_path, seed(3, prompt=TALK, completion=[SAID]), instruction="Answer after ####.")
    assert heard[0]["messages"][0] == {"role": "system", "content": "Be brief.\n\nAnswer after ####."}
    record = record_of(found)
    assert record.payload["prompt"] == TALK
    assert record.maker is not None
    assert record.maker.template is not None


def test_a_program_is_written_anew_and_not_continued(tmp_path: Path) -> None:
    record = Record.real(
        {"prompt": "def two():\n", "completion": "    return 2\n"}, source="code", row="1", origin="human",
        reference={"tests": "assert two() == 2", "entry_point": "two", "program": "continue"},
    )  # fmt: skip
    reference = record_of(teach(tmp_path, record)[0]).reference
    assert reference == {"tests": "assert two() == 2", "entry_point": "two", "program": "replace"}


def test_a_teacher_that_fails_is_a_fault_of_its_task(tmp_path: Path) -> None:
    fault = fault_of(made(Distill, [SEEDS[1]], {"rules": [{"status": 500}]}, tmp_path, lambda _: {}))
    assert (fault.where, fault.boundary, fault.reason, fault.owed) == (
        "sums/1/sample-0", "provider", "server_error", True
    )  # fmt: skip
