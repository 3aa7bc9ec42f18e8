"""The linear classifier, and when it may be asked."""

from collections.abc import Sequence

import numpy as np
import pytest

from sterling.experiment import Example
from sterling.experiment.students import Labels
from sterling.experiment.tasks import Unsuited

KINDS = {"sport": "ball goal team match score", "money": "bank price market trade stock", "law": "court judge case"}


def _news(count: int, seed: int) -> list[Example]:
    chance = np.random.default_rng(seed)
    rows = []
    for n in range(count):
        label = list(KINDS)[int(chance.integers(3))]
        words = chance.choice([*KINDS[label].split(), "the", "a", "of", "to"], 8)
        rows.append(Example(str(n), "", " ".join(words), label))
    return rows


def test_it_learns_which_words_go_with_which_label() -> None:
    test, training = _news(60, 1), _news(90, 2)
    student = Labels.of(test, training)
    assert isinstance(student, Labels)
    assert student.failures(training, 0).mean() < 0.1
    assert student.losses(training, 0).mean() < 0.5
    assert (student.unit, student.name) == ("bits a label", "hashed linear classifier, 3 labels")


def test_of_nothing_every_label_costs_the_same_and_none_is_impossible() -> None:
    test = _news(60, 1)
    student = Labels.of(test, _news(90, 2))
    assert isinstance(student, Labels)
    assert student.losses([], 0) == pytest.approx(np.log2(3))
    assert np.isfinite(student.losses([one for one in _news(90, 2) if one.completion == "law"], 0)).all()


def test_records_without_a_label_have_no_loss_and_are_no_items() -> None:
    test = [Example("plain", "text"), *_news(60, 1)]
    student = Labels.of(test, _news(90, 2))
    assert isinstance(student, Labels)
    losses = student.losses(_news(90, 2), 0)
    assert (len(losses), len(student.items), int(np.isnan(losses).sum())) == (61, 60, 1)
    assert np.isnan(losses[0])


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ([Example("0", "text")], "no held-out record has a prompt and a completion"),
        (
            [Example(str(n), "", "q", f"answer {n}") for n in range(50)],
            "50 distinct completions in 50 held-out records",
        ),
        ([Example(str(n), "", "q", "yes") for n in range(50)], "1 distinct completions in 50 held-out records"),
    ],
)
def test_where_completions_are_no_labels_it_says_so(test: Sequence[Example], why: str) -> None:
    found = Labels.of(test, _news(90, 2))
    assert isinstance(found, Unsuited)
    assert found.why.startswith(why)
