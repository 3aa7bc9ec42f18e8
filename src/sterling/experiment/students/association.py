"""Which words of an answer go with which words of its question: the smallest model of answers given prompts."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text import Hashes, mixed, token_hashes, words
from sterling.text.ngrams import FACTOR

_TYPES = 128
"""Words of a text that are looked at: those with the lowest hashes, so of two texts the same ones."""
_PRIOR = 2.0
"""How many questions the share of an answer's word in all answers counts as."""
_BLOCK = 1_000
"""Pairs of texts that are counted at a time."""


class Bags(NamedTuple):
    """The distinct words of a question and of its answer, as sorted hashes."""

    asked: Hashes
    answered: Hashes


def bag(text: str) -> Hashes:
    """The distinct lower-cased words of a text, at most 128 of them: those with the lowest hashes."""
    return np.unique(token_hashes(words(text)))[:_TYPES]


class _Table(NamedTuple):
    """Sorted keys and how often each was counted."""

    keys: Hashes
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, parts: Iterable["_Table"]) -> "_Table":
        """The sum of several."""
        total = cls(np.empty(0, np.uint64), np.empty(0, np.int64))
        for part in parts:
            keys, at = np.unique(np.concatenate([total.keys, part.keys]), return_inverse=True)
            weights = np.concatenate([total.counts, part.counts])
            total = cls(keys, np.bincount(at, weights, len(keys)).astype(np.int64))
        return total

    def look(self, keys: Hashes) -> npt.NDArray[np.int64]:
        """How often each was counted."""
        if not len(self.keys):
            return np.zeros(keys.shape, np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.counts[at], 0)


class Association(NamedTuple):
    """In how many pairs of texts words and pairs of words are.

    P(w | prompt), the chance that an answer holds w, is the mean over the prompt's words u of
    (n(u, w) + 2 P(w)) / (n(u) + 2), where n counts training pairs with u in the question and w in the answer, and P(w)
    is the share of answers with w: one pass of the word translation model of Brown et al. (Computational Linguistics
    19(2), 1993, model 1) with a prior. It knows no order and no meaning of words.
    """

    pairs: _Table
    asked: _Table
    answered: _Table
    size: int
    """Pairs of texts that it was trained on."""

    @classmethod
    def trained(cls, training: Iterable[Bags], known: Bags) -> "Association":
        """Words that no item has (`known`) are not counted, so memory does not grow with the training set."""
        pairs, asked, answered, size = [], [], [], 0
        stream = iter(training)
        while block := list(islice(stream, _BLOCK)):
            inside = [Bags(_within(one.asked, known.asked), _within(one.answered, known.answered)) for one in block]
            pairs.append(_counted(_crossed(one).ravel() for one in inside))
            asked.append(_counted(one.asked for one in inside))
            answered.append(_counted(one.answered for one in inside))
            size += len(block)
            pairs, asked, answered = [_Table.of(pairs)], [_Table.of(asked)], [_Table.of(answered)]
        return cls(_Table.of(pairs), _Table.of(asked), _Table.of(answered), size)

    def information(self, asked: Hashes, answered: Hashes) -> float:
        """Bits a word that the question tells of this answer: the mean of log2 P(w | prompt) / P(w).

        Not the likelihood itself, by which an answer of common words would win whatever was asked. 0 where either has
        no words.
        """
        if not len(asked) or not len(answered):
            return 0.0
        share = (self.answered.look(answered) + 0.5) / (self.size + 1)
        together = self.pairs.look(_crossed(Bags(asked, answered)))
        chance = (together + _PRIOR * share) / (self.asked.look(asked)[:, None] + _PRIOR)
        return float(np.log2(chance.mean(axis=0) / share).mean())


def all_of(bags: Sequence[Hashes]) -> Hashes:
    """Every word of some texts, sorted."""
    return np.unique(np.concatenate([np.empty(0, np.uint64), *bags]))


def _within(some: Hashes, known: Hashes) -> Hashes:
    return some[np.isin(some, known, assume_unique=True)]


def _crossed(one: Bags) -> Hashes:
    """A hash for each pair of words: words of the question x words of the answer."""
    crossed: Hashes = mixed(one.asked.copy())[:, None] * np.uint64(FACTOR) + one.answered
    return crossed


def _counted(parts: Iterator[Hashes]) -> _Table:
    return _Table(*np.unique(np.concatenate(list(chain([np.empty(0, np.uint64)], parts))), return_counts=True))
