"""Choosing the right answer among others."""

import pickle
import re
from collections.abc import Sequence

import numpy as np
import pytest

from sterling.experiment import Example
from sterling.experiment.students import Choices
from sterling.experiment.tasks import Unsuited


def _sums(seed: int) -> list[Example]:
    """What is asked of one thing is answered with that thing."""
    return [
        Example(f"{seed}/{n}", "", f"How many w{n} of {n + seed}?", f"There are {n} w{n} here.", {"answer": str(n)})
        for n in range(32)
    ]


def _made(items: Sequence[Example], **options: object) -> Choices:
    found = Choices.of(items, **options)  # type: ignore[arg-type]
    assert isinstance(found, Choices)
    return found


def test_what_was_learnt_is_used() -> None:
    task = _made(_sums(1))
    shuffled = [one._replace(completion=other.completion) for one, other in zip(_sums(2), _sums(2)[::-1], strict=True)]
    taught, untaught, misled = (task.failures(rows, 0).mean() for rows in (_sums(2), [], shuffled))
    assert taught < 0.1
    assert untaught == pytest.approx(7 / 8)
    assert misled > 0.8


def test_answers_follow_from_training_and_seed_alone() -> None:
    one, other = _made(_sums(1), seed=5), _made(_sums(1), seed=5)
    assert np.array_equal(one.failures(_sums(2), 0), pickle.loads(pickle.dumps(other)).failures(_sums(2), 9))


def test_the_judge_decides_and_must_keep_the_true_answer() -> None:
    """Here an answer is right if its number is: of another thing as well."""
    items = _sums(1)
    items[0] = items[0]._replace(reference={"answer": "999"})
    alike = [
        one._replace(reference={"answer": "3"}, completion=f"There are 3 {n} here.") for n, one in enumerate(items)
    ]

    def judge(examples: Sequence[Example], answers: Sequence[str]) -> list[bool | None]:
        numbers = [re.findall(r"\d+", answer)[0] for answer in answers]
        return [(one.reference or {}).get("answer") == said for one, said in zip(examples, numbers, strict=True)]

    task = _made(items, judge=judge)
    assert (task.left_out, len(task.items), items[0] in task.items) == (1, 31, False)
    assert set(_made(alike, judge=judge).failures([], 0)) == {0.0}
    assert set(_made(alike).failures([], 0)) == {7 / 8}


def test_without_questions_or_different_answers_it_says_so() -> None:
    plain = Choices.of([Example(str(n), "text") for n in range(99)])
    labels = Choices.of([Example(str(n), "", "Good?", "yes") for n in range(99)])
    assert isinstance(plain, Unsuited)
    assert plain.why.startswith("0 of 99 held-out records have a prompt and a completion")
    assert isinstance(labels, Unsuited)
    assert "1 of them distinct" in labels.why
