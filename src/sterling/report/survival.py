"""How long rare words last, as the page shows it: a plot for each mixing policy, a line for each band of types."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sterling.report.frames import Frame, apart, generation_ticks
from sterling.report.plots import Axis, Tick
from sterling.stats import Evidence

OWN = "this mix"
"""The policy that the recipe itself is."""
_KINDS = frozenset({"survival", "until", "calibration", "refusal"})
"""What is drawn or said of a policy; tail reproduction stands in the table."""
TINTS = 6
"""Tints of lines in the style sheet; further bands share the last."""
_FRAME = Frame(width=340, height=196, left=40, right=108, top=8, bottom=34)
_LABEL = 13.0
"""Height of a label."""


class Line(NamedTuple):
    """One band of types under one policy."""

    band: str
    n: int
    """Types."""
    kappa: float
    evidence: Sequence[Evidence]
    """By generation."""
    path: str
    """Points of the line in SVG."""
    area: str
    """Points around the interval."""
    end: float
    """Height of the last point."""
    label: float
    """Height of the label, clear of the others."""
    tint: int


class Outlook(NamedTuple):
    """One policy."""

    policy: str
    lines: Sequence[Line]
    ticks: Sequence[Tick]
    """Generations."""
    shares: Sequence[Tick]
    generations: Sequence[int]
    until: Sequence[Evidence]
    """Generations until some of the tail is gone."""
    calibration: Evidence | None
    frame: Frame = _FRAME

    @property
    def own(self) -> bool:
        """Whether it is the recipe's own mix."""
        return self.policy == OWN


class Forecast(NamedTuple):
    """Every policy, the recipe's own first."""

    outlooks: Sequence[Outlook]
    unsaid: Sequence[str]
    """Why there is no forecast where there could have been one."""


def foretold(evidence: Sequence[Evidence]) -> tuple[Forecast | None, list[Evidence]]:
    """The forecast, None where none was tried; and the evidence that it does not show."""
    mine = [one for one in evidence if _kind(one) in _KINDS]
    names = sorted(dict.fromkeys(map(_policy, mine)), key=lambda name: name != OWN)
    drawn = [found for name in names if (found := _outlook(name, [one for one in mine if _policy(one) == name]))]
    refused = [one for one in mine if _kind(one) == "refusal"]
    shown = {id(one) for outlook in drawn for one in _shown(outlook)} | {id(one) for one in refused}
    told = Forecast(drawn, list(dict.fromkeys(one.method for one in refused)))
    return told if any(told) else None, [one for one in evidence if id(one) not in shown]


def _kind(one: Evidence) -> str:
    return str(one.inputs.get("kind"))


def _policy(one: Evidence) -> str:
    return str(one.inputs["policy"])


def _outlook(policy: str, mine: Sequence[Evidence]) -> Outlook | None:
    bands: dict[str, dict[int, Evidence]] = {}
    for one in mine:
        if _kind(one) == "survival" and one.value is not None:
            bands.setdefault(str(one.inputs["band"]), {})[int(one.inputs["generation"])] = one
    if not bands:
        return None
    generations = sorted({generation for found in bands.values() for generation in found})
    across, upward = _FRAME.across(generations), Axis(0.0, 1.0, percent=True, ends=(_FRAME.south, _FRAME.top))
    until = [one for one in mine if _kind(one) == "until"]
    calibration = next((one for one in mine if _kind(one) == "calibration"), None)
    ticks, shares = generation_ticks(across, generations), upward.ticks()
    return Outlook(policy, _lines(bands, across, upward), ticks, shares, generations, until, calibration)


def _lines(bands: Mapping[str, Mapping[int, Evidence]], across: Axis, upward: Axis) -> list[Line]:
    ends = [upward.at(found[max(found)].value or 0.0) for found in bands.values()]
    labels = apart(ends, _LABEL, _FRAME.top + 4, _FRAME.south)
    return [
        _line(band, [found[generation] for generation in sorted(found)], (across, upward), (end, label), at)
        for at, ((band, found), end, label) in enumerate(zip(bands.items(), ends, labels, strict=True))
    ]


def _line(
    band: str, told: Sequence[Evidence], axes: tuple[Axis, Axis], heights: tuple[float, float], at: int
) -> Line:  # fmt: skip
    across, upward = axes
    places = [across.at(int(one.inputs["generation"])) for one in told]
    high, low = (
        [(x, upward.at(one.interval[side] if one.interval else one.value or 0.0)) for x, one in _paired(places, told)]
        for side in (1, 0)
    )
    path = [(x, upward.at(one.value or 0.0)) for x, one in _paired(places, told)]
    kappa = float(told[-1].inputs.get("kappa", 1.0))
    area = _points([*high, *reversed(low)])
    return Line(band, told[-1].n, kappa, told, _points(path), area, *heights, min(at, TINTS - 1))


def _paired(places: Sequence[float], told: Sequence[Evidence]) -> list[tuple[float, Evidence]]:
    return list(zip(places, told, strict=True))


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _shown(outlook: Outlook) -> list[Evidence]:
    drawn = [one for line in outlook.lines for one in line.evidence]
    return [*drawn, *outlook.until, *([] if outlook.calibration is None else [outlook.calibration])]
