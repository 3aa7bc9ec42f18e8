"""The corpus of `curation.py`: templated texts of about 1 KB, some of them copies of others with a few other words.

Templated text is what synthetic data is: documents of one template share a part of their sentences, and are no
duplicates of each other for that (Jaccard similarity of word 5-grams 0.1 to 0.65). Planted copies have up to seven
words changed. Everything follows from the seed.
"""

import random
from itertools import accumulate
from typing import NamedTuple

TEMPLATES = 300
WORDS = 165
PLANTED = 0.2
"""Share of documents that are copies."""


class Corpus(NamedTuple):
    """Documents in order; an earlier one is the better one."""

    texts: list[str]
    template: list[int]
    """For each document the template it was made by; documents of different templates share next to nothing."""


def corpus(count: int, seed: int = 0) -> Corpus:
    """So many documents."""
    draw = random.Random(seed)
    words = _vocabulary(draw)
    templates = [_template(draw, words) for _ in range(TEMPLATES)]
    texts: list[list[str]] = []
    homes: list[int] = []
    while len(texts) < count:
        if len(texts) > 100 and draw.random() < PLANTED:
            chosen = draw.randrange(len(texts))
            texts.append(_copy(draw, words, texts[chosen]))
            homes.append(homes[chosen])
        else:
            home = draw.randrange(TEMPLATES)
            texts.append([word or words.one(draw) for word in templates[home]])
            homes.append(home)
    return Corpus([_prose(text) for text in texts], homes)


class _Vocabulary(NamedTuple):
    """Words, the n-th drawn about 1 / n as often as the first (Zipf)."""

    words: list[str]
    weights: list[float]

    def many(self, draw: random.Random, count: int) -> list[str]:
        return draw.choices(self.words, cum_weights=self.weights, k=count)

    def one(self, draw: random.Random) -> str:
        return self.many(draw, 1)[0]


def _vocabulary(draw: random.Random) -> _Vocabulary:
    """The more frequent the shorter, as in English: 4.6 letters a word on average."""
    letters = "etaoinshrdlucmfwygpbvk"
    sizes = [draw.randint(*_letters(at)) for at in range(20_000)]
    words = ["".join(draw.choices(letters, range(len(letters), 0, -1), k=size)) for size in sizes]
    return _Vocabulary(words, list(accumulate(1 / (at + 10) for at in range(len(words)))))


def _letters(place: int) -> tuple[int, int]:
    return next(
        size for until, size in ((40, (1, 3)), (400, (3, 5)), (4000, (4, 8)), (20_000, (5, 11))) if place < until
    )


def _template(draw: random.Random, words: _Vocabulary) -> list[str]:
    """Fixed words, and "" where each document has its own: runs of either, the fixed ones a certain share of all."""
    share = draw.uniform(0.2, 0.75)
    text: list[str] = []
    while len(text) < WORDS:
        text += words.many(draw, round(40 * share)) + [""] * round(40 * (1 - share))
    return text[:WORDS]


def _copy(draw: random.Random, words: _Vocabulary, text: list[str]) -> list[str]:
    copied = list(text)
    for _ in range(draw.randint(0, 7)):
        copied[draw.randrange(len(copied))] = words.one(draw)
    return copied


def _prose(words: list[str]) -> str:
    """Sentences: capitals and punctuation where a writer puts them."""
    parts = [words[at : at + 12] for at in range(0, len(words), 12)]
    return " ".join(", ".join((" ".join(part[:5]), " ".join(part[5:]))).capitalize() + "." for part in parts)
