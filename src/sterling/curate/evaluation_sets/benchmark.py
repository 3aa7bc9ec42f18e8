"""What evaluation sets look like to the contamination check: hashes, and where each came from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.records import digest
from sterling.text import Hashes, plain_words, token_hashes, window_hashes
from sterling.text.kernels import Grams


class Item(NamedTuple):
    """One item of an evaluation set."""

    label: str
    """Where it is: `test.jsonl:12`, or `source:row` of a record in role test."""
    texts: tuple[str, ...]
    """What must not be found in training data, each searched for by itself."""
    names: tuple[str, ...]
    """Texts that stand for the whole item: where one is too short for an n-gram, it is compared as a whole."""
    benchmark: str
    """The file or anchor source that it is of; `label` begins with it."""


class Sought(NamedTuple):
    """The n-grams of every item for one n. 12 bytes an n-gram, and 2 to 4 for a filter."""

    grams: Grams
    item: npt.NDArray[np.int32]
    """For each n-gram, the index of the first item that has it."""

    @property
    def n(self) -> int:
        """Words in an n-gram."""
        return self.grams.n

    def find(self, hashes: Hashes) -> npt.NDArray[np.int32]:
        """The item that each hash of an n-gram is from, or -1."""
        at = self.grams.find(hashes)
        found = np.full(len(at), -1, np.int32)
        found[at >= 0] = self.item[at[at >= 0]]
        return found


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Every item of every evaluation set."""

    labels: tuple[str, ...]
    sought: tuple[Sought, ...]
    """For each n, the longest first."""
    short: Mapping[str, int]
    """Digest of each normalised text of fewer words than the longest n-gram, and its item."""
    sizes: Mapping[str, int]
    """How many items each file or anchor source has."""

    def find_short(self, text: str) -> int | None:
        """The item whose short text this is, case, punctuation and white space aside."""
        if not self.short:
            return None
        words = plain_words(text)
        return self.short.get(digest(*words)) if 0 < len(words) < self.longest else None

    @property
    def longest(self) -> int:
        """Words in the longest n-gram."""
        return self.sought[0].n


def benchmark(items: Iterable[Item], lengths: Sequence[int]) -> Benchmark:
    """The index of evaluation sets for word n-grams of these lengths."""
    labels: list[str] = []
    sizes: Counter[str] = Counter()
    short: dict[str, int] = {}
    texts: list[tuple[int, Hashes]] = []
    most = max(lengths)
    for number, item in enumerate(items):
        labels.append(item.label)
        sizes[item.benchmark] += 1
        texts += ((number, token_hashes(plain_words(text))) for text in item.texts)
        for words in map(plain_words, item.names):
            if 0 < len(words) < most:
                short.setdefault(digest(*words), number)
    sought = tuple(_sought(texts, n) for n in sorted({*lengths}, reverse=True))
    return Benchmark(tuple(labels), sought, short, dict(sizes))


Overlaps = tuple[npt.NDArray[np.int32], ...]
"""For each n of `Benchmark.sought`, the item that each n-gram of a text is from, or -1."""


def overlaps(known: Benchmark, texts: Sequence[Hashes]) -> list[Overlaps]:
    """Of each text, given by the hashes of its plain words. All are looked up at once."""
    found = [_found(one, [window_hashes(words, one.n) for words in texts]) for one in known.sought]
    return list(zip(*found, strict=True))


def _found(one: Sought, windows: Sequence[Hashes]) -> list[npt.NDArray[np.int32]]:
    items = one.find(np.concatenate([np.empty(0, np.uint64), *windows]))
    return np.split(items, np.cumsum([len(each) for each in windows]))[:-1]


def _sought(texts: Sequence[tuple[int, Hashes]], n: int) -> Sought:
    parts = [(number, window_hashes(words, n)) for number, words in texts]
    hashes = np.concatenate([np.empty(0, np.uint64), *(part for _, part in parts)])
    owners = np.repeat(np.array([number for number, _ in parts], np.int32), [len(part) for _, part in parts])
    grams, first = np.unique(hashes, return_index=True)
    return Sought(Grams.of(n, grams), owners[first])
