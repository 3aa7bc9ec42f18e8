"""Generations of a corpus, watched: each against real text, and against the first one.

*Gap* is the difference to real text that no generator was seeded with, judged against other real text. *Drift* is the
difference to the first generation. Real text is cut in two at random: one half says what is rare, what topics there are
and what a student should know; the other half is measured like any generation, and is what they are compared with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np

from sterling.collapse.comparable import Kind, copied, kind, repeated, swapped, unlike
from sterling.collapse.comparing import Comparison, Sides, Values, compared, evidence
from sterling.collapse.cusum import Alarm, alarms
from sterling.collapse.naming import head
from sterling.collapse.panel import Reference, Stretch, measured, stretches
from sterling.collapse.reproduction import tail_reproduction
from sterling.collapse.samples import CHUNK_TOKENS, CHUNKS, Sample, chunks
from sterling.collapse.trends import means, trends
from sterling.collapse.vanishing import Real, Vanishing, vanishing
from sterling.stats import Evidence
from sterling.text import Hashes, count_tokens, token_hashes

LEAST_TOKENS = 1000
"""Below this a corpus is not looked at."""
NEEDED = CHUNKS * CHUNK_TOKENS
"""Tokens of a generation, and of each half of real text, from which the monitor speaks."""
MOST = 20
"""Stretches of a corpus that are measured."""
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
    """What makes the comparison odd: documents of another length, copies, identical to another one."""
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
    everything: frozenset[str]
    """Its documents."""

    @classmethod
    def of(cls, real: Sample, seed: int) -> "_View":
        halves = real.even_halves(seed)
        texts = [[real.texts[at] for at in half] for half in halves]
        reference = Reference.of(texts[0])
        names = [real.names[at] for at in halves[0]] if real.names else []
        control = _Side(texts[1], sum(map(count_tokens, texts[1])), reference)
        choosing, whole = np.concatenate(reference.documents.tokens), frozenset(real.texts)
        return cls(Real(reference, texts[0], names), control, choosing, real.tokens, whole)

    def unlike(self, side: _Side, size: int) -> str | None:
        """Why a corpus is another kind of text; told from a stretch of each."""
        mine, usual = self._kind(side, size), self._kind(self.control, size)
        return None if mine is None or usual is None else unlike(mine, usual)

    def _kind(self, side: _Side, size: int) -> Kind | None:
        first = next(chunks(side.texts, max(1, min(size, side.tokens))), None)
        return None if first is None else kind(first.tokens, self.real.reference.documents.vocabulary)


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
    mine = [one.gap.colour != "not comparable" and bool(one.gap.findings) for one in watched]
    whole = [at for at, one in enumerate(watched) if one.gap.tokens == size and mine[at]]
    control, values = view.control.values(size) if whole else [], [sides[at].values(size) for at in whole]
    names = [watched[at].name for at in whole]
    return Watch(means(control), watched, [*alarms(control, values, names)], trends(control, values), size)


def _size(corpus: _Side, other: _Side) -> int:
    """Tokens of a stretch that both have eight of; 0 where the corpus is too small to look at."""
    least = min(corpus.tokens, other.tokens)
    return min(CHUNK_TOKENS, least // CHUNKS) if corpus.tokens >= LEAST_TOKENS else 0


def _watched(view: _View, so_far: Sequence[Corpus], sides: Sequence[_Side]) -> Watched:
    corpus, mine = so_far[-1], sides[-1]
    size = _size(mine, view.control)
    if not size:
        gap = Comparison((), "insufficient sample", _needed(view, corpus), Sides(0, 0), 0)
        return Watched(corpus.name, len(so_far), gap, None, (), "none", list(_same(so_far)), {}, None)
    control, values = view.control.values(size), mine.values(size)
    kappa = tuple(tail_reproduction(corpus.name, view.choosing, view.control.hashes(size), mine.hashes(size)))
    found = compared(values, control, size)
    gap = _said(view, corpus, found, view.unlike(mine, size), kappa)
    notes = [*_same(so_far), *_notes(corpus, gap, kappa), *swapped(gap.findings)]
    lost = vanishing(corpus.name, len(so_far), view.real, view.control.stretches(size), mine.stretches(size))
    drift = _drift(view, sides) if len(so_far) > 1 else None
    return Watched(corpus.name, len(so_far), gap, drift, kappa, _stage(gap, kappa), notes, means(values), lost)


def _drift(view: _View, sides: Sequence[_Side]) -> Comparison | None:
    """The last generation against the first, on stretches as long as these two allow."""
    first, mine = sides[0], sides[-1]
    size = _size(mine, first) if first.tokens >= LEAST_TOKENS else 0
    if not size:
        return None
    found = compared(mine.values(size), first.values(size), size)
    void = view.unlike(mine, size) or view.unlike(first, size)
    return found if void is None else found.silent("not comparable", void)


def _said(view: _View, corpus: Corpus, gap: Comparison, void: str | None, kappa: Sequence[Evidence]) -> Comparison:
    """What may be said: nothing of another kind of text or of the real text itself, and no green of a copy.

    Of too little text only which side lacks how much. Harm that shows in spite of copying is told as it is.
    """
    void = void or repeated(corpus.sample.texts, view.everything)
    if gap.colour == "green":
        void = void or copied(gap.findings, kappa)
    if void is not None:
        return gap.silent("not comparable", void)
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


def _notes(corpus: Corpus, gap: Comparison, kappa: Sequence[Evidence]) -> Iterator[str]:
    if len(corpus.sample.texts) == 1:
        yield "one document: its stretches are not independent, so its intervals are too narrow"
    for finding in gap.findings:
        if finding.measure.name == "document_tokens" and abs(finding.relative) > _UNLIKE:
            side = "shorter" if finding.relative < 0 else "longer"
            yield (
                f"documents are {side} than the real ones (document_tokens {finding.relative:+.0%}): "
                "compare like with like"
            )
    if gap.colour != "not comparable" and (copies := copied(gap.findings, kappa)) is not None:
        yield copies


def _stage(gap: Comparison, kappa: Sequence[Evidence]) -> Stage:
    """Late: few modes, or repetition. Early: something is worse, and what a student learns of all real text is not.

    Neither where that student is worse, too, or learns from a copy: nothing here measures accuracy, by which the two
    are told apart.
    """
    worse = {f.measure.name: f.relative for f in gap.findings if f.said == "worse" and f.measure.family != "shown"}
    if worse.get("vendi", 0.0) < -_LATE or worse.get("zstd_ratio", 0.0) > _LATE:
        return "late"
    sound = "student" not in worse and copied(gap.findings, kappa) is None
    return "early" if worse and sound else "none"


def _numbered(kappa: Evidence, generation: int) -> Evidence:
    return replace(kappa, inputs={**kappa.inputs, "generation": generation})
