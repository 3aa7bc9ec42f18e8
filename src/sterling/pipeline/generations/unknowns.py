"""The part of the anchor whose origin nobody attests: how large it is, and how much of it a machine wrote."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, left, read_batch
from sterling.pipeline.generations.known import keys_of
from sterling.pipeline.mixing import Mixed, before_mix
from sterling.records import text_column
from sterling.records.lowest import lowest
from sterling.stats import (
    Evidence,
    Interval,
    Trials,
    clopper_pearson,
    normal_interval,
    proportion,
    ratio_of_sums,
    rogan_gladen,
)
from sterling.text import count_tokens
from sterling.text.kernels import kernels
from sterling.text.linear import Vocabulary, gram_sets, trained

_MOST = 2_000
"""Texts of a kind that are looked at: those with the smallest ids, which are digests."""
_LEAST = 100
"""Held-out texts of either kind, and texts of unknown origin, below which nothing is estimated."""
_LONGEST = 2

_Flags = npt.NDArray[np.bool_]


def unknowns(mixed: Mixed) -> Iterator[Evidence]:
    """`anchor.unknown.records` always; its tokens and what a classifier makes of it where there is such a part."""
    origins = pc.value_counts(_column(mixed.anchors, "origin")).to_pylist()
    counts = {one["values"]: one["counts"] for one in origins}
    method = "anchor records whose origin nobody attests; none of them counts as real"
    yield proportion("anchor.unknown.records", counts.get("unknown", 0), sum(counts.values()), method)
    if counts.get("unknown"):
        yield token_share([read_batch(shard.records) for shard in mixed.anchors])
        yield from machine_written(
            sample(_origin(mixed.anchors, "human")),
            sample(chain(_origin(mixed.anchors, "synthetic"), (left(before_mix(one)).batch for one in mixed.written))),
            sample(_origin(mixed.anchors, "unknown")),
        )


def _column(shards: Sequence[Shard], name: str) -> pa.ChunkedArray:
    return pa.chunked_array([read_batch(shard.records, (name,)).column(name) for shard in shards], pa.string())


def _origin(shards: Sequence[Shard], origin: str) -> Iterator[pa.RecordBatch]:
    for shard in shards:
        batch = read_batch(shard.records)
        yield batch.filter(pc.equal(batch.column("origin"), origin))


def token_share(batches: Iterable[pa.RecordBatch]) -> Evidence:
    """The share of tokens of unknown origin, with the interval of a ratio of sums over records.

    Where all or nothing is unknown it is the exact one of the records.
    """
    tokens, unknown = [np.empty(0)], [np.empty(0, np.bool_)]
    for batch in batches:
        tokens.append(np.array([count_tokens(text) for text in text_column(batch).to_pylist()], float))
        unknown.append(np.array([origin == "unknown" for origin in batch.column("origin").to_pylist()], np.bool_))
    x, of = np.concatenate(tokens), np.concatenate(unknown)
    n, whole = len(x), float(x.sum())
    method = "tokens of anchor records whose origin nobody attests"
    if not n or not whole:
        return Evidence("anchor.unknown.tokens", None, n, None, f"{method}; nothing to measure")
    share = float(x[of].sum() / whole)
    if share in {0.0, 1.0} or n < 2:
        interval = clopper_pearson(int(of.sum()), n)
        said = f"{method}; n records, Clopper-Pearson 95 % of them"
        return Evidence("anchor.unknown.tokens", share, n, interval, said)
    low, high = normal_interval(*ratio_of_sums(x * of, x))
    interval = Interval(max(0.0, low), min(1.0, high))
    return Evidence("anchor.unknown.tokens", share, n, interval, f"{method}; n records, ratio of sums, normal 95 %")


class Texts(NamedTuple):
    """A sample of texts, and for each a key that it shares with its first parent."""

    texts: pa.StringArray
    families: npt.NDArray[np.uint64]


def sample(batches: Iterable[pa.RecordBatch]) -> Texts:
    """At most 2,000 of some records: those with the smallest ids, the same however they were cut into shards."""
    best = lowest(map(_narrow, batches), _MOST)
    if best is None:
        return Texts(pa.array([], pa.large_string()), np.empty(0, np.uint64))
    return Texts(best["text"].combine_chunks(), keys_of(best["family"].combine_chunks()))


def _narrow(batch: pa.RecordBatch) -> pa.Table:
    ids, parents = batch.column("id").to_pylist(), batch.column("parents").to_pylist()
    families = [of[0] if of else own for own, of in zip(ids, parents, strict=True)]
    texts = text_column(batch).cast(pa.large_string())
    return pa.table({"id": batch.column("id"), "text": texts, "family": pa.array(families, pa.string())})


def machine_written(human: Texts, machine: Texts, unknown: Texts) -> Iterator[Evidence]:
    """`anchor.unknown.machine_written`: the share of unknown texts that a machine wrote, corrected for its errors.

    A linear classifier on word 1-2-grams learns attested human against synthetic texts on one half of the families
    (a text and what was made of it are in one half), and its error rates are measured on the other. The share of
    unknown texts that it takes for synthetic is corrected by them (Rogan and Gladen, American Journal of Epidemiology
    107, 1978), with the interval of Lang and Reiczigel (Preventive Veterinary Medicine 113, 2014).

    Not guaranteed: it holds if unknown human text is to the classifier as attested human text is, and unknown machine
    text as this project's. Another subject, or another model, moves it either way.
    """
    method = "linear classifier of attested human against synthetic texts, Rogan-Gladen, Lang-Reiczigel 95 %"
    name, odd = "anchor.unknown.machine_written", [(texts.families & np.uint64(1)) == 1 for texts in (human, machine)]
    held = {"human": int(odd[0].sum()), "synthetic": int(odd[1].sum()), "unknown": len(unknown.texts)}
    learnt = min(int((~odd[0]).sum()), int((~odd[1]).sum()))
    if min(*held.values(), learnt) < _LEAST:
        said = f"not estimated: {_LEAST} texts of unknown origin, and twice {_LEAST} attested human and synthetic ones"
        yield Evidence(name, None, held["unknown"], None, f"{said} are the least", held)
        return
    seen = _classified(human, machine, unknown, odd)
    sensitivity = proportion("anchor.unknown.sensitivity", int(seen.machine.sum()), held["synthetic"],
                             "held-out synthetic texts that the classifier takes for synthetic")  # fmt: skip
    specificity = proportion("anchor.unknown.specificity", int((~seen.human).sum()), held["human"],
                             "held-out attested human texts that it takes for human")  # fmt: skip
    yield from (sensitivity, specificity)
    if (sensitivity.interval or (0,))[0] + (specificity.interval or (0,))[0] <= 1:
        said = "not estimated: the classifier cannot tell human and synthetic texts apart"
        yield Evidence(name, None, held["unknown"], None, said, held)
        return
    trials = (Trials(int(one.sum()), len(one)) for one in (seen.unknown, seen.machine, ~seen.human))
    value, interval = rogan_gladen(*trials)
    inputs = held | {"apparent": float(seen.unknown.mean())}
    yield Evidence(name, value, held["unknown"], interval, f"{method}; holds if unknown texts are like these", inputs)


class _Classified(NamedTuple):
    """Which texts of each kind are taken for synthetic; of the known kinds those that were held out."""

    human: _Flags
    machine: _Flags
    unknown: _Flags


def _classified(human: Texts, machine: Texts, unknown: Texts, odd: Sequence[_Flags]) -> _Classified:
    sets = [gram_sets(kernels().word_hashes(one.texts), _LONGEST) for one in (human, machine, unknown)]
    learnt = [
        [one for one, held in zip(of, out, strict=True) if not held] for of, out in zip(sets[:2], odd, strict=True)
    ]
    vocabulary = Vocabulary.of([*learnt[0], *learnt[1]])
    positive = np.repeat([False, True], [len(learnt[0]), len(learnt[1])])
    model = trained(vocabulary.rows([*learnt[0], *learnt[1]]), positive, vocabulary)
    said = [model.log_odds(of) > 0 for of in sets]
    return _Classified(said[0][odd[0]], said[1][odd[1]], said[2])
