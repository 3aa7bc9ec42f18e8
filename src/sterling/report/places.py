"""Which evidence is drawn as dots with intervals on one axis, and where on the page."""

from collections.abc import Sequence
from typing import NamedTuple

from sterling.report.limits import Cut, Limits, cut
from sterling.report.plots import Axis
from sterling.report.tails import chance_axis, tail_place
from sterling.report.voices import AREAS
from sterling.stats import Evidence


class Plot(NamedTuple):
    """Evidence on one axis."""

    title: str
    axis: Axis
    rows: Cut[tuple[str, Evidence]]
    """(label, evidence)."""


def plots(evidence: Sequence[Evidence], limits: Limits) -> tuple[dict[str, Cut[Plot]], list[Evidence]]:
    """Diversity by measure; acceptance, errors and treatment of the rare by check; and the evidence that none shows."""
    drawn: dict[str, dict[str, list[tuple[str, Evidence]]]] = {section: {} for section in _SECTIONS}
    rest = []
    for one in evidence:
        place = _place(one)
        if place is None:
            rest.append(one)
        else:
            drawn[place.section].setdefault(place.plot, []).append((place.row, one))
    return {
        section: cut((_plot(title, rows, _axis(section, rows), limits) for title, rows in plots.items()), limits.lines)
        for section, plots in drawn.items()
    }, rest


class _Place(NamedTuple):
    """Where a number is drawn."""

    section: str
    plot: str
    row: str


_RATES = frozenset({"false_accepts", "false_rejects", "precision"})
"""What is drawn of a verifier; single kinds of near misses are too few each, and stand in the table."""
_SECTIONS = ("diversity", "accepted", "verifiers", "tails", "chance", "yields", "voice")


def _place(one: Evidence) -> _Place | None:
    first, _, name = one.name.partition(".")
    corpus, dot, measure = name.partition(".")
    check = str(one.inputs.get("check", ""))
    if first == "diversity" and dot:
        return _Place("diversity", measure, corpus)
    if first == "check" and name.endswith(".accepted"):
        return _Place("accepted", name.removesuffix(".accepted"), _maker_of(one))
    if first == "verifiers" and name.removeprefix(f"{check}.") in _RATES:
        return _Place("verifiers", check, name.removeprefix(f"{check}.").replace("_", " "))
    if one.name in AREAS:
        return _Place("voice", check, AREAS[one.name])
    if first == "generate" and name.endswith(".yield"):
        return _Place("yields", str(one.inputs["strategy"]), str(one.inputs["cell"]))
    tail = tail_place(one)
    return None if tail is None else _Place(*tail)


def _axis(section: str, rows: Sequence[tuple[str, Evidence]]) -> Axis:
    if section == "chance":
        return chance_axis(rows)
    return Axis.around([one for _, one in rows]) if section == "diversity" else Axis(0, 1, percent=True)


def _plot(title: str, rows: Sequence[tuple[str, Evidence]], axis: Axis, limits: Limits) -> Plot:
    return Plot(title, axis, cut(rows, limits.lines))


def _maker_of(evidence: Evidence) -> str:
    parts = [str(evidence.inputs[key]) for key in ("model", "strategy") if evidence.inputs.get(key)]
    return " · ".join(parts) or "all records"
