"""Generations under watch, as the page shows them: verdicts first, then every measure of the panel over generations."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sterling.report.series import Point, Series, finite, series
from sterling.stats import Evidence, Interval

UNSAID = "insufficient sample"
_SILENT = frozenset({UNSAID, "not comparable"})
"""Colours of a generation of which nothing is said."""
_WORDS = ("worse", "better", "equal", "undecided", UNSAID)
_SIDES = {"real": "Gap: the difference to real text", "first": "Drift: the difference to the first generation"}
_FAMILIES = {
    "words": "Words", "topics": "Topics", "student": "What a student learns", "shown": "Shown, without a vote",
}  # fmt: skip


class Verdict(NamedTuple):
    """What is said of one generation."""

    generation: int
    name: str
    colour: str
    """`green`, `amber`, `red`, `insufficient sample` or `not comparable`."""
    stage: str
    sentence: str
    notes: Sequence[str]
    against: str


class Family(NamedTuple):
    """Measures that see the same thing."""

    title: str
    plots: Sequence[Series]
    votes: bool


class Side(NamedTuple):
    """Every measure against one thing: real text, or the first generation."""

    title: str
    against: str
    families: Sequence[Family]

    @property
    def said(self) -> list[tuple[str, int]]:
        """How many of the last generation's measures that vote are worse, better, equal, undecided."""
        voting = [plot for family in self.families if family.votes for plot in family.plots]
        last = max(point.generation for family in self.families for plot in family.plots for point in plot.points)
        words = [point.said for plot in voting for point in plot.points if point.generation == last]
        return list(Counter(sorted(words, key=lambda word: _WORDS.index(word) if word in _WORDS else 9)).items())


class Watch(NamedTuple):
    """All that is known of a series of generations."""

    verdicts: Sequence[Verdict]
    sides: Sequence[Side]
    kappa: Sequence[Series]
    """A plot for each band of types."""
    accepted: Sequence[Series]
    """A plot for each check: the share of synthetic records that it let through."""
    lost: Sequence[Evidence]
    """Topics, records and word pairs that are vanishing, by generation."""


def watched(evidence: Sequence[Evidence]) -> tuple[Watch | None, list[Evidence]]:
    """The watch, None where nothing was; and the evidence that it does not show."""
    mine = [one for one in evidence if one.name.startswith("collapse.")]
    drawing = _Drawing.of(mine)
    sides = [side for against in _SIDES if (side := drawing.side(against)).families]
    plots = list(drawing.kappas()), list(drawing.checks())
    watch = Watch([_verdict(one) for one in drawing.verdicts], sides, *plots, drawing.lost)
    if not any(watch):
        return None, list(evidence)
    shown = {id(one) for one in (*drawing.verdicts, *_shown(watch))}
    return watch, [one for one in evidence if id(one) not in shown]


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Evidence of a watch by its kind, and never by its name: a corpus may be called as anything is."""

    verdicts: Sequence[Evidence]
    measures: Sequence[Evidence]
    kappa: Sequence[Evidence]
    trends: Mapping[tuple[str, str], Evidence]
    """By measure and what it is against."""
    accepted: Sequence[Evidence]
    lost: Sequence[Evidence]

    @classmethod
    def of(cls, mine: Sequence[Evidence]) -> "_Drawing":
        def of(*kinds: str) -> list[Evidence]:
            return [one for one in mine if one.inputs.get("kind") in kinds]

        trends = {_place(one): one for one in of("trend") if one.value is not None}
        return cls(
            sorted(of("verdict"), key=_order), of("gap", "drift"), of("kappa"), trends, of("accepted"),
            sorted(of("topic", "lost"), key=_order),
        )  # fmt: skip

    def side(self, against: str) -> Side:
        """Every measure that is held against this."""
        mine = [one for one in self.measures if _against(one) == against]
        families: dict[str, dict[str, list[Evidence]]] = {name: {} for name in _FAMILIES}
        for one in mine:
            family = families.setdefault(str(one.inputs.get("family", "shown")), {})
            family.setdefault(str(one.inputs["measure"]), []).append(one)
        drawn = [
            Family(_FAMILIES.get(name, name), [self._measure(m, found) for m, found in plots.items()], name != "shown")
            for name, plots in families.items()
            if plots
        ]
        return Side(_SIDES[against], against, drawn)

    def _measure(self, measure: str, found: Sequence[Evidence]) -> Series:
        margin = finite(found[0].inputs.get("margin"))
        points = [_point(one, self._silent()) for one in found]
        plot = series(measure, points, 0.0, margin, percent=True, generations=self._generations())
        trend = _slope(self.trends.get((measure, _against(found[0]))))
        return plot._replace(trend=trend, harm=str(found[0].inputs.get("harm", "")))

    def kappas(self) -> Iterator[Series]:
        """A plot for each band, in the order of the evidence."""
        for band in dict.fromkeys(str(one.inputs["band"]) for one in self.kappa):
            mine = [one for one in self.kappa if str(one.inputs["band"]) == band]
            yield series(band, [_kappa(one) for one in mine], 1.0, generations=self._generations())

    def checks(self) -> Iterator[Series]:
        """A plot for each check, in the order of the evidence."""
        for check in dict.fromkeys(str(one.inputs.get("check")) for one in self.accepted):
            mine = [one for one in self.accepted if str(one.inputs.get("check")) == check]
            points = [Point(_order(one)[0], one, finite(one.value), one.interval, "plain") for one in mine]
            plot = series(check, points, None, percent=True, generations=self._generations())
            yield plot._replace(trend=_slope(self.trends.get((f"accepted.{check}", "real"))))

    def _silent(self) -> frozenset[int]:
        """Generations too small to say anything of."""
        return frozenset(_order(one)[0] for one in self.verdicts if one.inputs.get("colour") in _SILENT)

    def _generations(self) -> list[int]:
        return sorted(
            {int(one.inputs["generation"]) for one in (*self.measures, *self.kappa, *self.accepted, *self.verdicts)}
        )


def _order(one: Evidence) -> tuple[int, str]:
    return int(one.inputs["generation"]), _against(one)


def _against(one: Evidence) -> str:
    said = str(one.inputs.get("against", "real"))
    return said if said in _SIDES else "real"


def _place(trend: Evidence) -> tuple[str, str]:
    measure = trend.inputs["measure"] if "measure" in trend.inputs else f"accepted.{trend.inputs['check']}"
    return str(measure), _against(trend)


def _verdict(one: Evidence) -> Verdict:
    notes, told = one.inputs.get("notes") or (), one.inputs
    return Verdict(
        int(told["generation"]), str(told["corpus"]), str(told.get("colour", "")), str(told.get("stage", "none")),
        one.method, [notes] if isinstance(notes, str) else [str(note) for note in notes], _against(one),
    )  # fmt: skip


def _point(one: Evidence, silent: frozenset[int]) -> Point:
    generation = int(one.inputs["generation"])
    said = UNSAID if generation in silent else str(one.inputs.get("said", "undecided"))
    value, interval = _relative(one)
    return Point(generation, one, value, interval, UNSAID if value is None else said)


def _relative(one: Evidence) -> tuple[float | None, Interval | None]:
    """A difference and its interval in units of what it is compared with; None where it is not known in them."""
    relative = finite(one.inputs.get("relative"))
    if one.value is None or relative is None:
        return None, None
    if one.interval is None or not one.value:
        return relative, None
    return relative, Interval(*(end * relative / one.value for end in one.interval))


def _slope(one: Evidence | None) -> Point | None:
    """A trend in units of real text, or as it is where it is one of shares."""
    if one is None:
        return None
    value, interval = _relative(one) if "relative" in one.inputs else (one.value, one.interval)
    return Point(0, one, value, interval, str(one.inputs.get("said", "")))


def _kappa(one: Evidence) -> Point:
    """Below 1 the tail is written less than it is read; where the interval holds 1 that is open."""
    generation = int(one.inputs["generation"])
    if one.value is None or one.interval is None:
        return Point(generation, one, finite(one.value), None, "undecided" if one.value is not None else UNSAID)
    said = "worse" if one.interval.high < 1 else "better" if one.interval.low > 1 else "undecided"
    return Point(generation, one, one.value, one.interval, said)


def _shown(watch: Watch) -> Iterator[Evidence]:
    plots = [plot for side in watch.sides for family in side.families for plot in family.plots]
    yield from watch.lost
    for plot in (*plots, *watch.kappa, *watch.accepted):
        yield from (point.evidence for point in plot.points)
        if plot.trend is not None:
            yield plot.trend.evidence
