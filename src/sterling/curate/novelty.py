"""`novelty`: what says, in nearly the same words and order, what a better record says already."""

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from pydantic import Field

from sterling.curate.pairs.sketches import MISSED, exchanged, proposed
from sterling.records import Family, compared, message_text
from sterling.registry import Resolution, SetCheck, register
from sterling.stats import Evidence
from sterling.text import (
    PERMUTATIONS,
    Banding,
    Hashes,
    band_keys,
    banding,
    mixed,
    overlap,
    plain_words,
    signature,
    sketches,
    token_hashes,
)
from sterling.text.lcs import rouge_l


@register("check", "novelty")
class Novelty(SetCheck):
    """Drops a record that is, by ROUGE-L F1 on words, at least `threshold` alike to a better ranked one.

    The novelty gate of Self-Instruct (arXiv 2212.10560), which compares instructions and takes 0.7. Everything that
    still stands is compared: the anchor, what earlier rounds settled, and the records of this one. Human records
    go before synthetic ones, verified before unverified, and are only flagged unless `human: drop` is said.

    Pairs are proposed by MinHash and confirmed by the exact longest common subsequence. Why little is missed: let L be
    the LCS of two texts of m and n words, and M what their multisets of words have in common. L <= M, so from
    2 L / (m + n) >= t follows M >= t (m + n) / 2, and the Jaccard similarity of the multisets, M / (m + n - M), grows
    with M, so it is at least t / (2 - t): 0.54 for 0.7. The multiset is written as a set of (word, how often it was
    there before), whose Jaccard similarity is the same. The bands are chosen so that a pair just at t / (2 - t) shares
    one with probability 0.99 or more, and of those that share one, sketches refute at most 0.1 % of such pairs unread.
    Most pairs that are alike in order have more words in common than they must, so more of them are found.

    Against `near_duplicates`: word order counts over the whole text and not within n-grams, so a template with other
    words filled in is alike here and not there.

    Traps: punctuation, case and white space are not compared; a run of Chinese or Thai is one word, so such texts are
    alike only when they are equal; short prompts are alike soon (`Write a poem about X.`, of five words four); records
    that share a prompt by design need `of: completion` or `all`. Of many that look alike, each is read with the 16
    best and the 16 just before it in each bucket. Unrelated texts share small words, so buckets grow with the
    collection, and the work with its square: minutes for 100,000 prompts, hours for a million.
    """

    version: ClassVar[int] = 3
    family: ClassVar[Family] = "statistics"
    removed_as: ClassVar[str] = "not_novel"

    threshold: float = Field(default=0.7, ge=0.5, le=1)
    """ROUGE-L F1 from which a record is not new."""
    of: Literal["prompt", "completion", "all"] = "prompt"
    """What is compared. `prompt`: the prompt, or the messages before the last answer; a `text` counts whole.
    `completion`: the completion, `chosen`, or the last answer. `all`: the text of the record, or the view by which it
    differs from its relatives."""

    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        """One row for each record with words to compare, and each band: its key, its sketch, its number of words."""
        cut = self._cut()
        bags = [_bag(plain_words(text)) for text in self.view(batch)]
        rows = np.array([row for row, bag in enumerate(bags) if len(bag)], np.int32)
        signatures = np.empty((len(rows), PERMUTATIONS), np.uint32)
        for at, row in enumerate(rows):
            signatures[at] = signature(bags[row])
        words = np.array([len(bags[row]) for row in rows], np.int32)
        return exchanged(rows, band_keys(signatures, cut), sketches(signatures), words)

    def resolve(self, partition: pa.Table) -> Resolution:
        """Pairs worth reading, the better ranked first, each once."""
        return Resolution(pairs=proposed(partition, _least_jaccard(self.threshold)))

    def view(self, batch: pa.RecordBatch) -> list[str]:
        """What `of` names of each record; "" where it has none."""
        return compared(batch) if self.of == "all" else _parts(batch, self.of)

    def confirm(self, pairs: Sequence[tuple[str, str]], texts: Mapping[str, str]) -> list[float | None]:
        """Exact ROUGE-L F1; None below the threshold. Most pairs are refuted by their lengths or words alone."""
        said = {record: _said(texts[record]) for record in {*chain.from_iterable(pairs)}}
        return [self._similarity(said[one], said[other]) for one, other in pairs]

    def measure(self, state: Any) -> Sequence[Evidence]:
        """How sure the search is to look at a pair that is just alike enough, at the least."""
        cut, least = self._cut(), _least_jaccard(self.threshold)
        method = "1 - (1 - J^rows)^bands - missed, at J = t / (2 - t), the least Jaccard similarity of words at F1 = t"
        inputs = {"threshold": self.threshold, "jaccard": least, "missed": MISSED, **cut._asdict()}
        recall = cut.recall(least) - MISSED
        return [Evidence("novelty.recall_at_threshold", recall, PERMUTATIONS, None, method, inputs)]

    def _cut(self) -> Banding:
        return banding(_least_jaccard(self.threshold))

    def _similarity(self, one: "_Said", other: "_Said") -> float | None:
        words = len(one.words) + len(other.words)
        needed = self.threshold * words / 2 - 1e-9
        if min(len(one.words), len(other.words)) < needed or overlap(one.bag, other.bag) < needed:
            return None
        similarity = rouge_l(one.words, other.words)
        return similarity if similarity >= self.threshold else None


class _Said(NamedTuple):
    """One text, read once."""

    words: list[str]
    bag: Hashes


def _said(text: str) -> _Said:
    words = plain_words(text)
    return _Said(words, _bag(words))


def _least_jaccard(threshold: float) -> float:
    return threshold / (2 - threshold)


def _bag(words: Sequence[str]) -> Hashes:
    """A multiset of words as a set: each word with the number of its earlier occurrences. Sorted, unique."""
    hashes = np.sort(token_hashes(words))
    if not len(hashes):
        return hashes
    begins = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1]))
    sizes = np.diff(np.append(begins, len(hashes)))
    earlier = np.arange(len(hashes), dtype=np.uint64) - np.repeat(begins, sizes).astype(np.uint64)
    return np.unique(mixed(hashes + earlier * np.uint64(0x9E3779B97F4A7C15)))


def _parts(batch: pa.RecordBatch, of: Literal["prompt", "completion"]) -> list[str]:
    names = ("prompt", "completion", "chosen", "text", "messages")
    columns = [batch.column(name).to_pylist() for name in names]
    take = _asked if of == "prompt" else _answered
    talks = batch.column("conversational").to_pylist()
    return [take(dict(zip(names, row, strict=True)), talk) for *row, talk in zip(*columns, talks, strict=True)]


def _asked(row: Mapping[str, str | None], talks: bool) -> str:
    if row["messages"] is not None:
        return _joined(_halves(row["messages"])[0])
    prompt = row["prompt"] if row["prompt"] is not None else row["text"]
    return _flat(prompt, talks)


def _answered(row: Mapping[str, str | None], talks: bool) -> str:
    if row["messages"] is not None:
        return _joined(_halves(row["messages"])[1])
    answer = row["completion"] if row["completion"] is not None else row["chosen"]
    return _flat(answer if answer is not None else row["text"], talks)


def _flat(cell: str | None, talks: bool) -> str:
    if cell is None:
        return ""
    return _joined(json.loads(cell)) if talks else cell


def _halves(messages: str | None) -> tuple[list[Any], list[Any]]:
    """The turns before the last answer, and that answer."""
    turns: list[Any] = json.loads(messages or "[]")
    places = [at for at, turn in enumerate(turns) if isinstance(turn, Mapping) and turn.get("role") == "assistant"]
    return (turns[: places[-1]], turns[places[-1] : places[-1] + 1]) if places else (turns, [])


def _joined(turns: Sequence[Any]) -> str:
    return "\n".join(message_text(turn) for turn in turns if isinstance(turn, Mapping))
