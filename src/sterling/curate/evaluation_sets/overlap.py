"""What the n-grams that a text shares with evaluation sets come to, and what is told of it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.curate.evaluation_sets.benchmark import Benchmark, Overlaps, Sought, overlaps
from sterling.registry import Ruling
from sterling.stats import Evidence, count, proportion
from sterling.text import plain_word_stretch
from sterling.text.kernels import kernels

EXCERPT = 300
"""Characters of a text that a verdict shows."""
CLEAN = Ruling("keep", "no_overlap", 0.0)
REPHRASED = "rephrased_item"
_HITS = ("contaminated", "common_phrase", "exact_match")
_NAMED = 1_000
"""Items that one verdict names."""
_SHOWN = 20
"""Items that evidence names."""


def overlapping(known: Benchmark, texts: pa.StringArray) -> list[Ruling]:
    """What the longest n of which each text has an n-gram says."""
    found = overlaps(known, kernels().word_hashes(texts))
    return [_overlap(known, text, one) for text, one in zip(texts.to_pylist(), found, strict=True)]


def _overlap(known: Benchmark, text: str, found: Overlaps) -> Ruling:
    for one, items in zip(known.sought, found, strict=True):
        if np.any(items >= 0):
            several = {} if len(found) == 1 else _by_length(known, found)
            evidence = _evidence(known, one, items, text) | several
            share = float(np.mean(items >= 0))
            if one is known.sought[0]:
                return Ruling("drop", "contaminated", share, evidence)
            return Ruling("flag", "common_phrase", share, evidence)
    return CLEAN


def equal(known: Benchmark, whole: str) -> Ruling | None:
    """The drop of a text that is a short item as a whole; None where it is none."""
    item = known.find_short(whole)
    if item is None:
        return None
    label = known.labels[item]
    shown = {"benchmark": label, "items": [label], "matched": whole.strip()[:EXCERPT]}
    return Ruling("drop", "exact_match", 1.0, shown)


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
        "items": [known.labels[at] for at in _frequent(items[hits])[:_NAMED]],
        "overlap_ngrams": len(hits),
        "longest_run_words": words_long,
        "n": one.n,
        "matched": text.lower()[start : min(stop, start + EXCERPT)],
    }


def _frequent(items: npt.NDArray[np.int32]) -> list[int]:
    """Each item, the most frequent first, of equally frequent ones the first in the evaluation set."""
    return [item for item, _ in sorted(Counter(items.tolist()).items(), key=lambda found: (-found[1], found[0]))]


def _by_length(known: Benchmark, found: Sequence[npt.NDArray[np.int32]]) -> dict[str, Any]:
    return {"overlaps": {str(one.n): int(np.sum(items >= 0)) for one, items in zip(known.sought, found, strict=True)}}


class _Hits(NamedTuple):
    """What records did to items, by label."""

    records: Counter[str]
    first: dict[str, str]
    rephrased: set[str]


def seen_from_items(judged: Iterable[tuple[pa.RecordBatch, pa.Table]], sizes: Mapping[str, int]) -> Iterator[Evidence]:
    """Which items were hit by how many records, and the share of each evaluation set. `sizes`: `Benchmark.sizes`."""
    hits = _hits(judged)
    shown = [{"item": label, "records": n, "first": hits.first[label]} for label, n in _most(hits.records)]
    files = dict(sorted(Counter(_benchmark(label, sizes) for label in hits.records).items()))
    method = "items of the evaluation sets that share an n-gram with a record; `examples`: the most frequent"
    yield count("contamination.items_hit", len(hits.records), method, benchmarks=files, examples=shown)
    likened = Counter(_benchmark(label, sizes) for label in hits.rephrased)
    method = "items of this evaluation set that a record holds a part of; of `rephrased` ones a record is merely alike"
    for name, size in sorted(sizes.items()):
        inputs = {"benchmark": name, "rephrased": likened[name]}
        yield proportion("contamination.share_hit", files.get(name, 0), size, method, **inputs)


def _hits(judged: Iterable[tuple[pa.RecordBatch, pa.Table]]) -> _Hits:
    found = _Hits(Counter(), {}, set())
    for _, verdicts in judged:
        touched = verdicts.filter(pc.is_in(verdicts["reason"], value_set=pa.array((*_HITS, REPHRASED))))
        rows = zip(*(touched[name].to_pylist() for name in ("record", "reason", "evidence")), strict=True)
        for record, reason, evidence in rows:
            labels = json.loads(evidence)["items"]
            if reason == REPHRASED:
                found.rephrased.update(labels)
                continue
            for label in labels:
                found.records[label] += 1
                found.first.setdefault(label, record)
    return found


def _benchmark(label: str, sizes: Mapping[str, int]) -> str:
    """The evaluation set that a label begins with."""
    name = label
    while name not in sizes and ":" in name:
        name = name.rpartition(":")[0]
    return name


def _most(hits: Counter[str]) -> list[tuple[str, int]]:
    return sorted(hits.items(), key=lambda hit: (-hit[1], hit[0]))[:_SHOWN]
