"""What the students of an experiment are trained on.

Adding synthetic data changes two things at once: what is read, and how much. So there are four ways to feed a student:
real data alone; real and synthetic in as many tokens as that; real with synthetic on top; and real, repeated up to as
many tokens as the last one has. What is added is held against real data alone, which is the choice that people have,
and against repeated data as well: a model of counts is harmed by reading a text twice, one that takes steps may gain
from more of them, and only what beats both is the synthetic text's own doing. Everything that is left out or let in for
a trial (a strategy, a check, all checks) is compared with what is added.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from typing import Generic, Literal, NamedTuple, TypeVar

import numpy as np

Item = TypeVar("Item")
Feed = Literal["real", "matched", "added", "repeated"]
"""How real and synthetic documents come together."""
FEEDS: tuple[Feed, ...] = ("real", "matched", "added", "repeated")
Pool = Literal["kept", "without_strategy", "without_earlier", "without_check", "unfiltered"]
"""Which documents are there to be fed. `kept`: what stands after all checks."""


class Arm(NamedTuple):
    """A training set of an experiment."""

    feed: Feed
    controls: tuple[str, ...] = ()
    """Names of the arms that it is compared with, the one that decides first; none for one that stands for itself."""
    pool: Pool = "kept"
    subject: str = ""
    """The strategy or the check that is left out."""

    @property
    def name(self) -> str:
        """`added`, `without_check_math`, `unfiltered`."""
        if self.pool == "kept":
            return self.feed
        return f"{self.pool}_{self.subject}" if self.subject else self.pool


ADDED = Arm("added", ("real", "repeated"))
"""What a mix does: all real data, and synthetic data on top."""


def arms(
    strategies: Sequence[str], checks: Sequence[str], *, unfiltered: bool = True, earlier: bool = False
) -> tuple[Arm, ...]:
    """All arms of an experiment. A single strategy is not left out: nothing synthetic would remain.

    `checks` are those that dropped something, else leaving them out changes nothing; `unfiltered` whether any did;
    `earlier` whether there is synthetic data of earlier generations beside this one's.
    """
    left = strategies if len(strategies) > 1 else ()
    return (
        Arm("real"),
        Arm("repeated", ("real",)),
        Arm("matched", ("real",)),
        ADDED,
        *(Arm("added", ("added",), "without_strategy", name) for name in left),
        *((Arm("added", ("added",), "without_earlier"),) if earlier else ()),
        *(Arm("added", ("added",), "without_check", name) for name in checks),
        *((Arm("added", ("added",), "unfiltered"),) if unfiltered else ()),
    )


class Corpus(NamedTuple, Generic[Item]):
    """Documents and how many tokens each has."""

    items: Sequence[Item]
    tokens: Sequence[int]

    def drawn(self, chance: np.random.Generator, share: float) -> "Corpus[Item]":
        """So many of its documents, in random order."""
        order = chance.permutation(len(self.items))[: round(share * len(self.items))].tolist()
        return Corpus([self.items[at] for at in order], [self.tokens[at] for at in order])

    def up_to(self, tokens: float) -> list[Item]:
        """Documents in order until there are so many tokens; all if there are fewer."""
        return list(_until(zip(self.items, self.tokens, strict=True), tokens))

    def repeated_to(self, tokens: float) -> list[Item]:
        """The same, from the beginning again where it ends."""
        return list(_until(cycle(zip(self.items, self.tokens, strict=True)), tokens)) if sum(self.tokens) else []


def on_top(real: Corpus[Item], synthetic: Corpus[Item], share: float) -> float:
    """Synthetic tokens that make `share` of all beside the whole of the real ones, or all where there are fewer."""
    return min(sum(real.tokens) * share / (1 - share), sum(synthetic.tokens))


def fed(
    feed: Feed, real: Corpus[Item], synthetic: Corpus[Item], share: float, most: float = float("inf")
) -> list[Item]:
    """The training set of an arm; `share` is the synthetic part of the tokens in the mixed ones. Ends on real data.

    `most`: synthetic tokens at most, so that an arm with more to choose from gets no more than its control. Documents
    are never cut, so a set has up to one document more than it is named for.
    """
    size = sum(real.tokens)
    more = min(on_top(real, synthetic, share), most)
    match feed:
        case "real":
            return list(real.items)
        case "matched":
            part = min(size * share, more)
            return [*synthetic.up_to(part), *real.up_to(size - part)]
        case "added":
            return [*synthetic.up_to(more), *real.items]
        case "repeated":
            return real.repeated_to(size + more)


def _until(documents: Iterable[tuple[Item, int]], tokens: float) -> Iterator[Item]:
    reached = 0
    for item, size in documents:
        if reached >= tokens:
            return
        reached += size
        yield item
