"""What each generation's model can still do, band by band, over generations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sterling.report.series import Point, Series, finite, series
from sterling.stats import Evidence

_QUESTIONS = {
    "pass": "Share of answers that are verified as right",
    "distinct": "Distinct right solutions of an item",
    "token_entropy": "Token entropy, bits",
}


class Told(NamedTuple):
    """One later model in a sentence."""

    generation: int
    name: str
    stage: str
    sentence: str


class Question(NamedTuple):
    """One thing that was asked of every model."""

    title: str
    plots: Sequence[Series]
    """A plot for each band of tasks."""


class Models(NamedTuple):
    """The models of some generations."""

    told: Sequence[Told]
    questions: Sequence[Question]


def examined(evidence: Sequence[Evidence]) -> tuple[Models | None, list[Evidence]]:
    """The models, None where none was asked; and the evidence that is not shown."""
    mine = [one for one in evidence if one.name.startswith("models.")]
    verdicts, found, levels = (
        [one for one in mine if one.inputs.get("kind") == kind] for kind in ("verdict", "change", "level")
    )
    changes = {_place(one): one for one in found}
    if not levels:
        return None, list(evidence)
    told = sorted(map(_told, verdicts), key=lambda one: one.generation)
    shown = {id(one) for one in (*levels, *verdicts)}
    rest = [one for one in evidence if id(one) not in shown]
    return Models(told, list(_questions(levels, changes))), rest


def _told(one: Evidence) -> Told:
    return Told(int(one.inputs["generation"]), _name(one), str(one.inputs.get("stage", "none")), one.method)


def _name(one: Evidence) -> str:
    return str(one.inputs.get("name") or one.name.split(".")[1])


def _place(one: Evidence) -> tuple[int, str, str]:
    """Generation, what was asked, and the band, empty for all items."""
    band = str(one.inputs.get("band", ""))
    what = one.name.removeprefix(f"models.{_name(one)}.").removesuffix(".change").removesuffix(f".{band}")
    return int(one.inputs["generation"]), what, band


def _questions(levels: Sequence[Evidence], changes: Mapping[tuple[int, str, str], Evidence]) -> Iterator[Question]:
    generations = sorted({int(one.inputs["generation"]) for one in levels})
    for what in dict.fromkeys(_place(one)[1] for one in levels):
        asked = [one for one in levels if _place(one)[1] == what]
        bands = dict.fromkeys(_place(one)[2] for one in asked)
        points = [_point(one, changes.get(_place(one))) for one in asked]
        plots = [_plot(what, band, [p for p in points if _place(p.evidence)[2] == band], generations) for band in bands]
        yield Question(_title(what), plots)


def _title(what: str) -> str:
    if what.startswith("pass@"):
        return f"Share of items that one of {what.removeprefix('pass@')} answers solves"
    return _QUESTIONS.get(what, what.replace("_", " "))


def _point(one: Evidence, change: Evidence | None) -> Point:
    """Shaped by what is said of its change since the first generation."""
    said = "plain" if change is None else str(change.inputs.get("said", "undecided"))
    return Point(int(one.inputs["generation"]), one, finite(one.value), one.interval, said)


def _plot(what: str, band: str, points: Sequence[Point], generations: Sequence[int]) -> Series:
    share = what.startswith("pass")
    return series(band or "all items", points, 0.0 if share else None, percent=share, generations=generations)
