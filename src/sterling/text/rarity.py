"""How rare the words of a text are, within a collection that is seen once and never held."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.ngrams import FACTOR, Hashes, mixed, token_hashes
from sterling.text.tokens import words

RAREST = 0.25
"""The share of texts that is called the tail where nothing better is known."""
_BUCKETS = 1 << 20
"""Types share a bucket with others beyond some hundred thousand; that makes rare ones look a little more common."""


class DocumentFrequencies:
    """In how many texts each word type occurs, counted in hashed buckets: 4 MiB, whatever is counted."""

    def __init__(self) -> None:
        self.texts = 0
        self._counts = np.zeros(_BUCKETS, dtype=np.int32)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "DocumentFrequencies":
        """Of some texts."""
        found = cls()
        found.add(texts)
        return found

    def add(self, texts: Iterable[str]) -> None:
        """Count some texts."""
        for text in texts:
            self._counts[_types(text)] += 1
            self.texts += 1

    def rarity(self, text: str) -> float:
        """Mean of -log2(share of texts that have it) over the word types of a text, in bits; 0 without words."""
        types = _types(text)
        if not len(types) or not self.texts:
            return 0.0
        return float(-np.log2(np.maximum(self._counts[types], 1) / self.texts).mean())


def rarest_quarter(texts: Sequence[str], among: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Which of some texts have the rarest words among others: a quarter of them, and those that tie with its border.

    `among`: the texts that words are counted in; the same ones, or the real training text that test documents are held
    against.
    """
    frequencies = DocumentFrequencies.of(among)
    rarity = np.array([frequencies.rarity(text) for text in texts])
    return rarity >= np.quantile(rarity, 1 - RAREST) if len(rarity) else np.zeros(0, np.bool_)


def _types(text: str) -> npt.NDArray[np.int64]:
    return np.unique(token_hashes(words(text)) % np.uint64(_BUCKETS)).astype(np.int64)


class Held(NamedTuple):
    """Which types each of some texts holds, each type once a text; ordered by text, then by bucket."""

    texts: npt.NDArray[np.int64]
    """Index of the text."""
    buckets: npt.NDArray[np.int64]
    """Where the type is counted: the low bits of its hash."""
    times: npt.NDArray[np.int64]
    """How often it occurs in the text."""


def held(types: Hashes, owners: npt.NDArray[np.int64], bits: int) -> Held:
    """Occurrences of types, each with the index of its text, as what the texts hold.

    One sort of (text, bucket) as one number: faster than asking for the types of each text.
    """
    both = owners.astype(np.uint64) << np.uint64(bits) | types & np.uint64((1 << bits) - 1)
    both.sort()
    begins = np.flatnonzero(np.append(True, both[1:] != both[:-1])[: len(both)])
    found = both[begins].astype(np.int64)
    return Held(found >> bits, found & (1 << bits) - 1, np.diff(np.append(begins, len(both))))


def held_words(hashes: Sequence[Hashes], bits: int) -> Held:
    """The word types of texts, given the hashes of their words (`kernels().word_hashes`)."""
    return held(*_flat(hashes), bits)


def held_pairs(hashes: Sequence[Hashes], bits: int, thin: int) -> Held:
    """The types of two neighbouring words, one in 2^`thin` of them: which ones depends on the pair alone."""
    flat, owners = _flat(hashes)
    pairs = mixed(flat[:-1] * np.uint64(FACTOR) + flat[1:] + np.uint64(2))
    mine = owners[1:] == owners[:-1]
    if thin:
        mine &= pairs >> np.uint64(64 - 16) & np.uint64((1 << thin) - 1) == 0
    return held(pairs[mine], owners[1:][mine], bits)


class Seen:
    """In how many texts each type occurs, counted in 2^`bits` hashed buckets, whatever is counted.

    Two types may share a bucket. Then both look more common than they are, so that a type which counts as rare is rare,
    and some rare types are missed: with as many types as buckets about 63 %, with a quarter as many 22 %.
    """

    def __init__(self, bits: int, kind: Any = np.int32) -> None:
        self.counts = np.zeros(1 << bits, kind)
        """At most the largest number of their kind."""

    def add(self, buckets: npt.NDArray[np.int64], times: npt.NDArray[np.int64]) -> None:
        """Count in distinct buckets."""
        most = np.iinfo(self.counts.dtype).max
        self.counts[buckets] = np.minimum(self.counts[buckets] + times, most)


def mean_bits(of: Held, seen: Seen, whole: int, texts: int) -> npt.NDArray[np.float64]:
    """For each of so many texts the mean of -log2(share of the whole that has it) over its types; 0 without types."""
    bits = np.log2(whole) - np.log2(np.maximum(seen.counts[of.buckets], 1))
    return _mean(of, bits, texts)


def share_alone(of: Held, seen: Seen, texts: int) -> npt.NDArray[np.float64]:
    """For each of so many texts the share of its types that no other text holds; 0 without types."""
    return _mean(of, (seen.counts[of.buckets] == 1).astype(np.float64), texts)


def _mean(of: Held, values: npt.NDArray[np.float64], texts: int) -> npt.NDArray[np.float64]:
    sums = np.bincount(of.texts, values, texts)
    return np.asarray(sums / np.maximum(np.bincount(of.texts, minlength=texts), 1))


def _flat(hashes: Sequence[Hashes]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """All hashes, and the index of the text that each is of."""
    owners = np.repeat(np.arange(len(hashes)), [len(one) for one in hashes]).astype(np.int64)
    return np.concatenate([np.empty(0, np.uint64), *hashes]), owners
