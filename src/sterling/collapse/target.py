"""Synthetic prompts against real inputs from where a model will work: length, register, topics, perplexity.

The real inputs are cut in two. One half says which words and topics there are, and trains a small language model; the
other is measured like any prompts, and is what they are compared with. So a difference that two halves of one and the
same population would show is no finding. Prompts of one family (descendants of one seed) are one unit.

A measure is `worse` where its interval lies wholly beyond its margin, on either side; `equal` where it lies wholly
within, else `undecided`. Nothing here is about right and wrong: it says how far what was written is from what is asked.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.collapse.register import FEATURES, Feature, Vocabulary, in_vocabulary
from sterling.collapse.samples import halves
from sterling.stats import (
    Contrast,
    Evidence,
    Interval,
    Ratio,
    clopper_pearson,
    normal_interval,
    ratio_of_sums,
    welch,
)
from sterling.text import Hashes, plain_words, token_hashes, words
from sterling.text.clusters import Clusters, vectors
from sterling.text.language_model import LanguageModel

LEAST = 100
"""Prompts of a side, and of each half of the target, below which nothing is said."""
_TOPIC = 20
"""Real prompts for which there is one topic."""
_TOPICS = 30
_REACHED = 0.2
"""A topic is reached by a fifth of the prompts that its share of the real inputs would have."""
_DRAWS = 1_000
_NAMED = 4
Said = Literal["worse", "equal", "undecided"]
Floats = npt.NDArray[np.float64]


class Prompts(NamedTuple):
    """Some prompts, and who is kin."""

    texts: Sequence[str]
    families: Hashes

    @property
    def units(self) -> int:
        """How many families."""
        return len(np.unique(self.families))


class Target(NamedTuple):
    """Real inputs in two halves, with what one half says."""

    reference: Sequence[str]
    control: Prompts
    known: Vocabulary
    model: LanguageModel
    topics: Clusters
    kinds: int
    """How many topics."""

    @classmethod
    def of(cls, texts: Sequence[str], seed: int) -> "Target":
        """Of different texts; ValueError below two hundred."""
        if len(texts) < 2 * LEAST:
            raise ValueError(f"{len(texts)} real inputs; {2 * LEAST} are needed")
        order = np.random.default_rng(seed).permutation(len(texts))
        reference, control = halves([texts[at] for at in order])
        count = min(_TOPICS, max(2, len(reference) // _TOPIC))
        return cls(
            reference, Prompts(control, np.arange(len(control)).astype(np.uint64)), Vocabulary.of(reference),
            LanguageModel.trained([[_tokens(text) for text in reference]]),
            Clusters.of(vectors(reference), count, seed), count,
        )  # fmt: skip


def distances(subject: str, target: Target, prompts: Prompts, seed: int = 0) -> Iterator[Evidence]:
    """`<subject>.<measure>` of every measure: prompts less real inputs, with the same between the halves as `null`."""
    for feature in (*FEATURES, *in_vocabulary(target.known)):
        yield _feature(subject, feature, target, prompts)
    yield _bits(subject, target, prompts)
    yield from _topics(subject, target, prompts, seed)


def said_of(interval: Interval, margin: float) -> Said:
    """What an interval of a difference says."""
    if interval.low > margin or interval.high < -margin:
        return "worse"
    return "equal" if max(abs(interval.low), abs(interval.high)) <= margin else "undecided"


def _feature(subject: str, feature: Feature, target: Target, prompts: Prompts) -> Evidence:
    mine, real = _by_family(feature, prompts), _by_family(feature, target.control)
    contrast = welch(mine, real)
    scale = math.fsum(real) / len(real) if feature.relative else 1.0
    margin = feature.margin * (scale or 1.0)
    null = None
    if feature.name not in {"unknown_words", "slips"}:  # the first half knows its own words
        null = welch([feature.value(text) for text in target.reference], real)
    return _evidence(f"{subject}.{feature.name}", contrast, margin, len(mine), f"{feature.formula}; Welch 95 %",
                     null, synthetic=math.fsum(mine) / len(mine), target=math.fsum(real) / len(real))  # fmt: skip


def _by_family(feature: Feature, prompts: Prompts) -> list[float]:
    """The mean of each family."""
    values = np.array([feature.value(text) for text in prompts.texts])
    _, home = np.unique(prompts.families, return_inverse=True)
    means: list[float] = (np.bincount(home, values) / np.bincount(home)).tolist()
    return means


def _tokens(text: str) -> Hashes:
    return token_hashes(words(text))


def _ratio(model: LanguageModel, prompts: Prompts) -> Ratio:
    """Bits by tokens over families; nothing where they have no word."""
    scores = model.scores([_tokens(text) for text in prompts.texts])
    _, home = np.unique(prompts.families, return_inverse=True)
    bits, tokens = np.bincount(home, scores.bits), np.bincount(home, scores.tokens)
    return ratio_of_sums(bits, tokens) if tokens.sum() else Ratio(0.0, 0.0)


def _bits(subject: str, target: Target, prompts: Prompts) -> Evidence:
    mine, real = _ratio(target.model, prompts), _ratio(target.model, target.control)
    back = LanguageModel.trained([[_tokens(text) for text in target.control.texts]])
    families = np.arange(len(target.reference)).astype(np.uint64)
    other = _ratio(back, Prompts(target.reference, families))
    method = "bits a word under a trigram model of other real inputs (Witten-Bell); ratios over families, normal 95 %"
    return _evidence(
        f"{subject}.bits_a_word", _difference(mine, real), 0.05 * real.value, prompts.units, method,
        _difference(other, real), synthetic=mine.value, target=real.value,
    )  # fmt: skip


def _difference(one: Ratio, other: Ratio) -> Contrast:
    difference = one.value - other.value
    return Contrast(difference, normal_interval(difference, math.hypot(one.error, other.error)), math.nan, math.inf)


def _topics(subject: str, target: Target, prompts: Prompts, seed: int) -> Iterator[Evidence]:
    """The share of real inputs whose topics are reached, and the topic that is reached least."""
    home = target.topics.assign(vectors(target.control.texts))
    real = np.bincount(home, minlength=target.kinds).astype(np.float64)
    each, first = np.unique(prompts.families, return_index=True)
    assigned = target.topics.assign(vectors([prompts.texts[at] for at in first]))
    mine = np.bincount(assigned, minlength=target.kinds).astype(np.float64)
    chance = np.random.default_rng(seed)
    null = _reached(real / real.sum(), chance.multinomial(len(each), real / real.sum(), _DRAWS)).mean()
    smooth = (mine + 0.5) / (mine + 0.5).sum(), (real + 0.5) / (real + 0.5).sum()
    drawn = [
        float(_reached(chance.multinomial(len(home), smooth[1]) / len(home), chance.multinomial(len(each), smooth[0])))
        for _ in range(_DRAWS)
    ]
    value = float(_reached(real / real.sum(), mine))
    low, high = (float(end) - null for end in np.quantile([value, *drawn], [0.025, 0.975]))
    method = (
        "share of real inputs in topics that get a fifth of the prompts they would have, less what as many real inputs "
        "reach; k-means on words; multinomial draws, 95 %"
    )
    contrast = Contrast(value - float(null), Interval(min(low, value - null), max(high, value - null)), math.nan, 0)
    yield _evidence(f"{subject}.topics", contrast, 0.1, len(each), method, None, reached=value, by_chance=float(null),
                    topics=target.kinds)  # fmt: skip
    yield _worst(subject, target, home, (mine, real))


def _reached(shares: Floats, counts: Any) -> Any:
    """The shares of the topics that are reached, added up; `counts`: draws x topics, or topics."""
    counts = np.asarray(counts)
    enough = counts >= _REACHED * shares * counts.sum(axis=-1, keepdims=True)
    return (enough & (counts > 0)) @ shares


def _worst(subject: str, target: Target, home: npt.NDArray[np.int64], counts: tuple[Floats, Floats]) -> Evidence:
    """The topic with the fewest prompts for its share of the real inputs; shown without a vote."""
    mine, real = counts
    shares, n = real / real.sum(), int(mine.sum())
    usable = [topic for topic in range(target.kinds) if shares[topic] * n >= 5]
    method = "prompts in the topic that is reached least, by those that its share of the real inputs would have"
    if not usable:
        return Evidence(f"{subject}.worst_topic", None, n, None, f"{method}; no topic expects five prompts")
    worst = min(usable, key=lambda topic: mine[topic] / shares[topic])
    within = clopper_pearson(int(mine[worst]), n, 1 - 0.05 / len(usable))
    ends = Interval(*(end / float(shares[worst]) for end in within))
    told = {"words": _words_of(target, home == worst), "share_of_target": float(shares[worst]), "said": "shown"}
    value = float(mine[worst] / n / shares[worst])
    return Evidence(f"{subject}.worst_topic", value, n, ends, f"{method}; Bonferroni over the topics", told)


def _words_of(target: Target, inside: npt.NDArray[np.bool_]) -> list[str]:
    """Words that the real inputs of a topic have far more often than others, each in five or more of them."""
    sets = [set(plain_words(text)) for text in target.control.texts]
    here: dict[str, int] = {}
    every: dict[str, int] = {}
    for own, mine in zip(sets, inside.tolist(), strict=True):
        for word in own:
            every[word] = every.get(word, 0) + 1
            here[word] = here.get(word, 0) + mine
    share = float(inside.mean())
    lead = {word: n * math.log(n / every[word] / share) for word, n in here.items() if n >= 5 and share}
    return sorted((word for word in lead if lead[word] > 0), key=lambda word: (-lead[word], word))[:_NAMED]


def _evidence(
    name: str, contrast: Contrast, margin: float, n: int, method: str, null: Contrast | None, **inputs: Any
) -> Evidence:
    measure = name.rpartition(".")[2]
    told = {"measure": measure, "margin": margin, "said": said_of(contrast.interval, margin), **inputs}
    if null is not None:
        told["null"] = {"difference": null.difference, "interval": list(null.interval)}
    return Evidence(name, contrast.difference, n, contrast.interval, method, told)
