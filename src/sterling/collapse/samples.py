"""Corpora as they are measured: a sample of bounded size, cut in two, cut into chunks of equally many tokens.

A corpus is read once and need not fit into memory. Half of a real text says what is rare, and the other half is what a
corpus is compared with: types that were chosen for being rare in a sample are rarer there than anywhere else.
"""

import heapq
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from sterling.text import count_tokens, pieces

T = TypeVar("T")
CHUNK_TOKENS = 10_000
CHUNKS = 8
"""Fewest chunks, each of `CHUNK_TOKENS`, from which a monitor may speak."""
MOST_CHUNKS = 40
"""Of one corpus that are looked at."""
_SAMPLED_TOKENS = MOST_CHUNKS * CHUNK_TOKENS


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

    def even_halves(self, seed: int) -> tuple[list[int], list[int]]:
        """Places of its texts, cut in two halves of as many tokens: for what is measured on equal stretches of both.

        In random order, each document goes to the half that has fewer tokens.
        """
        order = random.Random(seed).sample(range(len(self.texts)), len(self.texts))  # noqa: S311 - a split, not a secret
        both: tuple[list[int], list[int]] = ([], [])
        ahead = 0
        for at in order:
            behind = 1 if ahead >= 0 else 0
            both[behind].append(at)
            ahead += (1 if behind == 0 else -1) * count_tokens(self.texts[at])
        return both


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


def halves(shuffled: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """Two halves of as many items of what is in random order already, as a sample's texts are: every second one."""
    return shuffled[::2], shuffled[1::2]


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
