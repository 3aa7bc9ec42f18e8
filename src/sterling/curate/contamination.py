"""`contamination`: what overlaps with an evaluation set does not enter training."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from sterling.curate.evaluation_sets.benchmark import Benchmark, Item, benchmark
from sterling.curate.evaluation_sets.items import TEST_ROLE, EvaluationSets, wholes
from sterling.curate.evaluation_sets.overlap import CLEAN, equal, overlapping, seen_from_items
from sterling.curate.evaluation_sets.rephrased import Likeness, likeness
from sterling.records import Family, Fault, text_column, texts
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.stats import Evidence, count
from sterling.text.kernels import kernels

_Words = Annotated[int, Field(ge=2, le=100)]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The evaluation sets as the check knows them."""

    benchmark: Benchmark
    unread: tuple[str, ...]
    """Rows of the files that could not be read or hold no text: what they say is not searched for."""
    likeness: Likeness | None = None
    """Where rephrased items are looked for."""


@register("check", "contamination")
class Contamination(RecordCheck):
    """Drops a record that shares a word n-gram with an item of an evaluation set.

    Words are compared without case and punctuation, in the whole text of a record (prompt, completion, every message)
    and not in its view. With several n, the longest decides what is dropped, and a record that shares only shorter
    n-grams is flagged. An item too short for one n-gram is found only where a record's text, prompt or user message
    equals it as a whole; an item whose texts are several is then represented by the longest of them.

    `rephrased` is a second pass over what shares no n-gram: a record of which a part (text, prompt, completion, each
    message) is, by embedding, that much alike to a text of an item is flagged `rephrased_item`, and never dropped for
    it. The default embedding knows words and not their meaning; it is fitted on the items and on a sample of the pool.

    An address (`hf://datasets/org/name`) or a folder with a dataset's layout means what that dataset keeps apart from
    `train`, in every configuration; all of it where it has no other split.

    Both sides are told: a verdict names the item that most of the longest common run is from and all others it touches,
    the evidence `contamination.items_hit` says which items were hit how often, and `contamination.share_hit` which
    share of each evaluation set.

    Traps: one shared n-gram is enough, so phrases that everybody uses count: raise `ngram` for code, and name in
    `columns` what must stay unseen (the question and not the formula of its answer). An n-gram that several items share
    counts for the first of them. One word in ten changed at random hides a span of 15 words from 10-grams more often
    than not. Translations are not found by either pass. An item shorter than an n-gram is not found inside a longer
    text, and a rephrased one not inside a text that is mostly about something else.
    """

    version: ClassVar[int] = 3
    family: ClassVar[Family] = "statistics"
    concludes_from: ClassVar[Sequence[str]] = ("id",)

    against: str | tuple[str, ...] = (TEST_ROLE,)
    """Files, folders, patterns or addresses of evaluation sets; the word `test` means the anchor's records in role
    test."""
    ngram: _Words | tuple[_Words, ...] = 10
    """Words in an n-gram. Of several, the longest drops and the others flag."""
    columns: tuple[str, ...] | None = None
    """Columns of the files that hold what must not be seen; None means every text in a row."""
    rephrased: float | None = Field(default=None, gt=0, le=1)
    """Cosine of embeddings from which a record is flagged as an item in other words; None looks for none."""

    def reads(self) -> Sequence[str]:
        """Every file of `against`."""
        return self._sets().reads()

    def fit(self, context: FitContext) -> Fitted:
        """The n-grams of every evaluation item. SourceError or InputError for a file that yields no text."""
        unread: list[str] = []
        items = list(self._sets().items(context, unread))
        known = benchmark(items, self._lengths())
        return Fitted(known, tuple(unread), self._likeness(items, context))

    def measure(self, state: Fitted) -> Sequence[Evidence]:
        """How much was searched for, and what of it could not be."""
        known = state.benchmark
        inputs = {"against": [*self._sets().against], "ngram": self._lengths(), "columns": self._columns()}
        unread = {**inputs, "first": list(state.unread[:20])}
        grams = sum(len(one.item) for one in known.sought)
        likened = 0 if state.likeness is None else len(state.likeness.owners)
        method = "texts of items that records are compared with by embedding"
        return [
            count("contamination.benchmark_items", len(known.labels), "items of the evaluation sets", **inputs),
            count("contamination.benchmark_ngrams", grams, "distinct word n-grams of all items", **inputs),
            count("contamination.short_items", len(known.short), "texts below n words, compared as a whole", **inputs),
            count("contamination.unread_rows", len(state.unread), "rows without readable text, not searched", **unread),
            count("contamination.likened_texts", likened, method, limit=self.rephrased),
        ]

    def judge(self, batch: pa.RecordBatch, state: Fitted) -> list[Ruling | Fault]:
        """`contaminated` or `exact_match` with the item and the place; a flag when there is nothing to compare with."""
        known = state.benchmark
        if not known.labels:
            return [Ruling("flag", "no_benchmark")] * batch.num_rows
        column = text_column(batch)
        suspects = kernels().suspects(column, [one.grams for one in known.sought])
        rulings = [CLEAN] * batch.num_rows
        hits = np.flatnonzero(suspects.found)
        for row, ruling in zip(hits.tolist(), overlapping(known, column.take(pa.array(hits))), strict=True):
            rulings[row] = ruling
        for row, parts in _short(batch, known, suspects.words):
            if rulings[row].outcome != "drop":
                rulings[row] = next(filter(None, (equal(known, part) for part in parts)), rulings[row])
        if state.likeness is not None:
            _liken(batch, rulings, state.likeness)
        return list(rulings)

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Fitted) -> Sequence[Evidence]:
        """Which items of the evaluation sets were hit, by how many records, and which share of each set."""
        return list(seen_from_items(judged, state.benchmark.sizes))

    def _sets(self) -> EvaluationSets:
        against = (self.against,) if isinstance(self.against, str) else self.against
        return EvaluationSets(against, self.locate, self.columns)

    def _lengths(self) -> list[int]:
        return [self.ngram] if isinstance(self.ngram, int) else sorted({*self.ngram})

    def _columns(self) -> list[str] | None:
        return None if self.columns is None else list(self.columns)

    def _likeness(self, items: Sequence[Item], context: FitContext) -> Likeness | None:
        return None if self.rephrased is None else likeness(items, context.pool(), self.rephrased)


def _short(
    batch: pa.RecordBatch, known: Benchmark, words: npt.NDArray[np.int64]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows with a part that may be a short item, and these parts. A text of many words may have a prompt of few."""
    if not known.short:
        return
    talks = pc.or_(batch.column("conversational"), pc.is_valid(batch.column("messages"))).to_numpy(False)
    prompts = batch.column("prompt")
    asked = words if prompts.null_count == len(prompts) else kernels().suspects(pc.fill_null(prompts, ""), []).words
    rows = np.flatnonzero(talks | (words < known.longest) | ((asked > 0) & (asked < known.longest)))
    some = batch.take(pa.array(rows)) if len(rows) else batch.slice(0, 0)
    for row, text, parts in zip(rows.tolist(), texts(some), wholes(some), strict=True):
        yield row, (text, *parts)


def _liken(batch: pa.RecordBatch, rulings: list[Ruling], likeness: Likeness) -> None:
    """Flag those of the clean rows that say an item in other words."""
    rows = [row for row, ruling in enumerate(rulings) if ruling is CLEAN]
    found = likeness.of(batch.take(pa.array(rows, pa.int64()))) if rows else []
    for row, ruling in zip(rows, found, strict=True):
        rulings[row] = ruling or CLEAN
