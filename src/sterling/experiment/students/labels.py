"""A linear classifier as a student, for data whose completions are a few labels."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.experiment.students.student import Floats, LossUnit
from sterling.experiment.tasks import Example, Unsuited
from sterling.text import Hashes, token_hashes, words
from sterling.text.linear import Rows, Vocabulary, gram_sets, minimum

_NAME = "hashed linear classifier"
_MOST = 32
"""Labels; beyond that a completion is an answer."""
_EACH = 5
"""Records a label should have on average."""
_STRENGTH = 3.0
"""How much the data count against the penalty: scikit-learn's C."""


class Labels:
    """Multinomial logistic regression on hashed word n-grams of the prompt (1 and 2 words): student and solver at once.

    Its loss is bits a label, its failure a label that is not the record's. It learns which words go with which label;
    negation over distance, order and numbers are beyond it. Deterministic, so `seed` is not used. Training records
    with a label that no test record has are left out: they teach no answer that is asked for.
    """

    unit: LossUnit = "bits a label"

    def __init__(self, test: Sequence[Example]) -> None:
        told = {label for one in test if (label := _label(one)) is not None}
        self._labels = {label: at for at, label in enumerate(sorted(told))}
        self._test = test
        self._places = np.array([at for at, one in enumerate(test) if _label(one) in self._labels], np.int64)
        self._sets = _sets(self.items)
        self._wanted = np.array([self._labels[_label(one) or ""] for one in self.items], np.int64)

    @classmethod
    def of(cls, test: Sequence[Example], others: Sequence[Example]) -> "Labels | Unsuited":
        """Where completions are labels: 2 to 32 distinct ones, each with 5 records on average, in test and others."""
        for name, examples in (("held-out", test), ("other", others)):
            counts = Counter(_label(one) for one in examples if one.is_task)
            if not counts:
                return Unsuited(_NAME, f"no {name} record has a prompt and a completion")
            records = counts.total()
            if not 2 <= len(counts) <= _MOST or records < _EACH * len(counts):
                what = f"{len(counts):,} distinct completions in {records:,} {name} records"
                return Unsuited(_NAME, f"{what} are no labels: 2 to {_MOST}, with {_EACH} records each, would be")
        return cls(test)

    @property
    def name(self) -> str:
        """With the number of labels."""
        return f"{_NAME}, {len(self._labels)} labels"

    @property
    def items(self) -> Sequence[Example]:
        """Test records that have a label."""
        return [self._test[at] for at in self._places.tolist()]

    def losses(self, training: Sequence[Example], seed: int) -> Floats:
        """Bits that the true label of each test record costs; NaN for a record without one."""
        found = np.full(len(self._test), np.nan)
        chances = self._chances(training)
        found[self._places] = -np.log2(chances[np.arange(len(self._places)), self._wanted])
        return found

    def failures(self, training: Sequence[Example], seed: int) -> Floats:
        """1 where the likeliest label is another than the record's, of `items`."""
        wrong: Floats = (self._chances(training).argmax(axis=1) != self._wanted).astype(np.float64)
        return wrong

    def _chances(self, training: Sequence[Example]) -> Floats:
        """Of each label, for each item. Half a record is added to each label, so that none is impossible."""
        taught = [one for one in training if _label(one) in self._labels]
        size, labels = len(taught), len(self._labels)
        if not taught:
            return np.full((len(self._places), labels), 1 / labels)
        told = np.array([self._labels[_label(one) or ""] for one in taught], np.int64)
        model = _Softmax.trained(_sets(taught), told, labels)
        smoothed: Floats = (size * model.chances(self._sets) + 0.5) / (size + 0.5 * labels)
        return smoothed


class _Softmax(NamedTuple):
    """Weights of n-grams for each label, and a bias: labels x (columns + 1)."""

    vocabulary: Vocabulary
    weights: Floats

    @classmethod
    def trained(cls, sets: Sequence[Hashes], told: npt.NDArray[np.int64], labels: int) -> "_Softmax":
        """Minimises the mean of -log P(label) plus |w|^2 / (2 C n), C = 3, by L-BFGS. Biases are penalised as well."""
        vocabulary = Vocabulary.of(sets)
        rows, width = vocabulary.rows(sets), len(vocabulary.grams)
        truth, penalty = np.eye(labels)[told], 1 / (_STRENGTH * len(sets))

        def loss(point: Floats) -> tuple[float, Floats]:
            weights = point.reshape(labels, width + 1)
            log_p = _log_chances(rows, weights)
            pull = (np.exp(log_p) - truth) / len(truth)
            slopes = [np.append(rows.gathered(one, width), one.sum()) for one in pull.T]
            value = -float((truth * log_p).sum()) / len(truth) + penalty / 2 * float((point**2).sum())
            return value, np.concatenate(slopes) + penalty * point

        return cls(vocabulary, minimum(loss, np.zeros(labels * (width + 1))).reshape(labels, width + 1))

    def chances(self, sets: Sequence[Hashes]) -> Floats:
        """Of each label: texts x labels."""
        found: Floats = np.exp(_log_chances(self.vocabulary.rows(sets), self.weights))
        return found


def _log_chances(rows: Rows, weights: Floats) -> Floats:
    scores = np.stack([rows.times(one[:-1]) + one[-1] for one in weights], axis=1)
    scores -= scores.max(axis=1, keepdims=True)
    log_p: Floats = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return log_p


def _sets(examples: Sequence[Example]) -> list[Hashes]:
    return gram_sets([token_hashes(words(one.prompt or "")) for one in examples])


def _label(one: Example) -> str | None:
    return " ".join((one.completion or "").split()) if one.is_task else None
