"""`classifier`: a linear classifier trained on the user's own labels, which must show what it can before it drops."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from sterling.curate.learning.kin import content_keys, keys
from sterling.curate.learning.separation import LONGEST, Separation, out_of_fold_auc, separation, telling
from sterling.errors import InputError
from sterling.records import Family, Fault, Outcome, batch_of, canonical_json, text_column
from sterling.registry import FitContext, RecordCheck, Ruling, Seed, register
from sterling.sources import gold_seeds
from sterling.stats import Evidence, count
from sterling.text import Hashes
from sterling.text.kernels import kernels
from sterling.text.linear import Floats, Linear, Vocabulary, gram_sets, minimum, sigmoid, trained
from sterling.text.lookup import positions

_LEAST = 50
"""Labels of either kind below which the area under the curve says next to nothing."""

_Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The classifier, and what it is worth."""

    model: Linear
    slope: float
    shift: float
    """Probability of good = sigmoid(slope x log odds + shift)."""
    contents: Hashes
    """Keys of the labelled rows' contents, sorted."""
    held_out: Floats
    """Of each of them, the log odds by a classifier that has not seen it."""
    auc: Evidence
    good: int
    bad: int


@register("check", "classifier")
class Classifier(RecordCheck):
    """Flags, and if told to drops, what a linear classifier takes for bad by the example of labelled rows.

    Logistic regression on which words and pairs of words a record has, without case and punctuation. Its worth is
    measured by five-fold cross-validation, rows with the same prompt in one fold, as the area under the ROC curve with
    an interval. It may drop only where the lower end of the interval reaches `least_auc`.

    A probability is calibrated on the held-out scores (Platt, 1999), so it holds for records of which as large a share
    is good as of the labels. A labelled row among the records is judged by a classifier that has not seen it.

    Traps: it learns whatever tells the two piles of labels apart, be it a source, a subject or a length, so look at
    the n-grams it names; words beyond the labels say nothing to it; what it takes for good is what is like the good
    labels, so a rare good thing is in danger: watch the survival of the tails.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"

    labels: str
    """File of labelled rows, as for `gold`: TRL's columns, and `gold` with `good` or `bad`; at least 50 of each."""
    flag_below: _Share = 0.5
    """Probability of good below which a record is flagged."""
    drop_below: _Share | None = None
    """Probability of good below which it is dropped; None drops nothing."""
    least_auc: float = Field(default=0.7, gt=0.5, lt=1)
    """What the lower end of the area's 95 % interval must reach before anything is dropped."""

    @model_validator(mode="after")
    def _drops_less_than_it_flags(self) -> "Classifier":
        if self.drop_below is not None and self.drop_below > self.flag_below:
            raise ValueError(f"`drop_below: {self.drop_below:g}` is above `flag_below: {self.flag_below:g}`")
        return self

    def may_drop(self) -> bool:
        """Only with `drop_below`."""
        return self.drop_below is not None

    def reads(self) -> Sequence[str]:
        """The labels."""
        return [self.locate(self.labels)]

    def fit(self, context: FitContext) -> Fitted:
        """Train and measure. SourceError for a bad row; InputError for too few labels, or too weak a classifier."""
        seeds = gold_seeds(self.locate(self.labels))
        good = np.array([seed.good for seed in seeds])
        self._require_enough(int(good.sum()), int((~good).sum()))
        batch = batch_of(seed.record for seed in seeds)
        words = kernels().word_hashes(text_column(batch))
        found = separation(words, good, keys(pa.array([_asked(seed) for seed in seeds])))
        worth = out_of_fold_auc("classifier.auc", found, _METHOD, labels=self.labels)
        self._require_worth(worth)
        sets = gram_sets(words, LONGEST)
        vocabulary = Vocabulary.of(sets)
        order = np.argsort(content_keys(batch), kind="stable")
        return Fitted(
            trained(vocabulary.rows(sets), good, vocabulary), *_calibration(found),
            content_keys(batch)[order], found.log_odds[order], worth, int(good.sum()), int((~good).sum()),
        )  # fmt: skip

    def measure(self, state: Fitted) -> list[Evidence]:
        """The area under the curve, and how many labels it rests on."""
        method = "labelled rows, each content once"
        return [
            state.auc,
            count("classifier.labels.good", state.good, method, labels=self.labels),
            count("classifier.labels.bad", state.bad, method, labels=self.labels),
            count("classifier.ngrams", len(state.model.weights), "word 1-2-grams that two labelled rows have"),
        ]

    def judge(self, batch: pa.RecordBatch, state: Fitted) -> list[Ruling | Fault]:
        """`likely_bad` with the n-grams that spoke most against it, or `likely_good`."""
        column = text_column(batch)
        words = kernels().word_hashes(column)
        log_odds = state.model.log_odds(gram_sets(words, LONGEST))
        mine = content_keys(batch)
        at = positions(state.contents, mine)
        labelled = at >= 0
        log_odds[labelled] = state.held_out[at[labelled]]
        chances = sigmoid(state.slope * log_odds + state.shift)
        rulings = [Ruling("keep", "likely_good", chance) for chance in chances.tolist()]
        for row in np.flatnonzero(chances < self.flag_below).tolist():
            chance = float(chances[row])
            said = {
                "telling": telling(state.model, column[row].as_py(), words[row], -1),
                "labelled": bool(labelled[row]),
            }
            outcome: Outcome = "drop" if self.drop_below is not None and chance < self.drop_below else "flag"
            rulings[row] = Ruling(outcome, "likely_bad", chance, said | {"limit": self._limit(outcome)})
        return list(rulings)

    def _limit(self, outcome: str) -> float | None:
        return self.drop_below if outcome == "drop" else self.flag_below

    def _require_enough(self, good: int, bad: int) -> None:
        if min(good, bad) < _LEAST:
            raise InputError(
                f"{good} good and {bad} bad rows are too few to learn from and to be measured with",
                where=self.labels,
                mend=f"label at least {_LEAST} different rows of each kind",
            )

    def _require_worth(self, worth: Evidence) -> None:
        low = worth.interval.low if worth.interval else 0.0
        if self.drop_below is not None and low < self.least_auc:
            value = "not measurable" if worth.value is None else f"{worth.value:.3f}, perhaps {low:.3f}"
            raise InputError(
                f"a classifier whose AUC is {value} must not drop: `least_auc` is {self.least_auc:g}",
                where=self.labels,
                mend="label more rows, or leave out `drop_below` so that it only flags",
            )


_METHOD = "area under the ROC curve of good against bad labels, out of fold"


def _asked(seed: Seed) -> str:
    """Rows that answer the same prompt are relatives."""
    payload = seed.record.payload
    asked = payload.get("prompt") or [m for m in payload.get("messages", ()) if m.get("role") == "user"]
    return canonical_json(asked) if asked else seed.record.content


def _calibration(found: Separation) -> tuple[float, float]:
    """(slope, shift) of held-out log odds to those of good, fitted to targets a little inside of 0 and 1 (Platt)."""
    good = found.positive
    wanted = np.where(good, (good.sum() + 1) / (good.sum() + 2), 1 / ((~good).sum() + 2))

    def loss(point: Floats) -> tuple[float, Floats]:
        odds = point[0] * found.log_odds + point[1]
        miss = (sigmoid(odds) - wanted) / len(odds)
        value = (np.logaddexp(0, odds) - wanted * odds).mean()
        return float(value), np.array([(miss * found.log_odds).sum(), miss.sum()])

    slope, shift = minimum(loss, np.array([1.0, 0.0])).tolist()
    return slope, shift
