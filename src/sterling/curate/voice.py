"""`voice`: how well a plain classifier tells synthetic records from the anchor, and by which phrases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from sterling.curate.learning.against import TRAIN, Reference
from sterling.curate.learning.kin import Kin, content_keys
from sterling.curate.learning.phrases import Phrase, Phrases, telling_phrases
from sterling.curate.learning.separation import FOLDS, LONGEST, auc, fold_of, out_of_fold_auc, separation, telling
from sterling.records import Family, Fault, text_column
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.stats import Evidence
from sterling.text import Hashes
from sterling.text.kernels import kernels
from sterling.text.linear import Linear, gram_sets, sigmoid

_LEAST = 100
"""Texts of either side below which nothing is said."""
_READ = 4_000
"""Characters of a text that are read."""
_FAMILIES = 25
"""Families of either side below which folds mean nothing."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the classifiers found out, and they themselves."""

    kin: Kin
    models: tuple[Linear, ...]
    """By the fold that each has not seen; none where there was too little."""
    evidence: tuple[Evidence, ...]


@register("check", "voice")
class Voice(RecordCheck):
    """Says how well synthetic records can be told from the anchor by their words: the synthetic voice.

    A logistic regression on words and pairs of words, without case and punctuation, learns human records of role train
    against records that no person wrote, and is measured on families that it has not seen: records that go back to
    one source row, the row itself included, are never on both sides of the measurement. An area under the ROC curve of
    0.5 means that it hears no difference, 1 that every pair is told apart. Beside it stand the same area among texts
    of like length, the area of length alone, and the phrases that make the difference.

    By itself it keeps every record, and says of each synthetic one how synthetic it sounds to a classifier that has
    not read its family (`score`, from 0 to 1, with as much anchor as synthetic text in mind). `flag_above` flags those
    that sound most so.

    Traps: what differs between the two sides is called voice, also where it is their format or their subjects: a
    prompt that is the same on both sides dampens it, a template that is on one side only makes it 1. A voice that is
    heard need not be a fault, and one that is not heard may be too fine for pairs of words.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"

    against: str | tuple[str, ...] = (TRAIN,)
    """The human side: files, folders or patterns with TRL's columns; `train` means the anchor's human records."""
    flag_above: float | None = Field(default=None, ge=0, le=1)
    """Score above which a synthetic record is flagged; None flags nothing."""
    sample: int = Field(default=20_000, ge=_LEAST, le=200_000)
    """Different texts of either side that are read to learn it, chosen by hash. 20,000 a side of 1 KB take a GB."""

    def may_drop(self) -> bool:
        """It keeps and flags."""
        return False

    def reads(self) -> Sequence[str]:
        """Every file of `against`."""
        return self._reference().reads()

    def fit(self, context: FitContext) -> Fitted:
        """Sample both sides, cross-validate, look for phrases."""
        kin = Kin.of(chain(self._reference().batches(context), _synthetic(context)))
        sides = [
            _sample(batches, kin, self.sample) for batches in (_synthetic(context), self._reference().batches(context))
        ]
        few = self._too_few(sides)
        if few:
            names = ("auc", "auc_same_length", "length_auc")
            return Fitted(kin, (), tuple(Evidence(f"voice.{name}", None, 0, None, few) for name in names))
        return self._heard(kin, sides)

    def measure(self, state: Fitted) -> Sequence[Evidence]:
        """The areas, and the phrases of either side."""
        return state.evidence

    def judge(self, batch: pa.RecordBatch, state: Fitted) -> list[Ruling | Fault]:
        """How synthetic each record that no person wrote sounds: `measured`, or `synthetic_voice` with its n-grams."""
        human = pc.equal(batch.column("origin"), "human").to_numpy(zero_copy_only=False)
        if not state.models:
            return [_HUMAN if own else _UNHEARD for own in human.tolist()]
        column = _texts(batch)
        words = kernels().word_hashes(column)
        folds = fold_of(state.kin.families(batch))
        scores = sigmoid(_out_of_fold(state.models, gram_sets(words, LONGEST), folds))
        rulings = [
            _HUMAN if own else Ruling("keep", "measured", score)
            for own, score in zip(human.tolist(), scores.tolist(), strict=True)
        ]
        if self.flag_above is not None:
            for row in np.flatnonzero(~human & (scores > self.flag_above)).tolist():
                found = telling(state.models[folds[row]], column[row].as_py(), words[row], 1)
                said = {"limit": self.flag_above, "telling": found}
                rulings[row] = Ruling("flag", "synthetic_voice", float(scores[row]), said)
        return list(rulings)

    def _reference(self) -> Reference:
        return Reference(self, self.against)

    def _too_few(self, sides: "Sequence[_Side]") -> str:
        for side, name in zip(sides, ("synthetic", "human"), strict=True):
            families = len(np.unique(side.families))
            if len(side.texts) < _LEAST or families < _FAMILIES:
                had = f"{len(side.texts)} different {name} texts of {families} families"
                return f"{had}; {_LEAST} of {_FAMILIES} are needed to tell the sides apart"
        return ""

    def _heard(self, kin: Kin, sides: "Sequence[_Side]") -> Fitted:
        texts = [text for side in sides for text in side.texts]
        families = np.concatenate([side.families for side in sides])
        positive = np.repeat([True, False], [len(side.texts) for side in sides])
        words = kernels().word_hashes(pa.array(texts, pa.large_string()))
        found = separation(words, positive, families)
        lengths = np.log2(1.0 + np.fromiter(map(len, words), np.int64, len(words)))
        alike = np.floor(2 * lengths).astype(np.int64)
        told: dict[str, Any] = {"against": self._reference().names()}
        areas = [
            out_of_fold_auc("voice.auc", found, _HEARD, **told),
            out_of_fold_auc("voice.auc_same_length", found, _SAME, alike, **told),
            auc("voice.length_auc", lengths, positive, families, np.zeros_like(alike), _LENGTH, **told),
        ]
        phrases = telling_phrases(texts, words, positive, families)
        return Fitted(kin, found.models, (*areas, *_phrase_evidence(phrases)))


_HUMAN = Ruling("keep", "human")
_UNHEARD = Ruling("keep", "too_few")
_HEARD = "area under the ROC curve, synthetic against human texts, word 1-2-grams, out of fold"
_SAME = "the same among texts whose lengths differ by less than half an octave"
_LENGTH = "area under the ROC curve of the number of words alone; above 0.5 synthetic texts are longer"


@dataclass(frozen=True, slots=True)
class _Side:
    texts: list[str]
    families: Hashes


def _synthetic(context: FitContext) -> Iterator[pa.RecordBatch]:
    """Of what is to be judged, the records that no person wrote."""
    for batch in context.pool():
        yield batch.filter(pc.not_equal(batch.column("origin"), "human"))


def _sample(batches: Iterator[pa.RecordBatch], kin: Kin, most: int) -> _Side:
    """The texts whose contents have the smallest keys, each content once, in the order of their keys."""
    kept: dict[int, tuple[str, int]] = {}
    limit = np.uint64(0xFFFFFFFFFFFFFFFF)
    for batch in batches:
        keys = content_keys(batch)
        rows = np.flatnonzero(keys < limit)
        texts = _texts(batch.take(pa.array(rows))).to_pylist()
        new = zip(texts, kin.families(batch)[rows].tolist(), strict=True)
        for key, one in zip(keys[rows].tolist(), new, strict=True):
            kept.setdefault(key, one)
        if len(kept) > 2 * most:
            kept = {key: kept[key] for key in sorted(kept)[:most]}
            limit = np.uint64(max(kept))
    chosen = [kept[key] for key in sorted(kept)[:most]]
    return _Side([text for text, _ in chosen], np.array([family for _, family in chosen], np.uint64))


def _texts(batch: pa.RecordBatch) -> pa.StringArray:
    return pc.utf8_slice_codeunits(text_column(batch), 0, _READ)


def _out_of_fold(
    models: Sequence[Linear], sets: Sequence[Hashes], folds: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Of each text, from the classifier that has not read its family."""
    found = np.zeros(len(sets))
    for fold in range(FOLDS):
        rows = np.flatnonzero(folds == fold)
        found[rows] = models[fold].log_odds([sets[row] for row in rows.tolist()])
    return found


def _phrase_evidence(found: Phrases) -> list[Evidence]:
    method = "word 1-3-grams chosen on one half of the families, texts that have them counted on the other; Holm 5 %"
    sides = (("synthetic", found.positive, "human"), ("human", found.negative, "synthetic"))
    texts = {"synthetic": found.positives, "human": found.negatives}
    return [
        Evidence(
            f"voice.phrases.{ours}", len(phrases), found.tested, None, method,
            {"texts": texts, "phrases": [_plain(phrase, ours, theirs) for phrase in phrases]},
        )
        for ours, phrases, theirs in sides
    ]  # fmt: skip


def _plain(phrase: Phrase, ours: str, theirs: str) -> dict[str, Any]:
    return {"phrase": phrase.words, ours: phrase.ours, theirs: phrase.theirs, "p": float(f"{phrase.p:.2g}")}
