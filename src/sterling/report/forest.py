"""An experiment as a forest plot: what each arm does better than its control, slice by slice."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sterling.report.plots import Axis
from sterling.stats import Evidence

_SLICES = {
    "all": "all held-out documents",
    "tail": "the tail: documents with the rarest words",
    "outside": "outside the synthetic distribution",
}
_UNITS = {"bits a token": "Loss, bits a token", "share of failures": "Share of failures on real tasks"}


class Row(NamedTuple):
    """One arm against its control."""

    arm: str
    control: str
    measure: str
    """The student or the task."""
    evidence: Evidence
    said: str
    """`better`, `worse` or `undecided`, as who measured it says; an interval alone knows nothing of the other arms."""

    @property
    def seeds(self) -> object:
        """How often the arm was trained anew."""
        return self.evidence.inputs.get("seeds")


class Group(NamedTuple):
    """Rows on the same documents."""

    title: str
    rows: Sequence[Row]


class Forest(NamedTuple):
    """Effects in the same unit, on one axis around 0."""

    title: str
    unit: str
    axis: Axis
    groups: Sequence[Group]

    @property
    def percent(self) -> bool:
        """Whether the effects are shares."""
        return self.axis.percent


class Experiment(NamedTuple):
    """What was tried, and what it came to."""

    verdict: Evidence | None
    words: Sequence[tuple[str, str]]
    """Of each arm, where more than one was judged."""
    forests: Sequence[Forest]
    unsuited: Sequence[str]
    """Why a student or a task could not be had."""
    notes: Sequence[str] = ()
    """That the share is lower than was asked, and which arms are fed the same."""


def experiment(evidence: Sequence[Evidence]) -> tuple[Experiment | None, list[Evidence]]:
    """The experiment, None where there was none; and the evidence that it does not show."""
    mine = [one for one in evidence if one.name.startswith("experiment.")]
    verdict = next((one for one in mine if one.name == "experiment.verdict"), None)
    effects = [one for one in mine if {"arm", "slice"} <= one.inputs.keys()]
    units = dict.fromkeys(str(one.inputs.get("unit", "")) for one in effects)
    forests = [_forest(unit, [one for one in effects if str(one.inputs.get("unit", "")) == unit]) for unit in units]
    unsuited = [one for one in mine if one.name == "experiment.unsuited"]
    notes = [one for one in mine if one.name.startswith("experiment.same.") or one.inputs.get("short")]
    shown = {id(one) for one in (*effects, verdict, *unsuited, *notes)}
    told = Experiment(
        verdict, _words(verdict), forests, [one.method for one in unsuited], [one.method for one in notes]
    )
    found = told if verdict is not None or forests else None
    return found, [one for one in evidence if found is None or id(one) not in shown]


def _words(verdict: Evidence | None) -> list[tuple[str, str]]:
    arms = {} if verdict is None else verdict.inputs.get("arms") or {}
    return [(str(arm), str(word)) for arm, word in arms.items()] if len(arms) > 1 else []


def _forest(unit: str, effects: Sequence[Evidence]) -> Forest:
    ends = [abs(end) for one in effects if one.value is not None for end in (one.value, *(one.interval or ()))]
    most = 1.08 * max([end for end in ends if end < float("inf")], default=1.0) or 1.0
    axis = Axis(-most, most, percent="share" in unit)
    return Forest(_UNITS.get(unit, unit or "Difference"), unit, axis, list(_groups(effects)))


def _groups(effects: Sequence[Evidence]) -> Iterator[Group]:
    slices = dict.fromkeys([*(name for name in _SLICES), *(str(one.inputs["slice"]) for one in effects)])
    for name in slices:
        rows = [_row(one) for one in effects if str(one.inputs["slice"]) == name]
        if rows:
            yield Group(_SLICES.get(name, name), rows)


def _row(one: Evidence) -> Row:
    measure = one.inputs.get("student") or one.inputs.get("task") or one.name.rpartition(".")[2]
    control, said = str(one.inputs.get("control", "")), str(one.inputs.get("said", "undecided"))
    return Row(str(one.inputs["arm"]), control, str(measure), one, said)
