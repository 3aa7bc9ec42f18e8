"""The loop on real text: a trigram model writes a corpus, the next one is trained on what the policy makes of it.

No smoothing: a word is followed by what followed the same two words before, as often as it did. So nothing is written
that was not read, counts of rare words behave as the branching process says (`collapse.branching`), and a generation of
100,000 tokens takes a fraction of a second. A neural model smooths, so this is the optimistic end for new types and the
honest one for lost ones.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.collapse.branching import Part, Policy

Tokens = npt.NDArray[np.int64]
"""Token numbers from 0, in the order of the text."""
_CHAINS = 256
"""Stretches of a corpus that are written side by side."""
_STRETCH = 200
"""Tokens that are drawn together, as a document would be."""


class Weighed(NamedTuple):
    """A piece of a training set."""

    tokens: Tokens
    weight: float


class Trigrams:
    """Every two tokens in a row, and what came after them. The end of a piece is followed by its beginning."""

    def __init__(self, pieces: Sequence[Weighed]) -> None:
        used = [piece for piece in pieces if len(piece.tokens) and piece.weight > 0]
        self._width = 1 + max(int(piece.tokens.max()) for piece in used)
        keys = np.concatenate([self._keys(p.tokens, np.roll(p.tokens, -1)) for p in used])
        order = np.argsort(keys, kind="stable")
        self._next = np.concatenate([np.roll(p.tokens, -2) for p in used])[order]
        weights = np.concatenate([np.full(len(p.tokens), p.weight) for p in used])[order]
        self._reached = np.concatenate([[0.0], np.cumsum(weights)])
        self._contexts, self._starts = np.unique(keys[order], return_index=True)
        self._ends = np.append(self._starts[1:], len(order))

    def write(self, size: int, chance: np.random.Generator) -> Tokens:
        """A corpus of so many tokens."""
        chains = min(_CHAINS, size)
        steps = -(-size // chains)
        begun = self._contexts[self._home(self._place(np.zeros(chains), np.ones(chains), chance))]
        one, other = np.divmod(begun, self._width)
        written = np.empty((chains, steps), np.int64)
        for step in range(steps):
            at = np.searchsorted(self._contexts, self._keys(one, other))
            low, high = (self._reached[ends[at]] for ends in (self._starts, self._ends))
            chosen = self._next[self._place(low / self._reached[-1], high / self._reached[-1], chance)]
            written[:, step] = one
            one, other = other, chosen
        return written.ravel()[:size]

    def _place(
        self, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], chance: np.random.Generator
    ) -> Tokens:
        """Occurrences by weight, each between two shares of all weight."""
        wanted = (low + (high - low) * chance.random(len(low))) * self._reached[-1]
        places = np.searchsorted(self._reached, wanted, side="right") - 1
        return np.asarray(np.clip(places, 0, len(self._next) - 1), np.int64)

    def _home(self, places: Tokens) -> Tokens:
        """The contexts of occurrences."""
        return np.searchsorted(self._starts, places, side="right") - 1

    def _keys(self, one: Tokens, other: Tokens) -> Tokens:
        return one * self._width + other


class Turn(NamedTuple):
    """One generation of a loop."""

    fed: Sequence[Weighed]
    """What its model was trained on: real text first."""
    output: Tokens
    """What it wrote: as many tokens as the anchor has."""


def outputs(
    policy: Policy, anchor: Tokens, generations: int, seed: int, documents: Sequence[int] | None = None
) -> Iterator[Tokens]:
    """What each generation of `turns` writes."""
    return (turn.output for turn in turns(policy, anchor, generations, seed, documents))


def turns(
    policy: Policy, anchor: Tokens, generations: int, seed: int, documents: Sequence[int] | None = None
) -> Iterator[Turn]:
    """Every generation in order.

    `documents`: how many tokens each document of the anchor has, in order. Real text is then drawn by documents;
    unsaid, and always of what was written, by stretches of 200 tokens.
    """
    chance = np.random.default_rng(seed)
    written: list[Tokens] = []
    fixed = chance.integers(1 << 32, size=generations + 1).tolist()
    whole = _cut(anchor, documents)
    for generation in range(1, generations + 1):
        real, parts = policy.of(generation)
        draws = chance.integers(1 << 32, size=generation).tolist()
        fed = [_drawn(whole, real, fixed[0] if real.how == "frozen" else draws[0])]
        for earlier, part in parts.items():
            at = fixed[earlier] if part.how == "frozen" else draws[earlier]
            fed.append(_drawn(_cut(written[earlier - 1]), part, at))
        text = Trigrams(fed).write(round(max(1.0, policy.size) * len(anchor)), chance)
        written.append(text[: round(policy.size * len(anchor))])
        yield Turn(fed, text[: len(anchor)])


def _cut(tokens: Tokens, lengths: Sequence[int] | None = None) -> list[Tokens]:
    """The stretches that are drawn together."""
    if lengths is None:
        return np.array_split(tokens, max(1, len(tokens) // _STRETCH))
    return np.split(tokens, np.cumsum(lengths)[:-1])


def _drawn(stretches: Sequence[Tokens], part: Part, seed: int) -> Weighed:
    """The part of a corpus that enters: stretches of it in full, up to its share of the tokens, or the whole at a
    weight."""
    if part.how == "weighted" or part.share == 1:
        return Weighed(np.concatenate(stretches), part.share if part.how == "weighted" else part.weight)
    order = np.random.default_rng(seed).permutation(len(stretches))
    size = round(part.share * sum(map(len, stretches)))
    return Weighed(np.concatenate([stretches[at] for at in order])[:size], part.weight)
