"""What an experiment makes of a record, and who judges answers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from sterling.experiment.tasks import Example, example_of, judged
from sterling.records import Record

USER, SAID = {"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}


@pytest.mark.parametrize(
    ("payload", "task"),
    [
        ({"prompt": "2 + 2?", "completion": "4"}, ("2 + 2?", "4")),
        ({"messages": [USER, SAID]}, ("2 + 2?", "4")),
        ({"messages": [USER, SAID, USER, {**SAID, "content": "5"}]}, ("2 + 2?\n4\n2 + 2?", "5")),
        ({"messages": [USER]}, (None, None)),
        ({"prompt": [USER], "completion": [SAID]}, ("2 + 2?", "4")),
        ({"prompt": "2 + 2?", "chosen": "4", "rejected": "5"}, ("2 + 2?", "4")),
        ({"prompt": "2 + 2?", "completion": "5", "label": False}, ("2 + 2?", None)),
        ({"text": "two and two"}, (None, None)),
    ],
)
def test_the_question_and_the_true_answer(payload: Mapping[str, Any], task: tuple[str | None, str | None]) -> None:
    found = example_of(Record.real(payload, source="x", row="x:1", origin="human", reference={"answer": "4"}))
    assert (found.prompt, found.completion) == task
    assert found.is_task == (None not in task)
    assert found.reference == {"answer": "4"}


def test_what_the_judge_cannot_say_equality_says_if_it_can() -> None:
    examples = [Example(str(n), "", "q", truth) for n, truth in enumerate(["a b", "a", "a", None])]

    def judge(of: Sequence[Example], answers: Sequence[str]) -> list[bool | None]:
        return [None, None, True, None]

    found = judged(judge, examples, ["a  b\n", "b", "b", "b"])
    assert found[:3].tolist() == [0, 1, 0]
    assert np.isnan(found[3])
