"""What an evaluation set looks like to the contamination check: hashes, and where each came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.records import digest
from sterling.text import Hashes, ngram_hashes, plain_words


class Item(NamedTuple):
    """One item of an evaluation set."""

    label: str
    """Where it is: `test.jsonl:12`, or `source:row` of a record in role test."""
    texts: tuple[str, ...]
    """What must not be found in training data, each searched for by itself."""
    names: tuple[str, ...]
    """Texts that stand for the whole item: where one is too short for an n-gram, it is compared as a whole."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Every n-gram of every item, sorted, with the first item it is from. 12 bytes an n-gram, and a bit table."""

    n: int
    labels: tuple[str, ...]
    ngrams: Hashes
    """Sorted and unique."""
    item: npt.NDArray[np.int32]
    """For each of `ngrams`, the index of a label."""
    maybe: npt.NDArray[np.bool_]
    """By the top bits of a hash: whether `ngrams` can hold it. Saves nearly every search."""
    short: Mapping[str, int]
    """Digest of each normalised text of fewer than `n` words, and its item."""

    def find(self, hashes: Hashes) -> npt.NDArray[np.int32]:
        """The item that each hash is from, or -1."""
        found = np.full(len(hashes), -1, dtype=np.int32)
        likely = np.flatnonzero(self.maybe[_slot(hashes, len(self.maybe))])
        if len(likely):
            at = np.searchsorted(self.ngrams, hashes[likely])
            at[at == len(self.ngrams)] = 0
            same = self.ngrams[at] == hashes[likely]
            found[likely[same]] = self.item[at[same]]
        return found

    def find_short(self, text: str) -> int | None:
        """The item whose short text this is, case, punctuation and white space aside."""
        if not self.short:
            return None
        tokens = plain_words(text)
        return self.short.get(_short_key(tokens)) if 0 < len(tokens) < self.n else None

    @property
    def size(self) -> Mapping[str, Any]:
        """Counts for evidence."""
        return {"items": len(self.labels), "ngrams": len(self.ngrams), "short_texts": len(self.short)}


def benchmark(items: Iterable[Item], n: int) -> Benchmark:
    """The index of an evaluation set for word n-grams."""
    labels: list[str] = []
    short: dict[str, int] = {}
    parts: list[Hashes] = [np.empty(0, dtype=np.uint64)]
    sizes: list[int] = [0]
    for number, item in enumerate(items):
        labels.append(item.label)
        grams = [ngram_hashes(plain_words(text), n) for text in item.texts]
        parts += grams
        sizes.append(sum(map(len, grams)))
        for tokens in map(plain_words, item.names):
            if 0 < len(tokens) < n:
                short.setdefault(_short_key(tokens), number)
    ngrams, first = np.unique(np.concatenate(parts), return_index=True)
    owners = np.repeat(np.arange(-1, len(labels), dtype=np.int32), sizes)
    slots = 1 << max(10, (16 * len(ngrams)).bit_length())
    maybe = np.zeros(slots, dtype=np.bool_)
    maybe[_slot(ngrams, slots)] = True
    return Benchmark(n, tuple(labels), ngrams, owners[first], maybe, short)


def _slot(hashes: Hashes, slots: int) -> npt.NDArray[np.intp]:
    return (hashes >> np.uint64(65 - slots.bit_length())).astype(np.intp)


def _short_key(tokens: list[str]) -> str:
    return digest(*tokens)
