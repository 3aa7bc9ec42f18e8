"""`perplexity`: what reads too unlike the anchor under a language model of it, or too much as expected."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, model_validator

from sterling.curate.learning.against import TRAIN, Reference
from sterling.curate.learning.bands import Bands
from sterling.curate.learning.kin import content_keys, first_parents, keys
from sterling.curate.learning.scorers import Embedded, Kenlm, Scorer, require_kenlm
from sterling.records import Family, Fault, text_column
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.stats import Evidence, count, proportion
from sterling.text import Hashes, plain_word_stretch
from sterling.text.kernels import kernels
from sterling.text.language_model import Counting, LanguageModel, Scores, cross_entropy
from sterling.text.language_model.counts import merged
from sterling.text.lookup import positions

_FOLDS = 4
_MOST = 64 << 20
"""Bytes of the anchor that are trained on; of a larger one a share, chosen by content."""
_SHOWN = 5
"""Words that evidence names."""
_RUN = 12
"""Words of the most expected stretch that evidence shows."""
_RATIO = 10
"""How many times more a band may cut off above than below."""

_Quantile = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The anchor as a language."""

    scorer: Scorer
    known: Hashes
    """Keys of the anchor's ids, sorted."""
    folds: npt.NDArray[np.uint8]
    """Of each of them, its fold."""
    bands: Bands | None
    """None where the anchor is too small to say what is usual."""
    anchor: Scores
    """Of the anchor's texts, each under the model that has not seen it."""
    unread: tuple[str, ...]


@register("check", "perplexity")
class Perplexity(RecordCheck):
    """Flags a record that costs more, or fewer, bits per word under a model of the anchor than real texts do.

    The model is a word trigram model, interpolated by Witten and Bell (`sterling.text.language_model`), over plain
    words: without case and punctuation. The limits are quantiles of what the anchor's own texts cost, in up to four
    groups of like length, since short texts scatter more. Perplexity is 2 to the power of bits per word.

    Every score is held out. The anchor is cut in four by content, and each record is judged by the model that has not
    seen its quarter: an anchor record without itself, a record that was made from one without its first parent. With
    `kenlm:` a model that KenLM reads is asked instead: it must not have been trained on the anchor, for nothing is held
    out of it then, and the band is still that of the anchor's texts.

    Both ends count. A generator's text that is more expected than nearly all real ones is its average voice, and
    keeping what has the lowest perplexity eats the tail: on Shakespeare such a filter cut the recall of rare bigrams
    from .285 to .213 while cross-entropy stayed. So options that cut off much more above than below are refused.

    Traps: a small anchor knows few words, so another subject reads as strange as noise does; texts longer or shorter
    than all of the anchor are judged by the group next to them; a template that fills the anchor makes a band that
    reaches down to its copies; shuffled words cost some bits more and mostly stay within the band; languages without
    spaces have few words. Of an anchor beyond 64 MiB a part is trained on.
    """

    version: ClassVar[int] = 2
    family: ClassVar[Family] = "statistics"

    against: str | tuple[str, ...] = (TRAIN,)
    """What is usual: files, folders or patterns with TRL's columns; `train` means the anchor's human records."""
    ngram: int = Field(default=3, ge=1, le=5)
    """Words in the longest n-gram of the model; that of `kenlm` has its own."""
    kenlm: str | None = None
    """File of a model that KenLM reads, trained on plain words of other text; it replaces that of the anchor."""
    band: tuple[_Quantile, _Quantile] = (0.005, 0.995)
    """Quantiles of the anchor's own bits per word; outside of them a record is unusual. One text in a hundred is."""
    limits: tuple[float | None, float | None] | None = None
    """Bits per word, lowest and highest, instead of a band; they hold for this anchor only."""
    outside: Literal["flag", "drop"] = "flag"
    """What becomes of a record outside."""
    keep_lowest: bool = False
    """Allow options that remove high perplexity only."""

    @model_validator(mode="after")
    def _has_two_ends(self) -> "Perplexity":
        low, high = self.limits or self.band
        if low is not None and high is not None and low >= high:
            raise ValueError(f"{low:g} to {high:g} holds nothing: write the lower end first")
        if self._lopsided() and not self.keep_lowest:
            raise ValueError(
                "this keeps what has the lowest perplexity, which thins the tail of rare words while averages stay; "
                "name a lower end as well (`band: [0.005, 0.995]`), or say `keep_lowest: true`"
            )
        return self

    def _lopsided(self) -> bool:
        if self.limits:
            return self.limits[0] is None and self.limits[1] is not None
        low, high = self.band
        return 1 - high > _RATIO * low + 1e-9

    def may_drop(self) -> bool:
        """Only with `outside: drop`."""
        return self.outside == "drop"

    def reads(self) -> Sequence[str]:
        """Every file of `against`, and the model of `kenlm`."""
        return [*self._reference().reads(), *self._model_file()]

    def require(self) -> None:
        """MissingExtra without KenLM, InputError for a file that it does not read: where `kenlm` names one."""
        for path in self._model_file():
            require_kenlm(path)

    def fit(self, context: FitContext) -> Fitted:
        """What scores, and the band. SourceError for a file that cannot be read."""
        unread: list[str] = []
        size = sum(text_column(batch).nbytes for batch in self._reference().batches(context, unread))
        share = min(1.0, _MOST / max(1, size))
        scorer = self._scorer(context, share)
        known, folds, scores = self._scored(context, scorer, share)
        bands = Bands.fixed(*self.limits) if self.limits else self._bands(scores)
        return Fitted(scorer, known, folds, bands, scores, tuple(unread))

    def measure(self, state: Fitted) -> list[Evidence]:
        """What the anchor costs under a model that has not seen it, and the limits that follow."""
        inputs, method = self._told()
        found = [cross_entropy("perplexity.anchor.bits_per_word", state.anchor, method, **inputs)]
        if state.bands is None:
            why = f"fewer than 200 texts in {', '.join(self._reference().names())}: nobody can say what is usual"
            found.append(Evidence("perplexity.low", None, len(state.anchor.bits), None, why, inputs))
        elif not self.limits:
            said = f"quantile of the {method}; 95 % by order statistics"
            some = _with_words(state.anchor)
            found += state.bands.evidence("perplexity", some.bits_per_token, some.tokens, self.band, said)
        if state.unread:
            first = {**inputs, "first": list(state.unread[:20])}
            found.append(count("perplexity.unread_rows", len(state.unread), "rows of files without text", **first))
        return found

    def judge(self, batch: pa.RecordBatch, state: Fitted) -> list[Ruling | Fault]:
        """`within_band`, or `too_surprising` and `too_predictable` with the words that make it so."""
        if state.bands is None:
            return [Ruling("flag", "no_band")] * batch.num_rows
        column = text_column(batch)
        fold = _fold(batch, state)
        scores = state.scorer.scores(column, fold)
        values = scores.bits_per_token
        low, high = state.bands.around(scores.tokens)
        rulings = [Ruling("keep", "within_band", value) for value in values.tolist()]
        for row in np.flatnonzero(scores.tokens == 0).tolist():
            rulings[row] = _SILENT
        for row in np.flatnonzero((values < low) | (values > high)).tolist():
            text, strange = column[row].as_py(), bool(values[row] > high[row])
            said = _evidence(text, state.scorer.costs(text, int(fold[row])), strange) | {
                "low": _told(low[row]),
                "high": _told(high[row]),
            }
            reason = "too_surprising" if strange else "too_predictable"
            rulings[row] = Ruling(self.outside, reason, float(values[row]), said)
        return list(rulings)

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> list[Evidence]:
        """Which share of the human records, and of the others, lies outside."""
        outside, all_of = {"human": 0, "synthetic": 0}, {"human": 0, "synthetic": 0}
        for batch, verdicts in judged:
            for origin, reason in zip(batch.column("origin").to_pylist(), verdicts["reason"].to_pylist(), strict=True):
                whose = "human" if origin == "human" else "synthetic"
                all_of[whose] += 1
                outside[whose] += reason in _OUTSIDE
        method = "records whose bits per word lie outside of the limits"
        some = [(whose, n) for whose, n in all_of.items() if n]
        return [proportion(f"perplexity.outside.{whose}", outside[whose], n, method) for whose, n in some]

    def _reference(self) -> Reference:
        return Reference(self, self.against)

    def _bands(self, scores: Scores) -> Bands | None:
        some = _with_words(scores)
        return Bands.of(some.bits_per_token, some.tokens, self.band)

    def _model_file(self) -> list[str]:
        return [] if self.kenlm is None else [self.locate(self.kenlm)]

    def _told(self) -> tuple[dict[str, Any], str]:
        """What measures are of, and how they come about."""
        inputs: dict[str, Any] = {"against": self._reference().names()}
        if self.kenlm is not None:
            return inputs | {"kenlm": self.kenlm}, "bits per word of the anchor's texts under the model of `kenlm`"
        told = inputs | {"ngram": self.ngram, "folds": _FOLDS}
        return told, "bits per word of the anchor's texts under models that have not seen them"

    def _scorer(self, context: FitContext, share: float) -> Scorer:
        for path in self._model_file():
            return Kenlm(path)
        return Embedded(self._models(context, share))

    def _models(self, context: FitContext, share: float) -> tuple[LanguageModel, ...]:
        counting = [Counting(self.ngram) for _ in range(_FOLDS)]
        for batch in self._part(context, share):
            words, fold = kernels().word_hashes(text_column(batch)), _own_fold(batch)
            for number, mine in enumerate(counting):
                mine.add([words[row] for row in np.flatnonzero(fold == number).tolist()])
        halves = [(n, n + 1) for n in range(0, _FOLDS, 2)]
        pairs = [merged(counting[a].tables(), counting[b].tables()) for a, b in halves]
        models = [LanguageModel.of(merged(pairs[1 - n // 2], counting[n ^ 1].tables())) for n in range(_FOLDS)]
        return tuple(models)

    def _scored(
        self, context: FitContext, scorer: Scorer, share: float
    ) -> tuple[Hashes, npt.NDArray[np.uint8], Scores]:
        """The anchor's ids and folds by id, and what its texts cost."""
        ids, folds, found = [_NOBODY], [np.empty(0, np.uint8)], [Scores(np.empty(0), np.empty(0, np.int64))]
        for batch in self._part(context, share):
            fold = _own_fold(batch)
            ids.append(keys(batch.column("id")))
            folds.append(fold)
            found.append(scorer.scores(text_column(batch), fold))
        known = np.concatenate(ids)
        order = np.argsort(known, kind="stable")
        scores = Scores(*(np.concatenate(column) for column in zip(*found, strict=True)))
        return known[order], np.concatenate(folds)[order], scores

    def _part(self, context: FitContext, share: float) -> Iterator[pa.RecordBatch]:
        """All of the anchor, or of a large one a share of its contents."""
        for batch in self._reference().batches(context):
            if share < 1:
                chosen = (content_keys(batch) >> np.uint64(32)).astype(np.float64) < share * 2.0**32
                yield batch.filter(pa.array(chosen))
            else:
                yield batch


_NOBODY = np.empty(0, np.uint64)
_SILENT = Ruling("keep", "no_words")
_OUTSIDE = frozenset({"too_surprising", "too_predictable"})


def _own_fold(batch: pa.RecordBatch) -> npt.NDArray[np.uint8]:
    return (content_keys(batch) % np.uint64(_FOLDS)).astype(np.uint8)


def _fold(batch: pa.RecordBatch, state: Fitted) -> npt.NDArray[np.uint8]:
    """Of which fold a record is: its first parent's, if that is in the anchor, else by its content."""
    fold = _own_fold(batch)
    if len(state.known):
        at = positions(state.known, first_parents(batch))
        fold[at >= 0] = state.folds[at[at >= 0]]
    return fold


def _with_words(scores: Scores) -> Scores:
    some = scores.tokens > 0
    return Scores(scores.bits[some], scores.tokens[some])


def _evidence(text: str, costs: npt.NDArray[np.float64], strange: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"bits_per_word": _told(costs.mean()), "words": len(costs)}
    if strange:
        places = np.argsort(-costs, kind="stable")[:_SHOWN].tolist()
        dear = [{"words": _said(text, max(0, at - 2), at), "bits": _told(costs[at])} for at in places]
        return told | {"surprising": dear}
    size = min(_RUN, len(costs))
    sums = np.convolve(costs, np.ones(size), "valid")
    at = int(np.argmin(sums))
    return told | {"predictable": {"words": _said(text, at, at + size - 1), "bits_per_word": _told(sums[at] / size)}}


def _said(text: str, first: int, last: int) -> str:
    start, stop = plain_word_stretch(text, first, last)
    return text.lower()[start:stop]


def _told(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None
