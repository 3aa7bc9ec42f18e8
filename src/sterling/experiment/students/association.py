"""Which words of an answer go with which words of its question: the smallest model of answers given prompts."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text import Hashes, token_hashes, words
from sterling.text.lookup import positions

Numbers = npt.NDArray[np.int64]
_TYPES = 128
"""Words of a text that are looked at: those with the lowest hashes, so of two texts the same ones."""
_PRIOR = 2.0
"""How many questions the share of an answer's word in all answers counts as."""
_BLOCK = 1_000
"""Pairs of texts that are counted at a time."""
_TEXTS = 1 << 16
"""Whose bags are remembered, 1 kB each at most: a text trains many arms with many seeds."""


class Bags(NamedTuple):
    """The distinct words of a question and of its answer, as sorted hashes."""

    asked: Hashes
    answered: Hashes


@lru_cache(maxsize=_TEXTS)
def bag(text: str) -> Hashes:
    """The distinct lower-cased words of a text, at most 128 of them: those with the lowest hashes.

    Remembered, and therefore not to be written to.
    """
    found = np.unique(token_hashes(words(text)))[:_TYPES].copy()
    found.flags.writeable = False
    return found


class _Pairs(NamedTuple):
    """Pairs of words as sorted numbers, and in how many pairs of texts each is."""

    keys: Numbers
    counts: Numbers

    def add(self, more: Numbers) -> "_Pairs":
        """With some more pairs, each as often as it occurs."""
        new, times = np.unique(more, return_counts=True)
        keys, at = np.unique(np.concatenate([self.keys, new]), return_inverse=True)
        counts = np.bincount(at, np.concatenate([self.counts, times]), len(keys))
        return _Pairs(keys, counts.astype(np.int64))

    def look(self, keys: Numbers) -> Numbers:
        """How often each was counted; fastest if they ascend."""
        at = positions(self.keys, keys)
        found = np.zeros(keys.shape, np.int64)
        found[at >= 0] = self.counts[at[at >= 0]]
        return found


_NONE = np.empty(0, np.int64)


class Association(NamedTuple):
    """In how many pairs of texts words and pairs of words are.

    P(w | prompt), the chance that an answer holds w, is the mean over the prompt's words u of
    (n(u, w) + 2 P(w)) / (n(u) + 2), where n counts training pairs with u in the question and w in the answer, and P(w)
    is the share of answers with w: one pass of the word translation model of Brown et al. (Computational Linguistics
    19(2), 1993, model 1) with a prior. It knows no order and no meaning of words.
    """

    known: Bags
    """Words are numbered by their place in these."""
    pairs: _Pairs
    asked: Numbers
    answered: Numbers
    size: int
    """Pairs of texts that it was trained on."""

    @classmethod
    def trained(cls, training: Iterable[Bags], known: Bags) -> "Association":
        """Words that no item has (`known`) are not counted, so memory does not grow with the training set."""
        pairs, size = _Pairs(_NONE, _NONE), 0
        asked, answered = (np.zeros(len(words), np.int64) for words in known)
        stream = iter(training)
        while block := list(islice(stream, _BLOCK)):
            inside = [(_places(one.asked, known.asked), _places(one.answered, known.answered)) for one in block]
            pairs = pairs.add(np.concatenate([_crossed(*one, known).ravel() for one in inside]))
            asked += np.bincount(np.concatenate([one for one, _ in inside]), minlength=len(asked))
            answered += np.bincount(np.concatenate([one for _, one in inside]), minlength=len(answered))
            size += len(block)
        return cls(known, pairs, asked, answered, size)

    def information(self, asked: Hashes, answers: Sequence[Hashes]) -> npt.NDArray[np.float64]:
        """Bits a word that the question tells of each answer: the mean of log2 P(w | prompt) / P(w).

        Not the likelihood itself, by which an answer of common words would win whatever was asked. 0 where either has
        no words. Of words of `known`: others are left out.
        """
        question, every = _places(asked, self.known.asked), _places(all_of(answers), self.known.answered)
        if not len(question) or not len(every):
            return np.zeros(len(answers))
        share = (self.answered[every] + 0.5) / (self.size + 1)
        together = self.pairs.look(_crossed(question, every, self.known))
        chance = (together + _PRIOR * share) / (self.asked[question][:, None] + _PRIOR)
        bits = np.log2(chance.mean(axis=0) / share)
        told = (bits[np.searchsorted(every, _places(one, self.known.answered))] for one in answers)
        return np.array([one.mean() if len(one) else 0.0 for one in told], np.float64)


def all_of(bags: Sequence[Hashes]) -> Hashes:
    """Every word of some texts, sorted."""
    return np.unique(np.concatenate([np.empty(0, np.uint64), *bags]))


def _places(some: Hashes, known: Hashes) -> Numbers:
    """Where sorted words stand among sorted known ones; those that are not there are left out."""
    at = positions(known, some)
    return at[at >= 0]


def _crossed(asked: Numbers, answered: Numbers, known: Bags) -> Numbers:
    """A number for each pair of words, ascending: words of the question x words of the answer."""
    return asked[:, None] * len(known.answered) + answered
