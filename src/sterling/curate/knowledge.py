"""`benchmark_knowledge`: what the teacher knows of evaluation sets by heart, and what it wrote near that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from sterling.curate.evaluation_sets.benchmark import Benchmark, Item, benchmark
from sterling.curate.evaluation_sets.items import EvaluationSets
from sterling.curate.evaluation_sets.overlap import CLEAN, overlapping
from sterling.curate.evaluation_sets.recital import Recital, by_set, recitals, sampled, template, texts_of
from sterling.curate.evaluation_sets.rephrased import Likeness, likeness
from sterling.models import ModelRef
from sterling.records import Family, Fault, canonical_json, text_column
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.stats import Evidence, count, proportion
from sterling.text.kernels import kernels

NEAR = "near_known_item"
_SHOWN = 50
"""Items that evidence names."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the teacher knows, as records are compared with it."""

    recited: tuple[Recital, ...]
    unseen: tuple[Recital, ...]
    """Texts that it cannot know."""
    able: int
    """Items that are long enough to be asked about."""
    items: int
    """All of them."""
    unread: tuple[str, ...]
    near: Benchmark
    """The n-grams of the items that it knows."""
    likeness: Likeness | None


@register("check", "benchmark_knowledge")
class BenchmarkKnowledge(RecordCheck):
    """Asks the teacher to go on with evaluation items word for word, and flags what it wrote near those that it knows.

    Of each evaluation set up to `items` texts, chosen by digest, are cut in half by words. The teacher gets the first
    half. It knows an item by heart when its continuation has a run of `run` words of the true rest that is this item's
    own: that no other text of the evaluation sets has, and not the half that it was shown. So a stock phrase, a common
    ending and a repetition of the beginning prove nothing. With `control`, texts that the teacher cannot have seen go
    the same way: how many of these it would seem to know is what guessing does.

    Flags `near_known_item`: a record of this teacher that shares `ngram` words in a row with a known item, or with
    `rephrased` is that much alike to one by embedding. Nothing is dropped; `contamination` drops copies. Keeps
    `no_overlap`, `other_maker` (a human, a program or another model wrote it) and `nothing_known`. A record that
    nobody knows the maker of counts as the teacher's.

    Asked once, in `fit`; later rounds and runs find the answers in the journal. While an answer is owed the run stops.
    One that was refused for good says nothing of its item, and is counted.

    Not guaranteed: that an item which was not recited is unknown. A model that was taught not to recite, or that
    answers the question instead, knows more than it says; a temperature above 0 makes it recite less. Items with fewer
    than twice `run` words are not asked about. Records near items that were not sampled are not flagged: raise `items`.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"
    asks_once: ClassVar[bool] = True

    model: ModelRef
    """The teacher: its endpoint, as in the strategy whose records are judged."""
    against: str | tuple[str, ...]
    """Files, folders, patterns or addresses of evaluation sets, as in `contamination`."""
    columns: tuple[str, ...] | None = None
    """Columns of `against`; of several texts the longest is recited. None means every text in a row."""
    control: str | tuple[str, ...] = ()
    """Files of texts like these that the teacher cannot have seen: your own, unpublished or younger than it."""
    items: int = Field(default=100, ge=1, le=100_000)
    """Questions for each evaluation set, and for each file of the control."""
    run: int = Field(default=10, ge=5, le=100)
    """Words in a row that are known by heart and not guessed. Who knows GSM8K's training problems, and goes on with a
    test problem as the one whose beginning is most alike, hits 10 words of its own in 2 of 1,306 cases, 8 in 3."""
    ngram: int = Field(default=8, ge=2, le=100)
    """Words in a row from which a record is near a known item. Of GSM8K's training questions 1.3 % share 8 with any of
    its 1,319 test questions, 4.6 % share 7."""
    rephrased: float | None = Field(default=None, gt=0, le=1)
    """Cosine of embeddings from which a record is near a known item; None compares n-grams only."""

    def may_drop(self) -> bool:
        """It keeps and flags."""
        return False

    def reads(self) -> Sequence[str]:
        """Every file of `against` and `control`."""
        return [*self._evaluation().reads(), *self._control().reads()]

    def fit(self, context: FitContext) -> Known:
        """Ask. InputError for a file without text or an endpoint that answers nobody, SterlingError for owed answers.

        The same for any number of shards.
        """
        unread: list[str] = []
        items = list(self._evaluation().items(context, unread))
        unseen = list(self._control().items(context, unread))
        able = texts_of(items, self.run)
        chosen, control = sampled(able, self.items), sampled(texts_of(unseen, self.run), self.items)
        every = [text for item in (*items, *unseen) for text in item.texts]
        found = recitals(self.model, [*chosen, *control], every, self.run)
        recited, guessed = tuple(found[: len(chosen)]), tuple(found[len(chosen) :])
        known = [_item(one) for one in recited if one.own]
        alike = likeness(known, context.pool(), self.rephrased) if self.rephrased is not None and known else None
        near = benchmark(known, [self.ngram])
        return Known(recited, guessed, len(able), len(items), tuple(unread), near, alike)

    def measure(self, state: Known) -> Sequence[Evidence]:
        """The share of each evaluation set that is known by heart, the items, and what chance and guessing would do."""
        inputs = {"model": self.model.model, "run": self.run, "template": template().digest}
        asked = [*state.recited, *state.unseen]
        answered = [one for one in asked if one.said is not None]
        foreign, phrases = sum(one.foreign for one in answered), sum(one.phrase for one in answered)
        by_chance = "continuations with as many words of another text's own: what chance does"
        sizes, first = {"items": state.items, "long_enough": state.able}, list(state.unread[:20])
        name = "benchmark_knowledge"
        return [
            *_shares(f"{name}.known", "items recited with `run` words of their own", state.recited, inputs),
            *_shares(f"{name}.unseen", "the same of texts that the model cannot know", state.unseen, inputs),
            proportion(f"{name}.chance", foreign, len(answered), by_chance, **inputs),
            count(f"{name}.phrases", phrases, "continuations with such a run that other texts have too"),
            count(f"{name}.asked", len(asked), "texts that the model was asked to go on with", **sizes),
            count(f"{name}.unanswered", len(asked) - len(answered), "texts without a usable continuation"),
            count(f"{name}.unread_rows", len(state.unread), "rows without readable text, not asked about", first=first),
        ]

    def judge(self, batch: pa.RecordBatch, state: Known) -> list[Ruling | Fault]:
        """`near_known_item` with the item, and the words in common or the cosine."""
        if not state.near.labels:
            return [Ruling("keep", "nothing_known")] * batch.num_rows
        rulings = [Ruling("keep", "other_maker")] * batch.num_rows
        mine = np.flatnonzero(_by(self.model.model, batch))
        for row, ruling in zip(mine.tolist(), _judged(batch.take(pa.array(mine)), state), strict=True):
            rulings[row] = ruling if ruling.outcome == "keep" else ruling._replace(outcome="flag", reason=NEAR)
        return list(rulings)

    def _evaluation(self) -> EvaluationSets:
        return EvaluationSets(_several(self.against), self.locate, self.columns)

    def _control(self) -> EvaluationSets:
        return EvaluationSets(_several(self.control), self.locate)


def _several(named: str | tuple[str, ...]) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else named


def _item(one: Recital) -> Item:
    whole = one.text.whole
    return Item(one.text.label, (whole,), (whole,), one.text.benchmark)


def _judged(batch: pa.RecordBatch, state: Known) -> list[Ruling]:
    """What n-grams say of each record of the teacher, and where they say nothing, the embedding."""
    column = text_column(batch)
    found = kernels().suspects(column, [one.grams for one in state.near.sought]).found
    hits = np.flatnonzero(found)
    alike = [None] * batch.num_rows if state.likeness is None else state.likeness.of(batch)
    rulings = [one or CLEAN for one in alike]
    for row, ruling in zip(hits.tolist(), overlapping(state.near, column.take(pa.array(hits))), strict=True):
        rulings[row] = ruling
    return rulings


def _by(model: str, batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    """Which records this model wrote, or nobody knows who."""
    named = pc.match_substring(batch.column("maker"), f'"model":{canonical_json(model)}')
    unknown = pc.and_(pc.is_null(batch.column("maker")), pc.not_equal(batch.column("origin"), "human"))
    by: npt.NDArray[np.bool_] = pc.or_kleene(named, unknown).fill_null(False).to_numpy(False)
    return by


def _shares(name: str, method: str, recited: Sequence[Recital], inputs: Mapping[str, Any]) -> Iterator[Evidence]:
    """Of each evaluation set the share that is known, and which items."""
    for benchmark_name, said in by_set(recited):
        known = sorted((one for one in said if one.own), key=lambda one: -one.longest)
        shown = [_shown(one) for one in known[:_SHOWN]]
        yield proportion(name, len(known), len(said), method, **inputs, benchmark=benchmark_name, examples=shown)


def _shown(one: Recital) -> dict[str, Any]:
    recalled = round(one.recalled, 4)
    return {
        "item": one.text.label,
        "longest_run_words": one.longest,
        "recalled": recalled,
        "said": (one.said or "")[:200],
    }
