"""The mix as a picture: what is in it, which limits it stands against, and what was left out of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sterling.report.flow import ranked
from sterling.report.model import Report
from sterling.report.plots import Composition, Segment, compose
from sterling.report.reading import number
from sterling.report.series import finite
from sterling.stats import Evidence

_KINDS = {
    "strategy": "By strategy", "source": "By the name it came in by", "depth": "By depth",
    "age": "By age, in generations", "tag": "By tag",
}  # fmt: skip
_ORDERED = {"depth", "age"}
"""Kinds whose parts are numbers."""
_LIMITS = {"cap": "allowed", "minimum": "wanted", "ratio": "target"}
"""Limits on parts of the mix by the second word of their name, and the input that holds what the recipe says."""
_REAL = ("whole", "fresh", "epochs")
_ORIGINS = {"real": "human", "synthetic": "synthetic", "mixed": "mixed", "unknown": "unknown"}
"""Names of evidence, and the origins that they count."""
_BINDS = {"synthetic_cap": "cap", "real_floor": "floor"}
_SAME = 1e-9
"""Between two shares below which they are one, computed in two ways."""


class Mark(NamedTuple):
    """A limit on the bar of the whole: where real data must at least reach to, in percent of its width."""

    kind: str
    """`cap` or `floor`."""
    share: float
    """What the recipe says: the largest share that is not real, or the smallest that is."""
    at: float
    binds: bool
    """Whether it is what kept records out."""


class Whole(NamedTuple):
    """The bar of the whole mix as a trainer sees it, weights included."""

    unit: str
    weights: Sequence[str]
    """What is said of the weights of each side that are not 1."""
    real: float
    """Share, between 0 and 1."""
    unweighted: float | None
    """What would not be real without weights, where that is another share."""
    segments: Sequence[Segment]
    marks: Sequence[Mark]
    bound: str | None
    """The limit that binds, `budget` among them."""


class Taken(NamedTuple):
    """What of one origin was taken, of what was offered."""

    origin: str
    records: Evidence | None
    tokens: Evidence | None
    share: float
    """Taken of what was offered, by records where they are known."""

    @property
    def counts(self) -> list[Evidence]:
        """Both, where they are known."""
        return [one for one in (self.records, self.tokens) if one is not None]


class Bound(NamedTuple):
    """A limit on one part, and what is there of it."""

    word: str
    """`cap`, `minimum` or `ratio`."""
    part: str
    evidence: Evidence
    said: float
    """What the recipe says: a share, or for a minimum a weighted amount."""
    width: float
    """What is there, in percent of the bar."""
    at: float
    """Where the limit lies on it."""

    @property
    def is_share(self) -> bool:
        """Whether it is a share of the whole."""
        return self.word != "minimum"


class Part(NamedTuple):
    """One strategy, depth, age, tag … of the mix."""

    name: str
    evidence: Evidence
    """Its share of the whole."""


class Kind(NamedTuple):
    """Parts of one kind."""

    title: str
    parts: Sequence[Part]


class Mixture(NamedTuple):
    """All of it."""

    parts: Sequence[Composition]
    whole: Whole | None
    """None where nothing is in the mix."""
    taken: Sequence[Taken]
    reasons: Sequence[tuple[str, int]]
    """Records left out, by reason."""
    bounds: Sequence[Bound]
    kinds: Sequence[Kind]
    real: Mapping[str, Evidence]
    """Of the anchor: how much is in (`whole`), was in no mix before (`fresh`), and how often one is seen (`epochs`)."""


def mixture(report: Report, evidence: Sequence[Evidence]) -> tuple[Mixture, list[Evidence]]:
    """The picture, and the evidence that it does not show."""
    named = {one.name: one for one in evidence if one.name.startswith("mix.")}
    parts = compose(report.composition)
    taken, kinds, bounds = list(_taken(named)), list(_kinds(named)), list(_bounds(named))
    real = {name: one for name in _REAL if (one := named.get(f"mix.real.{name}")) and one.value is not None}
    reasons = next((step.reasons for step in report.steps if step.name == "mix"), {})
    whole = _whole(parts, named) if any(part.slice.tokens or part.slice.records for part in parts) else None
    drawn = [one for origin in taken for one in origin.counts]
    drawn += [part.evidence for kind in kinds for part in kind.parts] + [bound.evidence for bound in bounds]
    shown = {id(one) for one in (*drawn, *real.values())}
    picture = Mixture(parts, whole, taken, ranked(reasons), bounds, kinds, real)
    return picture, [one for one in evidence if id(one) not in shown]


def _whole(parts: Sequence[Composition], named: Mapping[str, Evidence]) -> Whole:
    """Between real and other the border is exact; parts of one side are drawn by their size before weighting."""
    allowed: Mapping[str, Any] = named["mix.cap.allowed"].inputs if "mix.cap.allowed" in named else {}
    unit, bound = str(allowed.get("unit", "tokens")), allowed.get("limit")
    sides = _sides(parts, unit)
    said = named.get("mix.share.real")
    real = sides[0] / (sum(sides) or 1) if said is None or said.value is None else said.value
    segments, done = [], 0.0
    for part in parts:
        other = part.slice.origin != "human"
        width = 100 * (1 - real if other else real) * _amount(part, unit) / (sides[other] or 1)
        segments.append(Segment(round(done, 3), round(width, 3), part.colour))
        done += width
    bare = sides[1] / (sum(sides) or 1)
    unweighted = None if abs(1 - real - bare) < _SAME else bare
    return Whole(unit, list(_weights(named)), real, unweighted, segments, list(_marks(allowed)), bound)


def _sides(parts: Sequence[Composition], unit: str) -> tuple[int, int]:
    """Real, and everything else."""
    real = sum(_amount(part, unit) for part in parts if part.slice.origin == "human")
    return real, sum(_amount(part, unit) for part in parts) - real


def _amount(part: Composition, unit: str) -> int:
    return part.slice.records if unit == "records" else part.slice.tokens


def _weights(named: Mapping[str, Evidence]) -> Iterator[str]:
    for side, word in {"real": "real", "synthetic": "others"}.items():
        one = named.get(f"mix.weight.{side}")
        if one is None or one.value is None:
            continue
        least, most = (finite(one.inputs.get(end)) or one.value for end in ("least", "most"))
        if (least, most) != (1, 1):
            yield f"{word} \u00d7 {number(least)}" + (f" to {number(most)}" if most != least else "")


def _marks(allowed: Mapping[str, Any]) -> Iterator[Mark]:
    for key, kind in _BINDS.items():
        share = finite(allowed.get(key))
        if share is not None and share < 1 and (kind == "cap" or share > 0):
            yield Mark(kind, share, 100 * (share if kind == "floor" else 1 - share), allowed.get("limit") == key)


def _taken(named: Mapping[str, Evidence]) -> Iterator[Taken]:
    for name, origin in _ORIGINS.items():
        records, tokens = named.get(f"mix.records.{name}"), named.get(f"mix.tokens.{name}")
        first = records or tokens
        offered = finite(first.inputs.get("offered")) if first else None
        if first is not None and offered:
            yield Taken(origin, records, tokens, (first.value or 0.0) / offered)


def _kinds(named: Mapping[str, Evidence]) -> Iterator[Kind]:
    """Shares by strategy, depth …; what would say nothing new (one part, names of strategies) stays in the table."""
    seen: list[list[float | None]] = []
    for kind, title in _KINDS.items():
        found = {name.split(".", 2)[2]: one for name, one in named.items() if name.startswith(f"mix.{kind}.")}
        parts = [Part(name, one) for name, one in found.items()]
        if kind not in _ORDERED:
            parts.sort(key=lambda part: -(part.evidence.value or 0.0))
        values = [part.evidence.value for part in parts]
        if len(parts) > 1 and not (kind == "source" and values in seen):
            yield Kind(title, parts)
        seen.append(values)


def _bounds(named: Mapping[str, Evidence]) -> Iterator[Bound]:
    for name, one in named.items():
        word, _, part = name.removeprefix("mix.").partition(".")
        said = finite(one.inputs.get(_LIMITS.get(word, "")))
        if word not in _LIMITS or said is None or one.value is None or name == "mix.cap.allowed":
            continue
        full = max(said, one.value) or 1.0 if word == "minimum" else 1.0
        yield Bound(word, part.replace(".", " ", 1), one, said, 100 * one.value / full, 100 * said / full)
