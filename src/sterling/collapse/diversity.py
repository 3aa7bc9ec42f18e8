"""How varied the text of a corpus is, on equal tokens.

Every measure here falls or rises with the amount of text, so corpora are compared on chunks of one size only. The
intervals are over disjoint chunks; documents are not resampled, because a bootstrap's repeated documents look like
lost diversity.

Traps: prose and code differ in all of these without anything having collapsed. Documents are shuffled whole, and words
come in bursts, so the same text looks less varied in long documents than in short ones (distinct-2 of Shakespeare at
10,000 tokens: .68 as one document, .74 as 7,222 speeches). A document longer than a chunk makes neighbouring chunks
alike, and the interval then too narrow.
"""

import heapq
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.stats import Evidence, mean
from sterling.text import Hashes, count_tokens, pieces, token_hashes, window_hashes

CHUNK_TOKENS = 10_000
CHUNKS = 8
"""Fewest chunks, each of `CHUNK_TOKENS`, from which a monitor may speak."""
_MOST_CHUNKS = 40
_SAMPLED_TOKENS = _MOST_CHUNKS * CHUNK_TOKENS
_LEAST_TOKENS = 2_000
"""A corpus with fewer tokens than this is not measured, and does not shrink the chunks of the others."""

MEASURES: Mapping[str, str] = {
    "distinct_1": "distinct tokens / tokens",
    "distinct_2": "distinct bigrams / bigrams (Li et al. 2016)",
    "distinct_3": "distinct trigrams / trigrams (Li et al. 2016)",
    "entropy_2": "Shannon entropy of bigrams in bits, plug-in estimate",
    "hapax_share": "tokens that occur once / distinct tokens",
    "zstd_ratio": "bytes / bytes after zstd level 3, so higher is more repetitive",
}
"""What is measured, and how. N-grams do not cross documents."""


class Chunk(NamedTuple):
    """A stretch of a corpus."""

    tokens: list[str]
    document: npt.NDArray[np.int64]
    """For each token, which document it is from."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Documents of one corpus in random order, `_SAMPLED_TOKENS` of them or all."""

    texts: list[str]
    tokens: int
    """Of all these texts."""
    seen: int
    """Documents in the whole corpus."""
    names: Sequence[str] = ()
    """Where each of the texts stands; empty where nobody said."""


def diversity(corpora: Mapping[str, Iterable[str]], seed: int = 0) -> list[Evidence]:
    """`diversity.<corpus>.<measure>` for each corpus and each of `MEASURES`.

    Each corpus is read once and sampled down to 400,000 tokens, so it need not fit into memory; which documents are
    sampled depends on `seed`, the corpus' name and the order of its documents. Chunks have 10,000 tokens, or an eighth
    of the smallest corpus where that is less: then `method` says that a monitor could not tell from it. Tokens are
    those of `text.pieces`, case kept. `n` counts chunks.
    """
    samples = {name: sampled(texts, f"{seed}/{name}") for name, texts in corpora.items()}
    measurable = {name: s.tokens for name, s in samples.items() if s.tokens >= _LEAST_TOKENS}
    smallest = min(measurable, key=lambda name: measurable[name], default=None)
    if smallest is None:
        return [evidence for name, s in samples.items() for evidence in _unmeasured(name, s)]
    size = min(CHUNK_TOKENS, measurable[smallest] // CHUNKS)
    doubt = "" if size == CHUNK_TOKENS else _doubt(measurable[smallest], smallest)
    found: list[Evidence] = []
    for name, sample in samples.items():
        found += _measured(name, sample, size, doubt) if name in measurable else _unmeasured(name, sample)
    return found


def measures(chunk: Chunk) -> dict[str, float]:
    """Each of `MEASURES` for one chunk; those that need n-grams are left out where no document has one."""
    hashes = token_hashes(chunk.tokens)
    found: dict[str, float] = {}
    for n in (1, 2, 3):
        counts = _counts(within_documents(hashes, chunk.document, n))
        if not len(counts):
            continue
        found[f"distinct_{n}"] = len(counts) / int(counts.sum())
        if n == 1:
            found["hapax_share"] = float(np.mean(counts == 1))
        if n == 2:
            shares = counts / counts.sum()
            found["entropy_2"] = abs(float(np.sum(shares * np.log2(shares))))
    found["zstd_ratio"] = _zstd_ratio(chunk)
    return found


def sampled(texts: Iterable[str], seed: str) -> Sample:
    """The documents with the lowest random numbers, as many as it takes to reach the cap."""
    return replace(sampled_documents((("", text) for text in texts), seed), names=())


def sampled_documents(documents: Iterable[tuple[str, str]], seed: str) -> Sample:
    """The same of documents with names (name, text), which the sample keeps. Only what it takes in is counted."""
    draw = random.Random(seed).random  # noqa: S311 - a sample, not a secret
    chosen: list[tuple[float, int, int, str, str]] = []
    tokens = seen = 0
    for name, text in documents:
        place = -draw()
        seen += 1
        if tokens >= _SAMPLED_TOKENS and place < chosen[0][0]:
            continue
        length = count_tokens(text)
        heapq.heappush(chosen, (place, seen, length, name, text))
        tokens += length
        while tokens - chosen[0][2] >= _SAMPLED_TOKENS:
            tokens -= heapq.heappop(chosen)[2]
    ordered = sorted(chosen, reverse=True)
    return Sample([text for *_, text in ordered], tokens, seen, tuple(name for *_, name, _ in ordered))


def chunks(texts: Iterable[str], size: int) -> Iterator[Chunk]:
    """Full disjoint chunks in the order of the documents; what remains at the end is left out."""
    tokens: list[str] = []
    document: list[int] = []
    for number, text in enumerate(texts):
        found = pieces(text)
        tokens += found
        document += [number] * len(found)
        start = 0
        while start + size <= len(tokens):
            yield Chunk(tokens[start : start + size], np.array(document[start : start + size], dtype=np.int64))
            start += size
        del tokens[:start], document[:start]


def _measured(name: str, sample: Sample, size: int, doubt: str) -> Iterator[Evidence]:
    rows = [measures(chunk) for chunk, _ in zip(chunks(sample.texts, size), range(_MOST_CHUNKS), strict=False)]
    inputs = {"tokens_per_chunk": size, "tokens": sample.tokens, "documents": len(sample.texts), "of": sample.seen}
    for measure, formula in MEASURES.items():
        values = [row[measure] for row in rows if measure in row]
        method = f"{formula}; mean over disjoint chunks of {size:,} tokens{doubt}"
        yield mean(f"diversity.{name}.{measure}", values, method, **inputs)


def _unmeasured(name: str, sample: Sample) -> Iterator[Evidence]:
    method = f"not measured: {sample.tokens:,} tokens, {_LEAST_TOKENS:,} needed"
    for measure in MEASURES:
        yield Evidence(f"diversity.{name}.{measure}", None, 0, None, method, {"tokens": sample.tokens})


def _doubt(tokens: int, name: str) -> str:
    needed = CHUNKS * CHUNK_TOKENS
    return f"; insufficient sample for a monitor verdict: {tokens:,} tokens in {name}, {needed:,} needed"


def within_documents(hashes: Hashes, document: npt.NDArray[np.int64], n: int) -> Hashes:
    """The n-grams of a chunk that lie in one document each."""
    windows = window_hashes(hashes, n)
    return windows[document[: len(windows)] == document[n - 1 :]] if len(windows) else windows


def _counts(hashes: Hashes) -> npt.NDArray[np.int64]:
    return np.unique(hashes, return_counts=True)[1]


def _zstd_ratio(chunk: Chunk) -> float:
    """Of the tokens with one space between them and one line a document, so that layout does not count."""
    breaks = np.flatnonzero(np.diff(chunk.document)) + 1
    separators = np.full(len(chunk.tokens), " ")
    separators[breaks - 1] = "\n"
    data = "".join(chain.from_iterable(zip(chunk.tokens, separators.tolist(), strict=True))).encode()
    compressed: int = pa.Codec("zstd", compression_level=3).compress(data).size
    return len(data) / compressed
