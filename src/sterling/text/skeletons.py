"""Skeletons: what texts of one template share, word for word and in order, whatever stands in the slots.

They are learnt from a sample, of which every text is compared with every other, and then found again anywhere. Nothing
needs to know beforehand which words are slots: what the members of a group have in common is the skeleton, and what
differs are the slots, be they a number, a name, or half a sentence.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.lcs import lcs_length
from sterling.text.ngrams import FACTOR, Hashes, mixed, token_hashes
from sterling.text.rarity import held_words
from sterling.text.tokens import plain_words

MOST_WORDS = 500
"""Of a text that are compared: its beginning."""
LEAST_IN_SAMPLE = 3
"""Texts of one template that a sample must hold for it to be learnt."""
_DIMENSIONS = 4096
_WORD_BITS = 22
_BLOCK = 512
_ALIGNED = 30
"""Members of a group that say which words of its first one are no slots."""
_AGREE = 0.6
"""Share of them that must have a word in its place."""
_COVER = 0.8
"""Share of a skeleton's words that a text must have to be of its template."""


class Skeleton(NamedTuple):
    """What the texts of one template share."""

    text: str
    """Its words, with `_` for each slot."""
    words: tuple[int, ...]
    """Their hashes, in order."""


class Fit(NamedTuple):
    """The skeleton that explains a text best."""

    skeleton: int
    """Its index; -1 where none does."""
    shared: float
    """Share of the text's words that are the skeleton's, in order."""


NO_FIT = Fit(-1, 0.0)


def learnt(texts: Sequence[str], share: float, least: int) -> list[Skeleton]:
    """Skeletons of a sample, each shared by at least 3 of its texts; in the order of their first texts.

    Each text that belongs to no group yet leads one: every other such text with a longest common subsequence of at
    least `share` of the words of either joins it. `least`: words that a text must have. Work grows with the square of
    the sample: 4,000 texts of 100 words take some seconds and 65 MB.
    """
    said = [plain_words(text)[:MOST_WORDS] for text in texts]
    said = [words for words in said if len(words) >= least]
    hashes = [token_hashes(words) for words in said]
    found = []
    for group in _groups(hashes, share):
        places = _agreed([hashes[member].tolist() for member in group])
        if len(places) >= share * len(said[group[0]]):
            found.append(_skeleton(said[group[0]], hashes[group[0]], places))
    return found


def _groups(hashes: Sequence[Hashes], share: float) -> Iterator[list[int]]:
    """Groups of at least three, the leader first."""
    lengths = np.array([len(words) for words in hashes])
    rows = _bags(hashes)
    merged = lengths - rows.sum(axis=1)
    free = np.ones(len(hashes), np.bool_)
    for start in range(0, len(hashes), _BLOCK):
        common = rows[start : start + _BLOCK] @ rows[start:].T
        for leader in range(start, min(start + _BLOCK, len(hashes))):
            if not free[leader]:
                continue
            needed = share * np.maximum(lengths[leader], lengths[start:]) - 1e-9
            near = common[leader - start] >= needed - np.minimum(merged[leader], merged[start:])
            others = np.flatnonzero(near & free[start:]) + start
            group = _alike(leader, others.tolist(), hashes, share)
            if len(group) >= LEAST_IN_SAMPLE:
                free[group] = False
                yield group


def _alike(leader: int, others: Sequence[int], hashes: Sequence[Hashes], share: float) -> list[int]:
    mine = hashes[leader].tolist()
    found = [leader]
    for other in others:
        theirs = hashes[other].tolist()
        if other != leader and lcs_length(mine, theirs) >= share * max(len(mine), len(theirs)) - 1e-9:
            found.append(other)
    return found


def _agreed(members: Sequence[list[int]]) -> list[int]:
    """Places in the first member whose words most of the others have there, too."""
    leader, *others = members[: _ALIGNED + 1]
    seen = np.zeros(len(leader), np.int64)
    for other in others:
        seen[common_places(leader, other)] += 1
    return np.flatnonzero(seen >= _AGREE * len(others)).tolist()


def _skeleton(words: Sequence[str], hashes: Hashes, places: Sequence[int]) -> Skeleton:
    shown: list[str] = []
    for at, before in zip([*places, len(words)], [-1, *places], strict=True):
        shown += ["_"] if at > before + 1 else []
        shown += words[at : at + 1]
    return Skeleton(" ".join(shown), tuple(hashes[list(places)].tolist()))


def common_places(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Places in `one` of a longest common subsequence of both, ascending: `lcs.lcs_length` of them.

    Walked back through the rows of `lcs_length`, where bit i of row j is 0 if the length grows at i.
    """
    places: dict[int, int] = {}
    for at, token in enumerate(one):
        places[token] = places.get(token, 0) | 1 << at
    row = (1 << len(one)) - 1
    rows = [row]
    for token in other:
        met = row & places.get(token, 0)
        row = (row + met) | (row - met)
        rows.append(row)
    at, line, found = len(one), len(other), []
    while at and line:
        if rows[line] >> (at - 1) & 1:
            at -= 1
            continue
        line -= 1
        if rows[line] >> (at - 1) & 1:
            at -= 1
            found.append(at)
    return found[::-1]


class Skeletons:
    """Skeletons that texts are held against."""

    def __init__(self, known: Sequence[Skeleton], share: float) -> None:
        self._words = [one.words for one in known]
        self._share = share
        self._lengths = np.array([len(words) for words in self._words])
        self._rows = _bags([np.array(words, np.uint64) for words in self._words])
        self._needed = self._rows.sum(axis=1) - (1 - _COVER) * self._lengths - 1e-3

    def fits(self, texts: Sequence[Hashes]) -> list[Fit]:
        """The best skeleton of each text (its plain words, hashed), the first of equally good ones.

        It has at least 80 % of the skeleton's words in order, and they are at least `share` of its own. Only texts of
        fitting length that have enough of a skeleton's words in any order are compared with it.
        """
        found = [NO_FIT] * len(texts)
        for start in range(0, len(texts) if self._words else 0, _BLOCK):
            cut = [words[:MOST_WORDS] for words in texts[start : start + _BLOCK]]
            lengths = np.array([len(words) for words in cut])[:, None]
            near = (self._share * lengths <= self._lengths) & (_COVER * self._lengths <= lengths)
            mine = np.flatnonzero(near.any(axis=1))
            near = near[mine] & (_bags([cut[at] for at in mine]) @ self._rows.T >= self._needed)
            for at, candidates in zip(mine.tolist(), near, strict=True):
                if candidates.any():
                    found[start + at] = self._best(cut[at].tolist(), np.flatnonzero(candidates).tolist())
        return found

    def _best(self, words: list[int], candidates: Sequence[int]) -> Fit:
        fits = [NO_FIT]
        for one in candidates:
            shared = lcs_length(self._words[one], words)
            if shared >= max(self._share * len(words), _COVER * len(self._words[one])) - 1e-9:
                fits.append(Fit(one, shared / len(words)))
        return max(fits, key=lambda fit: (fit.shared, -fit.skeleton))


def _bags(texts: Sequence[Hashes]) -> npt.NDArray[np.float32]:
    """For each text a row of zeros, and of ones for its multiset of words.

    A multiset is a set of words with the number of their earlier occurrences. Its members fall into 4,096 places.
    """
    held = held_words(texts, _WORD_BITS)
    owners = np.repeat(held.texts, held.times)
    earlier = np.arange(len(owners)) - np.repeat(np.cumsum(held.times) - held.times, held.times)
    words = np.repeat(held.buckets, held.times).astype(np.uint64)
    places = mixed(words + earlier.astype(np.uint64) * np.uint64(FACTOR)) % np.uint64(_DIMENSIONS)
    rows = np.zeros((len(texts), _DIMENSIONS), np.float32)
    rows[owners, places.astype(np.int64)] = 1
    return rows
