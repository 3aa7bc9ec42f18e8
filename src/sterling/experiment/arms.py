"""What the students of an experiment are trained on.

Adding synthetic data changes two things at once: what is read, and how much. So there are four arms: real data alone;
real and synthetic in as many tokens as that; real with synthetic on top; and real, repeated up to as many tokens as the
last one has. The second is compared with the first, the third with the fourth.
"""

from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import Literal, NamedTuple

import numpy as np

Arm = Literal["real", "matched", "added", "repeated"]
ARMS: tuple[Arm, ...] = ("real", "matched", "added", "repeated")


class Corpus(NamedTuple):
    """Documents and how many tokens each has."""

    texts: Sequence[str]
    tokens: Sequence[int]

    def drawn(self, chance: np.random.Generator, share: float) -> "Corpus":
        """So many of its documents, in random order."""
        order = chance.permutation(len(self.texts))[: round(share * len(self.texts))].tolist()
        return Corpus([self.texts[at] for at in order], [self.tokens[at] for at in order])

    def up_to(self, tokens: float) -> list[str]:
        """Documents in order until there are so many tokens; all if there are fewer."""
        return list(_until(zip(self.texts, self.tokens, strict=True), tokens))

    def repeated_to(self, tokens: float) -> list[str]:
        """The same, from the beginning again where it ends."""
        return list(_until(cycle(zip(self.texts, self.tokens, strict=True)), tokens)) if sum(self.tokens) else []


def fed(arm: Arm, real: Corpus, synthetic: Corpus, share: float) -> list[str]:
    """The training set of an arm; `share` is the synthetic part of the tokens in the mixed ones. Ends on real data."""
    size = sum(real.tokens)
    more = min(size * share / (1 - share), sum(synthetic.tokens))
    match arm:
        case "real":
            return list(real.texts)
        case "matched":
            part = min(size * share, more)
            return [*synthetic.up_to(part), *real.up_to(size - part)]
        case "added":
            return [*synthetic.up_to(more), *real.texts]
        case "repeated":
            return real.repeated_to(size + more)


def _until(documents: Iterable[tuple[str, int]], tokens: float) -> Iterable[str]:
    reached = 0
    for text, size in documents:
        if reached >= tokens:
            return
        reached += size
        yield text
