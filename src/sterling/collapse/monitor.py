"""Generations of a corpus, watched: each against real text, and against the first one.

*Gap* is the difference to real text that no generator was seeded with, judged against other real text. *Drift* is the
difference to the first generation. Real text is cut in two at random: one half says what is rare, what topics there are
and what a student should know; the other half is measured like any generation, and is what they are compared with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np

from sterling.collapse.comparing import Comparison, Sides, Values, compared, evidence
from sterling.collapse.naming import head
from sterling.collapse.panel import Reference, Stretch, measured, stretches
from sterling.collapse.reproduction import tail_reproduction
from sterling.collapse.samples import CHUNK_TOKENS, CHUNKS, Sample, chunks
from sterling.collapse.trends import Alarm, alarms, means, trends
from sterling.collapse.vanishing import Real, Vanishing, vanishing
from sterling.stats import Evidence
from sterling.text import Hashes, count_tokens, token_hashes

LEAST_TOKENS = 1000
"""Below this a corpus is not looked at."""
NEEDED = CHUNKS * CHUNK_TOKENS
"""Tokens of a generation, and of each half of real text, from which the monitor speaks."""
MOST = 20
"""Stretches of a corpus that are measured."""
STRANGE = "another language or tokenisation"
"""How the note begins that makes everything else void."""
_KNOWN = 0.5
"""A corpus of which fewer tokens are known than this share of what is known of real text is in another language."""
_TOKEN = 1.5
"""Tokens so many times as long, or as short, are cut in another way."""
_UNLIKE = 0.2
"""Documents whose mean length differs by more are another kind of text."""
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
    generation: int
    """From 1, in their order."""
    gap: Comparison
    drift: Comparison | None
    """None for the first generation."""
    kappa: Sequence[Evidence]
    stage: Stage
    notes: Sequence[str]
    """What makes the comparison void or odd: another language, another kind of text, identical to another one."""
    means: Mapping[str, float]
    """Of each measure over the stretches."""
    vanishing: Vanishing | None
    """None where there is too little text to look."""

    def evidence(self) -> list[Evidence]:
        """All of it as `collapse.<name>.*`; texts stay out of it."""
        inputs = {
            "kind": "verdict", "generation": self.generation, "corpus": self.name, "colour": self.gap.colour,
            "stage": self.stage, "notes": list(self.notes),
        }  # fmt: skip
        verdict = Evidence(f"{head(self.name)}.verdict", None, self.gap.n, None, self.gap.why, inputs)
        drift = [] if self.drift is None else evidence(self.name, self.drift, self.generation, "first")
        kappa = [_numbered(one, self.generation) for one in self.kappa]
        gone = [] if self.vanishing is None else self.vanishing.evidence()
        return [verdict, *evidence(self.name, self.gap, self.generation), *drift, *kappa, *gone]


class Watch(NamedTuple):
    """A series of generations."""

    control: Mapping[str, float]
    """Means of real text."""
    generations: Sequence[Watched]
    alarms: Sequence[Alarm]
    """Of three or more generations."""
    trends: Sequence[Evidence]
    """`collapse.trend.<measure>`, of three or more generations."""
    tokens: int
    """In each stretch, of the generation with the longest ones."""

    def evidence(self) -> list[Evidence]:
        """Everything as `collapse.*`; a trend says under `alarm` in which generation its CUSUM passed the limit."""
        passed = {alarm.measure: alarm.generation for alarm in self.alarms}
        slopes = [
            replace(one, inputs={**one.inputs, "alarm": passed.get(one.inputs["measure"])}) for one in self.trends
        ]
        return [*(part for one in self.generations for part in one.evidence()), *slopes]


@dataclass(slots=True)
class _Side:
    """A corpus, cut into stretches of the sizes that are asked for, each measured once."""

    texts: Sequence[str]
    tokens: int
    reference: Reference
    _cut: dict[int, list[Stretch]] = field(default_factory=dict)
    _values: dict[int, Values] = field(default_factory=dict)

    def stretches(self, size: int) -> Sequence[Stretch]:
        if size not in self._cut:
            self._cut = {size: list(stretches(self.texts, size, MOST))}
        return self._cut[size]

    def values(self, size: int) -> Values:
        if size not in self._values:
            self._values[size] = [measured(self.reference, one) for one in self.stretches(size)]
        return self._values[size]

    def hashes(self, size: int) -> list[Hashes]:
        return [token_hashes(one.chunk.tokens) for one in self.stretches(size)]


class _View(NamedTuple):
    """Real text, as all generations are held against it."""

    real: Real
    control: _Side
    choosing: Hashes
    """Tokens of the reference."""
    tokens: int
    """Of all real text."""

    @classmethod
    def of(cls, real: Sample, seed: int) -> "_View":
        halves = real.even_halves(seed)
        texts = [[real.texts[at] for at in half] for half in halves]
        reference = Reference.of(texts[0])
        names = [real.names[at] for at in halves[0]] if real.names else []
        control = _Side(texts[1], sum(map(count_tokens, texts[1])), reference)
        return cls(Real(reference, texts[0], names), control, np.concatenate(reference.documents.tokens), real.tokens)


def watch(real: Sample, generations: Sequence[Corpus], seed: int = 0) -> Watch:
    """Every generation, in order, each on stretches as long as its own text allows.

    ValueError without generations, or when real text has fewer than `LEAST_TOKENS`. A generation that has fewer is told
    as an insufficient sample.
    """
    if not generations or real.tokens < LEAST_TOKENS or len(real.texts) < 2:
        raise ValueError(f"a generation is needed, and real text of {LEAST_TOKENS:,} tokens in two documents or more")
    view = _View.of(real, seed)
    sides = [_Side(one.sample.texts, one.sample.tokens, view.real.reference) for one in generations]
    watched = [_watched(view, generations[: at + 1], sides[: at + 1]) for at in range(len(generations))]
    size = max((one.gap.tokens for one in watched), default=0)
    whole = [at for at, one in enumerate(watched) if one.gap.tokens == size and one.gap.findings]
    control, values = view.control.values(size) if whole else [], [sides[at].values(size) for at in whole]
    names = [watched[at].name for at in whole]
    return Watch(means(control), watched, [*alarms(control, values, names)], trends(control, values), size)


def _size(view: _View, *sides: _Side) -> int:
    """Tokens of a stretch that all of them have eight of; 0 where one is too small to look at."""
    least = min(side.tokens for side in sides)
    return min(CHUNK_TOKENS, min(view.control.tokens, least) // CHUNKS) if least >= LEAST_TOKENS else 0


def _watched(view: _View, so_far: Sequence[Corpus], sides: Sequence[_Side]) -> Watched:
    corpus, mine = so_far[-1], sides[-1]
    size, shared = _size(view, mine), _size(view, mine, sides[0])
    if not size:
        why = _needed(view, corpus)
        gap = Comparison((), "insufficient sample", why, Sides(0, 0), 0)
        return Watched(corpus.name, len(so_far), gap, None, (), "none", list(_same(so_far)), {}, None)
    control, values = view.control.values(size), mine.values(size)
    gap = _said(view, corpus, compared(values, control, size))
    drift = compared(mine.values(shared), sides[0].values(shared), shared) if len(so_far) > 1 and shared else None
    kappa = tuple(tail_reproduction(corpus.name, view.choosing, view.control.hashes(size), mine.hashes(size)))
    notes = [*_same(so_far), *_notes(view, corpus, gap), *_copied(gap, kappa)]
    real, gone = (view.control.stretches(size), mine.stretches(size))
    lost = vanishing(corpus.name, len(so_far), view.real, real, gone)
    return Watched(corpus.name, len(so_far), gap, drift, kappa, _stage(gap), notes, means(values), lost)


def _said(view: _View, corpus: Corpus, gap: Comparison) -> Comparison:
    """With the side to enlarge, where there is too little."""
    return gap._replace(why=_needed(view, corpus)) if gap.colour == "insufficient sample" else gap


def _needed(view: _View, corpus: Corpus) -> str:
    sides = [(corpus.name, corpus.sample.tokens, NEEDED), ("the real text", view.tokens, 2 * NEEDED)]
    lacking = [f"{name} has {has:,} tokens, {need:,} would do" for name, has, need in sides if has < need]
    enough = [f"{name} is enough" for name, has, need in sides if has >= need]
    return "; ".join([*lacking, *enough] if lacking else ["the halves of the real text differ; a little more would do"])


def _same(so_far: Sequence[Corpus]) -> Iterator[str]:
    *earlier, corpus = so_far
    mine = sorted(corpus.sample.texts)
    same = [one.name for one in earlier if mine and sorted(one.sample.texts) == mine]
    if same:
        yield f"identical to {same[0]}: it tells nothing new"


def _notes(view: _View, corpus: Corpus, gap: Comparison) -> Iterator[str]:
    if len(corpus.sample.texts) == 1:
        yield "one document: its stretches are not independent, so its intervals are too narrow"
    mine, usual = (_looks(texts, view, gap.tokens) for texts in (corpus.sample.texts, view.control.texts))
    if mine.known < _KNOWN * usual.known or not 1 / _TOKEN < mine.length / usual.length < _TOKEN:
        yield (
            f"{STRANGE}: {mine.known:.0%} of its tokens are known to the real text, of other real text "
            f"{usual.known:.0%}; they have {mine.length:.1f} characters, there {usual.length:.1f}; not comparable"
        )
    for finding in gap.findings:
        if finding.measure.name == "document_tokens" and abs(finding.relative) > _UNLIKE:
            side = "shorter" if finding.relative < 0 else "longer"
            yield (
                f"documents are {side} than the real ones (document_tokens {finding.relative:+.0%}): "
                "compare like with like"
            )


def _copied(gap: Comparison, kappa: Sequence[Evidence]) -> Iterator[str]:
    recall = next((f for f in gap.findings if f.measure.name == "rare_bigram_recall"), None)
    once = next((one for one in kappa if one.inputs["band"] == "once"), None)
    if recall and once and recall.said == "better" and once.interval is not None and once.interval.low > 1:
        yield (
            "it has more of the rare words and bigrams of this real text than other real text has: was the generator "
            "trained or prompted with it? Then copying looks like health; name real text that it never saw"
        )


class _Looks(NamedTuple):
    """Of the tokens of a stretch."""

    known: float
    """The share that the reference has."""
    length: float
    """Mean characters."""


def _looks(texts: Sequence[str], view: _View, size: int) -> _Looks:
    tokens = next(chunks(texts, size)).tokens
    known = np.isin(token_hashes(tokens), view.real.reference.documents.vocabulary)
    return _Looks(float(known.mean()), sum(map(len, tokens)) / len(tokens))


def _stage(gap: Comparison) -> Stage:
    """Early: variety falls, and what is left is sound. Late: few modes, or repetition."""
    found = {f.measure.name: f.relative for f in gap.findings}
    if gap.colour in {"green", "insufficient sample"}:
        return "none"
    few_modes, repetition = found.get("vendi", 0.0) < -_LATE, found.get("zstd_ratio", 0.0) > _LATE
    return "late" if few_modes or repetition else "early"


def _numbered(kappa: Evidence, generation: int) -> Evidence:
    return replace(kappa, inputs={**kappa.inputs, "generation": generation})
