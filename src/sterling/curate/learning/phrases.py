"""Phrases that one kind of texts has more often than another: chosen on one half of them, counted on the other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text import Hashes, plain_word_stretch, window_hashes
from sterling.text.linear import gram_sets
from sterling.text.lookup import positions

_LONGEST = 3
"""Words in a phrase."""
_CHOSEN = 15
"""Phrases of each side that are put to the test."""
_LOOKED_AT = 300
"""N-grams of each side among which these are."""
_LEAST = 5
"""Texts of the first half that have a phrase, at least."""
_NEARLY = 0.8
"""Share of the texts with a phrase that must have a longer one for the longer to stand for both."""
_LEVEL = 0.05

Flags = npt.NDArray[np.bool_]


class Phrase(NamedTuple):
    """A phrase, with what the second half says of it."""

    words: str
    ours: int
    """Texts that have it, of the kind that has it more often in the first half."""
    theirs: int
    p: float
    """Fisher's exact test, one-sided, by Holm for all phrases of both sides."""


class Phrases(NamedTuple):
    """What tells two kinds apart, on texts that the phrases were not chosen on."""

    positive: list[Phrase]
    """Those of the positive kind, the most certain first."""
    negative: list[Phrase]
    positives: int
    """Texts of the second half."""
    negatives: int
    tested: int


def telling_phrases(texts: Sequence[str], words: Sequence[Hashes], positive: Flags, families: Hashes) -> Phrases:
    """Word 1-3-grams of either kind. Of texts of one family and kind the first counts, so that texts are independent.

    On one half of the families, up to 15 n-grams a side are chosen by how many times more texts of one kind have them:
    by the lower bound of that ratio. Of those that contain each other one is. The other half decides: what holds at
    5 % there, after correction for all that were chosen, is told.
    """
    first, second = (_one_each(positive, families, half) for half in (0, 1))
    chosen = [_chosen(texts, words, first[side], first[~side]) for side in _sides(positive, first)]
    ours, theirs = (_Counts.of([words[row] for row in second[side]]) for side in _sides(positive, second))
    tests = [_tested(chosen[0], ours, theirs), _tested(chosen[1], theirs, ours)]
    adjusted = iter(_holm([phrase.p for side in tests for phrase in side]))
    told = [[one._replace(p=p) for one in side if (p := next(adjusted)) <= _LEVEL] for side in tests]
    for side in told:
        side.sort(key=lambda one: (one.p, -one.ours, one.words))
    return Phrases(told[0], told[1], ours.texts, theirs.texts, sum(map(len, tests)))


class _Counts(NamedTuple):
    """In how many texts each n-gram is."""

    grams: Hashes
    """Sorted."""
    counts: npt.NDArray[np.int64]
    texts: int

    @classmethod
    def of(cls, words: Sequence[Hashes]) -> "_Counts":
        every, counts = np.unique(np.concatenate([_NONE, *gram_sets(words, _LONGEST)]), return_counts=True)
        return cls(every, counts.astype(np.int64), len(words))

    def of_grams(self, sought: Hashes) -> npt.NDArray[np.int64]:
        at = positions(self.grams, sought)
        found = np.zeros(len(sought), np.int64)
        found[at >= 0] = self.counts[at[at >= 0]]
        return found


def _sides(positive: Flags, rows: npt.NDArray[np.int64]) -> tuple[Flags, Flags]:
    return positive[rows], ~positive[rows]


def _one_each(positive: Flags, families: Hashes, half: int) -> npt.NDArray[np.int64]:
    """Rows of one half of the families: of each family the first of either kind."""
    label = families * np.uint64(2) + positive.astype(np.uint64)
    _, first = np.unique(label, return_index=True)
    rows = np.sort(first)
    mine: npt.NDArray[np.int64] = rows[(families[rows] >> np.uint64(40)) % np.uint64(2) == half]
    return mine


def _chosen(
    texts: Sequence[str], words: Sequence[Hashes], ours: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64]
) -> "list[_Found]":
    """Phrases that our texts have more often, with their hashes."""
    here, there = _Counts.of([words[row] for row in ours]), _Counts.of([words[row] for row in theirs])
    common = there.of_grams(here.grams)
    lead = _lead(here.counts, common, here.texts, there.texts)
    lead[here.counts + common < _LEAST] = 0
    best = np.argsort(-lead, kind="stable")[:_LOOKED_AT]
    best = best[lead[best] > 0]
    said = _wording(here.grams[best], [(texts[row], words[row]) for row in ours])
    return _distinct([_Found(said[int(here.grams[at])], here.grams[at], int(here.counts[at])) for at in best])


class _Found(NamedTuple):
    phrase: str
    gram: np.uint64
    texts: int

    def within(self, other: "_Found") -> bool:
        return f" {self.phrase} " in f" {other.phrase} "


def _lead(here: npt.NDArray[np.int64], there: npt.NDArray[np.int64], ours: int, theirs: int) -> npt.NDArray[np.float64]:
    """The lower 97.5 % bound of the log ratio of two shares, half a text added to each (Katz et al., 1978)."""
    one, other = here + 0.5, there + 0.5
    ratio = np.log(one / (ours + 0.5)) - np.log(other / (theirs + 0.5))
    found: npt.NDArray[np.float64] = ratio - 1.96 * np.sqrt(1 / one - 1 / (ours + 0.5) + 1 / other - 1 / (theirs + 0.5))
    return found


def _wording(grams: Hashes, texts: Sequence[tuple[str, Hashes]]) -> dict[int, str]:
    """The words of each n-gram, from the first text that has it."""
    said: dict[int, str] = {}
    wanted = np.sort(grams)
    for text, words in texts:
        if len(said) == len(grams):
            break
        for n in range(1, _LONGEST + 1):
            found = window_hashes(words, n)
            for at in np.flatnonzero(np.isin(found, wanted)).tolist():
                if int(found[at]) not in said:
                    start, stop = plain_word_stretch(text, at, at + n - 1)
                    said[int(found[at])] = " ".join(text.lower()[start:stop].split())
    return said


def _distinct(ranked: Sequence[_Found]) -> list[_Found]:
    """The first of them. Of those that contain each other one: the longer, if nearly as many texts have it."""
    chosen: list[_Found] = []
    for one in ranked:
        near = [at for at, other in enumerate(chosen) if one.within(other) or other.within(one)]
        if not near and len(chosen) < _CHOSEN:
            chosen.append(one)
        elif len(near) == 1 and chosen[near[0]].within(one) and one.texts >= _NEARLY * chosen[near[0]].texts:
            chosen[near[0]] = one
    return chosen


def _tested(chosen: Sequence[_Found], ours: _Counts, theirs: _Counts) -> list[Phrase]:
    grams = np.array([one.gram for one in chosen], np.uint64)
    rows = zip(chosen, ours.of_grams(grams).tolist(), theirs.of_grams(grams).tolist(), strict=True)
    return [Phrase(one.phrase, here, there, fisher(here, there, ours.texts, theirs.texts)) for one, here, there in rows]


def fisher(here: int, there: int, ours: int, theirs: int) -> float:
    """P(at least `here` of `here + there` fall among `ours` of `ours + theirs`), and no less than 1e-300."""
    drawn, most = here + there, min(here + there, ours)
    factorials = np.append(0.0, np.cumsum(np.log(np.arange(1, ours + theirs + 1))))
    k = np.arange(here, most + 1)
    ways = factorials[ours] - factorials[k] - factorials[ours - k]
    ways += factorials[theirs] - factorials[drawn - k] - factorials[theirs - drawn + k]
    every = factorials[ours + theirs] - factorials[drawn] - factorials[ours + theirs - drawn]
    return float(np.clip(np.exp(ways - every).sum(), 1e-300, 1))


def _holm(chances: Sequence[float]) -> list[float]:
    """Adjusted by Holm (Scandinavian Journal of Statistics 6, 1979), in the order given."""
    adjusted, least = [0.0] * len(chances), 0.0
    for rank, at in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        least = max(least, min(1.0, (len(chances) - rank) * chances[at]))
        adjusted[at] = least
    return adjusted


_NONE = np.empty(0, np.uint64)
