"""Generations of a corpus, watched: each against real text, and against the first one.

*Gap* is the difference to real text that no generator was seeded with, judged against other real text. *Drift* is the
difference to the first generation. Real text is cut in two at random: one half says what is rare, what topics there are
and what a student should know; the other half is measured like any generation, and is what they are compared with.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from sterling.collapse.comparing import Comparison, Values, compared
from sterling.collapse.diversity import CHUNK_TOKENS, CHUNKS, Sample, chunks
from sterling.collapse.panel import PANEL, Reference, measured, stretches
from sterling.collapse.reproduction import tail_reproduction
from sterling.stats import Evidence
from sterling.text import Hashes, token_hashes

_MOST = 20
"""Stretches of a corpus that are measured."""
_STRANGE = 0.5
"""A corpus of which fewer tokens are known than this share of what is known of real text is in another language."""
_ALLOWANCE, _LIMIT = 0.5, 5.0
"""k and h of the CUSUM, in standard errors (Page, Biometrika 41, 1954)."""
_LATE = 0.5
"""Fewer than half the modes, or half as much repetition again: late."""
Stage = Literal["none", "early", "late"]


class Corpus(NamedTuple):
    """One generation."""

    name: str
    sample: Sample


@dataclass(frozen=True, slots=True)
class Watched:
    """What is said of one generation."""

    name: str
    gap: Comparison
    drift: Comparison | None
    """None for the first generation."""
    kappa: Sequence[Evidence]
    stage: Stage
    notes: Sequence[str]
    """What makes the comparison void or odd: identical to another one, another language."""
    means: Mapping[str, float]
    """Of each measure over the stretches."""


class Alarm(NamedTuple):
    """A measure that went wrong slowly."""

    measure: str
    generation: str
    """In which the sum passed the limit."""
    sum: float


class Watch(NamedTuple):
    """A series of generations."""

    control: Mapping[str, float]
    """Means of real text."""
    generations: Sequence[Watched]
    alarms: Sequence[Alarm]
    """Of three or more generations."""
    tokens: int
    """In each stretch."""


def watch(real: Sample, generations: Sequence[Corpus], seed: int = 0) -> Watch:
    """Every generation, in order. ValueError without generations, or when a corpus has no text."""
    if not generations or min([real.tokens, *(g.sample.tokens for g in generations)]) < 2 * CHUNKS:
        raise ValueError("real text and a generation are needed, each with some tokens")
    halves = _halves(real.texts, seed)
    size = min(CHUNK_TOKENS, min(real.tokens // 2, *(g.sample.tokens for g in generations)) // CHUNKS)
    reference = Reference.of(halves[0])
    control = _values(reference, halves[1], size)
    values = [_values(reference, g.sample.texts, size) for g in generations]
    watched = tuple(
        _watched(generations[: at + 1], halves, reference, (control, values[0], values[at]), size)
        for at in range(len(generations))
    )
    return Watch(_means(control), watched, tuple(_alarms(control, values, generations)), size)


def _halves(texts: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    order = random.Random(seed).sample(texts, len(texts))  # noqa: S311 - a split, not a secret
    return order[::2], order[1::2]


def _values(reference: Reference, texts: Sequence[str], size: int) -> Values:
    return [measured(reference, one) for one in stretches(texts, size, _MOST)]


def _watched(
    so_far: Sequence[Corpus], halves: tuple[list[str], list[str]], reference: Reference,
    values: tuple[Values, Values, Values], size: int,
) -> Watched:  # fmt: skip
    control, first, mine = values
    corpus = so_far[-1]
    notes = list(_notes(so_far, halves[1], reference, size))
    gap = compared(mine, control, size)
    drift = compared(mine, first, size) if len(so_far) > 1 else None
    kappa = tuple(_kappa(corpus, halves, size))
    return Watched(corpus.name, gap, drift, kappa, _stage(gap), notes, _means(mine))


def _kappa(corpus: Corpus, halves: tuple[list[str], list[str]], size: int) -> Iterator[Evidence]:
    choosing = token_hashes([token for chunk in chunks(halves[0], size) for token in chunk.tokens])
    sides = [
        [token_hashes(chunk.tokens) for chunk, _ in zip(chunks(texts, size), range(_MOST), strict=False)]
        for texts in (halves[1], corpus.sample.texts)
    ]
    return tail_reproduction(corpus.name, choosing, *sides)


def _notes(so_far: Sequence[Corpus], control: Sequence[str], reference: Reference, size: int) -> Iterator[str]:
    *earlier, corpus = so_far
    mine = sorted(corpus.sample.texts)
    same = [one.name for one in earlier if sorted(one.sample.texts) == mine]
    if same:
        yield f"identical to {same[0]}: it tells nothing new"
    if len(corpus.sample.texts) == 1:
        yield "one document: its stretches are not independent, so its intervals are too narrow"
    known, usual = (_known(texts, reference, size) for texts in (corpus.sample.texts, control))
    if known < _STRANGE * usual:
        yield (
            f"another language or tokenisation: {known:.0%} of its tokens are known to the real text, "
            f"of other real text {usual:.0%}; not comparable"
        )


def _known(texts: Sequence[str], reference: Reference, size: int) -> float:
    first = next(chunks(texts, size), None)
    tokens: Hashes = token_hashes([] if first is None else first.tokens)
    return float(np.isin(tokens, reference.documents.vocabulary).mean()) if len(tokens) else 0.0


def _stage(gap: Comparison) -> Stage:
    """Early: variety falls, and what is left is sound. Late: few modes, or repetition."""
    found = {f.measure.name: f.relative for f in gap.findings}
    if gap.colour in {"green", "insufficient sample"}:
        return "none"
    few_modes, repetition = found.get("vendi", 0.0) < -_LATE, found.get("zstd_ratio", 0.0) > _LATE
    return "late" if few_modes or repetition else "early"


def _means(values: Values) -> dict[str, float]:
    names = [m.name for m in PANEL if values and all(m.name in row for row in values)]
    return {name: float(np.mean([row[name] for row in values])) for name in names}


def _alarms(control: Values, generations: Sequence[Values], named: Sequence[Corpus]) -> Iterator[Alarm]:
    """A CUSUM of harm in standard errors: small harm in every generation adds up, chance does not."""
    if len(generations) < 3 or min(map(len, (control, *generations))) < 2:
        return
    for measure in (m for m in PANEL if m.family != "shown" and m.name in _means(control)):
        total = 0.0
        for corpus, values in zip(named, generations, strict=True):
            total = max(0.0, total + _harm(measure.name, measure.harm, control, values) - _ALLOWANCE)
            if total > _LIMIT:
                yield Alarm(measure.name, corpus.name, total)
                break


def _harm(name: str, harm: str, control: Values, values: Values) -> float:
    real, mine = ([row[name] for row in rows if name in row] for rows in (control, values))
    if min(len(real), len(mine)) < 2:
        return 0.0
    error = float(np.sqrt(np.var(real, ddof=1) / len(real) + np.var(mine, ddof=1) / len(mine)))
    difference = float(np.mean(mine) - np.mean(real))
    return (difference if harm == "rises" else -difference) / error if error else 0.0
