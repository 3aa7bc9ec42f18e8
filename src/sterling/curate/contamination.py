"""`contamination`: what overlaps with an evaluation set does not enter training."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from sterling.curate.benchmark import Benchmark, Item, Sought, benchmark, overlaps
from sterling.errors import InputError
from sterling.records import Family, Fault, content_text, text_column, texts
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.sources import Row, read_by, read_rows
from sterling.stats import Evidence, count
from sterling.text import Hashes, plain_word_stretch
from sterling.text.kernels import kernels

_TEST_ROLE = "test"
_EXCERPT = 300
"""Characters of the matched text that a verdict shows."""
_SHOWN = 20
"""Items that evidence names."""


_Words = Annotated[int, Field(ge=2, le=100)]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The evaluation sets as the check knows them."""

    benchmark: Benchmark
    unread: tuple[str, ...]
    """Rows of the files that could not be read or hold no text: what they say is not searched for."""


@register("check", "contamination")
class Contamination(RecordCheck):
    """Drops a record that shares a word n-gram with an item of an evaluation set.

    Words are compared without case and punctuation, in the whole text of a record (prompt, completion, every message)
    and not in its view. With several n, the longest decides what is dropped, and a record that shares only shorter
    n-grams is flagged. An item too short for one n-gram is found only where a record's text, prompt or user message
    equals it as a whole; an item whose texts are several is then represented by the longest of them.

    Both sides are told: a verdict names the item that most of the longest common run is from and all others it touches,
    and the evidence `contamination.items_hit` says which items were hit how often.

    Traps: one shared n-gram is enough, so phrases that everybody uses count: raise `ngram` for code, and name in
    `columns` what must stay unseen (the question and not the formula of its answer). An n-gram that several items share
    counts for the first of them. Paraphrases and translations are not found. An item shorter than an n-gram is not
    found inside a longer text.
    """

    version: ClassVar[int] = 2
    family: ClassVar[Family] = "statistics"

    against: str | tuple[str, ...] = (_TEST_ROLE,)
    """Files, folders or patterns of evaluation sets; the word `test` means the anchor's records in role test."""
    ngram: _Words | tuple[_Words, ...] = 10
    """Words in an n-gram. Of several, the longest drops and the others flag."""
    columns: tuple[str, ...] | None = None
    """Columns of the files that hold what must not be seen; None means every text in a row."""

    def reads(self) -> Sequence[str]:
        """Every file of `against`."""
        return [file for path in self._paths() for file in read_by(path)]

    def fit(self, context: FitContext) -> Fitted:
        """The n-grams of every evaluation item. SourceError or InputError for a file that yields no text."""
        unread: list[str] = []
        return Fitted(benchmark(self._items(context, unread), self._lengths()), tuple(unread))

    def measure(self, state: Fitted) -> Sequence[Evidence]:
        """How much was searched for, and what of it could not be."""
        known = state.benchmark
        inputs = {"against": self._against(), "ngram": self._lengths(), "columns": self.columns and list(self.columns)}
        unread = {**inputs, "first": list(state.unread[:20])}
        grams = sum(len(one.item) for one in known.sought)
        return [
            count("contamination.benchmark_items", len(known.labels), "items of the evaluation sets", **inputs),
            count("contamination.benchmark_ngrams", grams, "distinct word n-grams of all items", **inputs),
            count("contamination.short_items", len(known.short), "texts below n words, compared as a whole", **inputs),
            count("contamination.unread_rows", len(state.unread), "rows without readable text, not searched", **unread),
        ]

    def judge(self, batch: pa.RecordBatch, state: Fitted) -> list[Ruling | Fault]:
        """`contaminated` or `exact_match` with the item and the place; a flag when there is nothing to compare with."""
        known = state.benchmark
        if not known.labels:
            return [Ruling("flag", "no_benchmark")] * batch.num_rows
        column = text_column(batch)
        suspects = kernels().suspects(column, [one.grams for one in known.sought])
        rulings = [_CLEAN] * batch.num_rows
        hits = np.flatnonzero(suspects.found)
        some = column.take(pa.array(hits))
        for row, text, words in zip(hits.tolist(), some.to_pylist(), kernels().word_hashes(some), strict=True):
            rulings[row] = _overlap(known, text, words)
        for row, wholes in _short(batch, known, suspects.words):
            if rulings[row].outcome != "drop":
                rulings[row] = next(filter(None, (_equal(known, whole) for whole in wholes)), rulings[row])
        return list(rulings)

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]]) -> Sequence[Evidence]:
        """Which items of the evaluation sets were hit, by how many records."""
        hits: Counter[str] = Counter()
        first: dict[str, str] = {}
        for _, verdicts in judged:
            touched = verdicts.filter(pc.is_in(verdicts["reason"], value_set=pa.array(_HITS)))
            for record, evidence in zip(touched["record"].to_pylist(), touched["evidence"].to_pylist(), strict=True):
                for label in json.loads(evidence)["items"]:
                    hits[label] += 1
                    first.setdefault(label, record)
        shown = [{"item": label, "records": n, "first": first[label]} for label, n in _most(hits)]
        files = dict(sorted(Counter(label.rpartition(":")[0] for label in hits).items()))
        method = "items of the evaluation sets that share an n-gram with a record; `examples`: the most frequent"
        return [count("contamination.items_hit", len(hits), method, benchmarks=files, examples=shown)]

    def _lengths(self) -> list[int]:
        return [self.ngram] if isinstance(self.ngram, int) else sorted({*self.ngram})

    def _against(self) -> list[str]:
        return [self.against] if isinstance(self.against, str) else list(self.against)

    def _paths(self) -> list[str]:
        return [self.locate(path) for path in self._against() if path != _TEST_ROLE]

    def _items(self, context: FitContext, unread: list[str]) -> Iterator[Item]:
        if _TEST_ROLE in self._against():
            for batch in context.protected():
                yield from _protected_items(batch)
        for path in self._paths():
            yield from self._file_items(path, unread)

    def _file_items(self, path: str, unread: list[str]) -> Iterator[Item]:
        seen: dict[str, None] = {}
        readable = False
        for row in read_rows(path):
            if isinstance(row, Fault):
                unread.append(f"{row.where}: {row.message}")
                continue
            seen.update(dict.fromkeys(row.values))
            item = self._item(row)
            if item is None:
                unread.append(f"{row.where}: no text")
                continue
            readable = True
            yield item
        if not readable:
            wanted = "text" if self.columns is None else f"text in {', '.join(f'`{c}`' for c in self.columns)}"
            there = f"its columns are {', '.join(f'`{c}`' for c in seen)}" if seen else "look at the file"
            raise InputError(f"no row of this evaluation set has {wanted}", where=path, mend=there)

    def _item(self, row: Row) -> Item | None:
        columns = row.values if self.columns is None else self.columns
        found = tuple(text for column in columns for text in _strings(row.values.get(column)) if text.strip())
        names = found if self.columns is not None else (max(found, key=len, default=""),)
        return Item(row.where, found, names) if found else None


_CLEAN = Ruling("keep", "no_overlap", 0.0)
_HITS = ("contaminated", "common_phrase", "exact_match")


def _overlap(known: Benchmark, text: str, words: Hashes) -> Ruling:
    """What the longest n of which there is an n-gram says."""
    found = overlaps(known, words)
    for one, items in zip(known.sought, found, strict=True):
        if np.any(items >= 0):
            several = {} if len(found) == 1 else _by_length(known, found)
            evidence = _evidence(known, one, items, text) | several
            share = float(np.mean(items >= 0))
            if one is known.sought[0]:
                return Ruling("drop", "contaminated", share, evidence)
            return Ruling("flag", "common_phrase", share, evidence)
    return _CLEAN


def _evidence(known: Benchmark, one: Sought, items: npt.NDArray[np.int32], text: str) -> dict[str, Any]:
    """The longest stretch of a text that is all n-grams of the evaluation sets, and the item most of it is from."""
    hits = np.flatnonzero(items >= 0)
    borders = [0, *(np.flatnonzero(np.diff(hits) > 1) + 1).tolist(), len(hits)]
    begin, end = max(pairwise(borders), key=lambda run: run[1] - run[0])
    run = hits[begin:end]
    words_long = len(run) + one.n - 1
    start, stop = plain_word_stretch(text, int(run[0]), int(run[0]) + words_long - 1)
    return {
        "benchmark": known.labels[_frequent(items[run])[0]],
        "items": [known.labels[at] for at in _frequent(items[hits])[:_SHOWN]],
        "overlap_ngrams": len(hits),
        "longest_run_words": words_long,
        "n": one.n,
        "matched": text.lower()[start : min(stop, start + _EXCERPT)],
    }


def _frequent(items: npt.NDArray[np.int32]) -> list[int]:
    """Each item, the most frequent first, of equally frequent ones the first in the evaluation set."""
    return [item for item, _ in sorted(Counter(items.tolist()).items(), key=lambda found: (-found[1], found[0]))]


def _by_length(known: Benchmark, found: Sequence[npt.NDArray[np.int32]]) -> dict[str, Any]:
    return {"overlaps": {str(one.n): int(np.sum(items >= 0)) for one, items in zip(known.sought, found, strict=True)}}


def _equal(known: Benchmark, whole: str) -> Ruling | None:
    item = known.find_short(whole)
    if item is None:
        return None
    label = known.labels[item]
    return Ruling(
        "drop", "exact_match", 1.0, {"benchmark": label, "items": [label], "matched": whole.strip()[:_EXCERPT]}
    )


def _short(
    batch: pa.RecordBatch, known: Benchmark, words: npt.NDArray[np.int64]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows with a part that may be a short item, and these parts. A text of many words may have a prompt of few."""
    if not known.short:
        return
    talks = pc.or_(batch.column("conversational"), pc.is_valid(batch.column("messages"))).to_numpy(False)
    asked = kernels().suspects(pc.fill_null(batch.column("prompt"), ""), []).words
    rows = np.flatnonzero(talks | (words < known.longest) | ((asked > 0) & (asked < known.longest)))
    some = batch.take(pa.array(rows))
    for row, text, wholes in zip(rows.tolist(), texts(some), _wholes(some), strict=True):
        yield row, (text, *wholes)


def _most(hits: Counter[str]) -> list[tuple[str, int]]:
    return sorted(hits.items(), key=lambda hit: (-hit[1], hit[0]))[:_SHOWN]


def _protected_items(batch: pa.RecordBatch) -> Iterator[Item]:
    sources, places = batch.column("source").to_pylist(), batch.column("row").to_pylist()
    for source, place, text, wholes in zip(sources, places, texts(batch), _wholes(batch), strict=True):
        yield Item(f"{source}:{place}", (text,), (text, *wholes))


def _wholes(batch: pa.RecordBatch) -> list[tuple[str, ...]]:
    """For each record the parts that may be an evaluation item as they are: its prompt, and what a user says."""
    talks, prompts, messages = (batch.column(c).to_pylist() for c in ("conversational", "prompt", "messages"))
    return [
        (*(_said(prompt) if talk else [prompt] if prompt else []), *_said(talked))
        for talk, prompt, talked in zip(talks, prompts, messages, strict=True)
    ]


def _said(messages: str | None) -> list[str]:
    said = [] if messages is None else json.loads(messages)
    return [content_text(message.get("content")) for message in said if message.get("role") != "assistant"]


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
