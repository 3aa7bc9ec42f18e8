"""How varied the text of a corpus is, on equal tokens.

Every measure here falls or rises with the amount of text, so corpora are compared on chunks of one size only. The
intervals are over disjoint chunks; documents are not resampled, because a bootstrap's repeated documents look like
lost diversity.

Traps: prose and code differ in all of these without anything having collapsed. Documents are shuffled whole, and words
come in bursts, so the same text looks less varied in long documents than in short ones (distinct-2 of Shakespeare at
10,000 tokens: .68 as one document, .74 as 7,222 speeches). A document longer than a chunk makes neighbouring chunks
alike, and the interval then too narrow.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.collapse.samples import CHUNK_TOKENS, CHUNKS, MOST_CHUNKS, Chunk, Sample, chunks, sampled
from sterling.stats import Evidence, mean
from sterling.text import Hashes, token_hashes, window_hashes

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


def _measured(name: str, sample: Sample, size: int, doubt: str) -> Iterator[Evidence]:
    rows = [measures(chunk) for chunk, _ in zip(chunks(sample.texts, size), range(MOST_CHUNKS), strict=False)]
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
