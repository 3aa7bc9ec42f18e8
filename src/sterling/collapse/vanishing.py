"""What is vanishing, by example: topics, records and rare bigrams of real text that a generation has no more.

All of it is told from equally much text on both sides: the generation, and other real text. What a sample of that size
misses by chance, other real text misses as well; so each number here is how often one side has what the other lacks.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.collapse.diversity import within_documents
from sterling.collapse.naming import head
from sterling.collapse.panel import Reference, Stretch
from sterling.stats import Evidence, Interval, clopper_pearson
from sterling.text import Hashes, pieces, plain_words, token_hashes, window_hashes
from sterling.text.embedding import Vectors
from sterling.text.lookup import positions

SHOWN = 100
"""Characters of a text that is shown."""
LEAST_DOCUMENTS = 30
"""Below so many a side nothing is said of topics."""
_TOPICS = 3
_RECORDS = 3
_BIGRAMS = 5
_WORDS = 4
_AROUND = 5
"""Tokens on each side of a bigram that is shown."""
_RARE = (2, 16)
"""Copies in the reference of a bigram that counts as rare: once may be a slip, above it is common."""


class Place(NamedTuple):
    """A text of the reference."""

    name: str
    """Where it stands; empty where nobody said."""
    text: str
    """Its beginning, on one line."""


class Topic(NamedTuple):
    """Texts of one kind."""

    words: tuple[str, ...]
    """That tell it from the others, the most telling first."""
    kept: Evidence
    """Documents of it, for each that other real text has."""
    gone: tuple[Place, ...]
    """Some of its records that have a neighbour in other real text and none in the generation."""


class Bigram(NamedTuple):
    """Two words in a row."""

    words: str
    copies: int
    """In real text: the reference, and as much other text as there is of the generation."""
    where: Place


class Vanishing(NamedTuple):
    """What one generation lost."""

    topics: tuple[Topic, ...]
    """The worst, worst first."""
    records: Evidence
    bigrams: Evidence
    examples: tuple[Bigram, ...]

    def evidence(self) -> list[Evidence]:
        """All numbers. They name records and hold no text: a held-out record may not leave the house by this door."""
        return [*(topic.kept for topic in self.topics), self.records, self.bigrams]


class Real(NamedTuple):
    """The reference, and its documents as they were."""

    reference: Reference
    texts: Sequence[str]
    names: Sequence[str]
    """Of each; or none at all."""

    def place(self, at: int) -> Place:
        """One of its documents."""
        return Place(self.names[at] if self.names else "", " ".join(self.texts[at].split())[:SHOWN])


def vanishing(name: str, generation: int, real: Real, other: Sequence[Stretch], mine: Sequence[Stretch]) -> Vanishing:
    """What stretches of a generation lack of the reference, against stretches of other real text.

    As many of each as both have. Evidence: `collapse.<name>.topic.<n>`, `.vanished.records`, `.vanished.bigrams`.
    """
    n = min(len(other), len(mine))
    sides = [_rows(real, side[:n]) for side in (other, mine)]
    covered = [real.reference.covered(rows) for rows in sides]
    gone = covered[0] & ~covered[1]
    about: dict[str, object] = {"kind": "lost", "generation": generation, "corpus": name}
    place = head(name)
    some = min(map(len, sides)) >= LEAST_DOCUMENTS
    topics = tuple(_topics(f"{place}.topic", real, sides, gone, about)) if some else ()
    bigrams, examples = _bigrams(f"{place}.vanished.bigrams", real, other[:n], mine[:n], about)
    places = [real.place(at).name for at in np.flatnonzero(gone)[:_RECORDS]]
    method = "real records with a neighbour (PRDC, k = 5) in other real text and none here, for each the other way"
    lost, found = int(gone.sum()), int((covered[1] & ~covered[0]).sum())
    records = _odds(f"{place}.vanished.records", lost, found, method, about | {"examples": places})
    return Vanishing(topics, records, bigrams, examples)


def _rows(real: Real, stretches: Sequence[Stretch]) -> Vectors:
    return real.reference.embedder.embed([text for one in stretches for text in one.texts])


def _topics(
    name: str, real: Real, sides: Sequence[Vectors], gone: npt.NDArray[np.bool_], about: dict[str, object]
) -> Iterator[Topic]:
    """The topics of which the generation has the least for what other real text has of them."""
    reference = real.reference
    size = len(reference.topic_shares)
    other, mine = (np.bincount(reference.topics.assign(rows), minlength=size)[:size] for rows in sides)
    homes = reference.topics.assign(reference.rows)
    ratios = {
        at: (mine[at] + 1) / max(1, len(sides[1])) / ((other[at] + 1) / max(1, len(sides[0]))) for at in range(size)
    }
    told = Counter(word for text in real.texts for word in set(plain_words(text)))
    for at in sorted(ratios, key=lambda one: ratios[one])[:_TOPICS]:
        members = np.flatnonzero(homes == at)
        places = tuple(real.place(int(one)) for one in members[gone[members]][:_RECORDS])
        counts = (int(mine[at]), len(sides[1]), int(other[at]), len(sides[0]))
        inputs = about | {
            "kind": "topic", "topic": at, "documents": counts[0], "real_documents": counts[2],
            "gone": int(gone[members].sum()), "examples": [place.name for place in places],
        }  # fmt: skip
        words = _telling([real.texts[int(one)] for one in members], told)
        yield Topic(words, _kept(f"{name}.{at}", counts, size, inputs), places)


def _kept(name: str, counts: tuple[int, int, int, int], topics: int, inputs: dict[str, object]) -> Evidence:
    """Ratio of shares by the exact conditional interval, each topic's at 1 - .05 / topics: the worst is looked for."""
    mine, of_mine, other, of_other = counts
    scale = of_other / max(1, of_mine)
    low, high = clopper_pearson(mine, mine + other, 1 - 0.05 / topics)
    interval = Interval(scale * low / (1 - low), scale * high / (1 - high)) if high < 1 else None
    method = (
        "documents of this topic for each that other real text has, at equal numbers of documents; "
        f"exact conditional interval, 95 % over all {topics} topics together"
    )
    return Evidence(name, scale * mine / other, mine + other, interval, method, inputs)


def _telling(texts: Sequence[str], everywhere: Counter[str]) -> tuple[str, ...]:
    """Words that are more frequent in these texts than in all, by the part of the divergence that each brings."""
    mine = Counter(word for text in texts for word in set(plain_words(text)))
    whole, part = max(1, everywhere.total()), max(1, mine.total())
    weight = {w: n / part * np.log(n / part * whole / everywhere[w]) for w, n in mine.items() if not w.isdigit()}
    return tuple(sorted(weight, key=lambda word: (-weight[word], word))[:_WORDS])


def _odds(name: str, lost: int, found: int, method: str, inputs: dict[str, object]) -> Evidence:
    """How many are lost for each that is found anew: 1 where there is no difference (McNemar, Psychometrika 1947)."""
    n = lost + found
    counted = inputs | {"lost": lost, "found": found}
    if not n:
        return Evidence(name, None, 0, None, f"{method}; none of either", counted)
    low, high = clopper_pearson(lost, n)
    told = f"{method}; exact conditional 95 %, too narrow where they come and go together"
    interval = Interval(low / (1 - low), high / (1 - high)) if high < 1 else None
    return Evidence(name, lost / found if found else None, n, interval, told, counted)


def _bigrams(
    name: str, real: Real, other: Sequence[Stretch], mine: Sequence[Stretch], about: dict[str, object]
) -> tuple[Evidence, tuple[Bigram, ...]]:
    tokens = real.reference.documents.tokens
    owners = np.repeat(np.arange(len(tokens)), [len(one) for one in tokens])
    types, copies = np.unique(within_documents(np.concatenate(tokens), owners, 2), return_counts=True)
    rare = (copies >= _RARE[0]) & (copies <= _RARE[1])
    types, copies = types[rare], copies[rare]
    there, here = (_counted(types, side) for side in (other, mine))
    lost = (there > 0) & (here == 0)
    low, high = _RARE
    method = f"bigrams {low} to {high} times in real text: in other real text and not here, for each the other way"
    order = np.argsort(-(copies + there)[lost], kind="stable")
    chosen = np.flatnonzero(lost)[order]
    chosen = chosen[(copies + there)[chosen] <= _RARE[1]]
    examples = tuple(_examples(real, types[chosen], (copies + there)[chosen])) if len(chosen) else ()
    found = int(((there == 0) & (here > 0)).sum())
    inputs = about | {"examples": [one.where.name for one in examples]}
    return _odds(name, int(lost.sum()), found, method, inputs), examples


def _counted(types: Hashes, stretches: Sequence[Stretch]) -> npt.NDArray[np.int64]:
    """Copies of each type."""
    found = np.zeros(len(types), np.int64)
    for one in stretches:
        bigrams = within_documents(token_hashes(one.chunk.tokens), one.chunk.document, 2)
        if len(types) and len(bigrams):
            at = positions(types, bigrams)
            np.add.at(found, at[at >= 0], 1)
    return found


def _examples(real: Real, types: Hashes, copies: npt.NDArray[np.int64]) -> list[Bigram]:
    """The first of these that are words, each where it stands first."""
    documents = real.reference.documents.tokens
    windows = window_hashes(np.concatenate(documents), 2)
    owners = np.repeat(np.arange(len(documents)), [len(one) for one in documents])
    starts = np.searchsorted(owners, np.arange(len(documents)))
    windows[owners[1:] != owners[:-1]] = 0
    found: list[Bigram] = []
    for kind, times in zip(types[: 20 * _BIGRAMS], copies.tolist(), strict=False):
        place = int(np.argmax(windows == kind))
        at = int(owners[place])
        first, words = place - int(starts[at]), pieces(real.texts[at])
        pair = words[first : first + 2]
        if all(any(c.isalpha() for c in word) for word in pair) and len(found) < _BIGRAMS:
            around = " ".join(words[max(0, first - _AROUND) : first + 2 + _AROUND])
            found.append(Bigram(" ".join(pair), int(times), real.place(at)._replace(text=around)))
    return found
