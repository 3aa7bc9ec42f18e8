"""Answers of chat models to prompts that are the beginning of a program."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sterling.records import Record, batch_of
from sterling.verify.programs.continuing import continuing
from sterling.verify.tests import Tests

PROMPT = 'from math import prod\n\n\ndef product(xs):\n    """Of all of them."""\n'
NESTED = "def product(xs):\n    n = 1\n    for x in xs:\n"


def record(prompt: str, program: str = "continue") -> Record:
    cases = [{"args": [[2, 3, 4]], "expected": 24}]
    reference = {"entry_point": "product", "program": program, "cases": cases}
    return Record.real({"prompt": prompt}, source="s", row="r", origin="unknown", reference=reference)


def reason(prompt: str, answer: str) -> str:
    """What the check `tests` says of the program."""
    asked = record(prompt)
    said = replace(asked, payload={"prompt": prompt, "completion": continuing(asked, answer)})
    (ruling,) = Tests().judge(batch_of([said]), None)
    return ruling.reason


@pytest.mark.parametrize(
    "answer",
    [
        "Sure:\n```python\ndef product(xs):\n    return prod(xs)\n```\nDone.",
        "```python\nimport math\n\ndef product(xs):\n    return math.prod(xs)\n```",
        "    return prod(xs)\n",
        "```\n    return prod(xs)\n```",
    ],
)
def test_a_definition_anew_and_a_body_both_make_a_program(answer: str) -> None:
    assert reason(PROMPT, answer) == "passed"


def test_a_wrong_answer_stays_wrong() -> None:
    assert reason(PROMPT, "```python\ndef product(xs):\n    return sum(xs)\n```") == "failed_case"
    assert reason(PROMPT, "I do not know.") in {"syntax_error", "error"}


def test_a_prompt_that_ends_within_a_block_is_closed() -> None:
    assert reason(NESTED, "```python\nimport math\n\ndef product(xs):\n    return math.prod(xs)\n```") == "passed"


def test_what_is_no_continuation_stays_as_it_is() -> None:
    answer = "```python\ndef product(xs):\n    return 0\n```"
    assert continuing(record(PROMPT, "replace"), answer) == answer
    assert continuing(record("no program at all"), "```python\nx = (\n```") == "x = (\n"


def test_reference_solutions_said_by_a_chat_model(shared_data: Path) -> None:
    tasks = [json.loads(line) for line in (shared_data / "humaneval" / "tasks.jsonl").read_text("utf-8").splitlines()]
    records = []
    for task in tasks[:164:16]:
        asked = {"tests": task["test"], "entry_point": task["entry_point"], "program": "continue"}
        source = Record.real({"prompt": task["prompt"]}, source="s", row="r", origin="human", reference=asked)
        answer = f"Here it is:\n```python\n{task['prompt']}{task['canonical_solution']}\n```"
        payload = {"prompt": task["prompt"], "completion": continuing(source, answer)}
        records.append(Record.real(payload, source="s", row="r", origin="human", reference=asked))
    said = Tests().judge(batch_of(records), None)
    assert {getattr(one, "reason", "") for one in said} == {"passed"}
