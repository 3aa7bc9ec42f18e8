"""`contamination`: what overlaps with an evaluation set does not enter training."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from sterling.curate.benchmark import Benchmark, Item, benchmark
from sterling.errors import InputError
from sterling.records import Family, Fault, content_text, texts
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.sources import Row, read_by, read_rows
from sterling.stats import Evidence, count
from sterling.text import ngram_hashes, plain_word_spans, plain_words

_TEST_ROLE = "test"
_EXCERPT = 300
"""Characters of the matched text that a verdict shows."""


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
    and not in its view. An item too short for one n-gram is found only where a record's text, prompt or user message
    equals it as a whole; an item whose texts are several is then represented by the longest of them.

    Traps: one shared n-gram is enough, so phrases that everybody uses count: raise `ngram` for code, and name in
    `columns` what must stay unseen (the question and not the formula of its answer). Paraphrases and translations are
    not found. An item shorter than an n-gram is not found inside a longer text.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"

    against: str | tuple[str, ...] = (_TEST_ROLE,)
    """Files, folders or patterns of evaluation sets; the word `test` means the anchor's records in role test."""
    ngram: int = Field(default=10, ge=2, le=100)
    """Words in an n-gram."""
    columns: tuple[str, ...] | None = None
    """Columns of the files that hold what must not be seen; None means every text in a row."""

    def reads(self) -> Sequence[str]:
        """Every file of `against`."""
        return [file for path in self._paths() for file in read_by(path)]

    def fit(self, context: FitContext) -> Fitted:
        """The n-grams of every evaluation item. SourceError or InputError for a file that yields no text."""
        unread: list[str] = []
        return Fitted(benchmark(self._items(context, unread), self.ngram), tuple(unread))

    def measure(self, state: Fitted) -> Sequence[Evidence]:
        """How much was searched for, and what of it could not be."""
        known = state.benchmark
        inputs = {"against": self._against(), "ngram": self.ngram, "columns": self.columns and list(self.columns)}
        unread = {**inputs, "first": list(state.unread[:20])}
        return [
            count("contamination.benchmark_items", len(known.labels), "items of the evaluation sets", **inputs),
            count("contamination.benchmark_ngrams", len(known.ngrams), "distinct word n-grams of all items", **inputs),
            count("contamination.short_items", len(known.short), "texts below n words, compared as a whole", **inputs),
            count("contamination.unread_rows", len(state.unread), "rows without readable text, not searched", **unread),
        ]

    def judge(self, batch: pa.RecordBatch, state: Fitted) -> list[Ruling | Fault]:
        """`contaminated` or `exact_match` with the item and the place; a flag when there is nothing to compare with."""
        known = state.benchmark
        wholes = _wholes(batch) if known.short else [()] * batch.num_rows
        return [self._judge(text, whole, known) for text, whole in zip(texts(batch), wholes, strict=True)]

    def _judge(self, text: str, wholes: Sequence[str], known: Benchmark) -> Ruling:
        if not known.labels:
            return Ruling("flag", "no_benchmark")
        items = known.find(ngram_hashes(plain_words(text), self.ngram))
        if np.any(items >= 0):
            share = float(np.mean(items >= 0))
            return Ruling("drop", "contaminated", share, _overlap(items, text, known))
        for whole in (text, *wholes):
            item = known.find_short(whole)
            if item is not None:
                evidence = {"benchmark": known.labels[item], "matched": whole.strip()[:_EXCERPT]}
                return Ruling("drop", "exact_match", 1.0, evidence)
        return Ruling("keep", "no_overlap", 0.0)

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


def _overlap(items: npt.NDArray[np.int32], text: str, known: Benchmark) -> dict[str, Any]:
    """The longest stretch of a text that is all n-grams of the evaluation set, and the item most of it is from."""
    hits = np.flatnonzero(items >= 0)
    runs = np.split(hits, np.flatnonzero(np.diff(hits) > 1) + 1)
    run = max(runs, key=len)
    words_long = len(run) + known.n - 1
    spans = plain_word_spans(text)
    start, end = spans[int(run[0])][0], spans[int(run[0]) + words_long - 1][1]
    return {
        "benchmark": known.labels[int(np.bincount(items[run]).argmax())],
        "overlap_ngrams": len(hits),
        "longest_run_words": words_long,
        "n": known.n,
        "matched": text.lower()[start : min(end, start + _EXCERPT)],
    }


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
