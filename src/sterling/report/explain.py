"""The page of `sterling forecast --explain`: what collapse is, in plots of formulas and of loops that were run."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sterling.report.frames import Frame, apart
from sterling.report.limits import Limits
from sterling.report.plots import Axis, Tick
from sterling.report.sheet import drawn
from sterling.stats import Evidence

_FRAME = Frame(width=460, height=250, left=54, right=158, top=12, bottom=40)
_SHAPE = Frame(width=250, height=150, left=14, right=14, top=8, bottom=12)
_LABEL = 14.0
"""Height of a label."""
_TINTS = 7
_FLOOR = 1e-12
"""What a logarithmic axis shows at least."""


class Kind(NamedTuple):
    """How one figure is drawn."""

    across: str
    upward: str
    percent: bool = False
    log: bool = False


_KINDS: Mapping[str, Kind] = {
    "errors_alone": Kind("generation", "distance to the truth", percent=True),
    "errors_mended": Kind("generation", "distance to the truth", percent=True),
    "drift": Kind("generation", "probability that two draws differ", percent=True),
    "sharpened": Kind("generation", "probability that two draws differ", percent=True),
    "gaussian_error": Kind("generation", "squared error, in units of one honest fit"),
    "gaussian_variance": Kind("generation", "median variance, truth = 1", log=True),
    "gaussian_real": Kind("generation", "squared error of the mean, in units of one honest fit"),
    "golden": Kind("weight of the real data", "squared error in the long run"),
    "least_squares": Kind("generation", "squared error, in units of one honest fit"),
    "rare_words": Kind("generation", "words seen once that are still written", percent=True),
    "bursts": Kind("generation", "words seen 3-4 times that are still written", percent=True),
    "verifier": Kind("generation", "squared error, noise = 1"),
}


class Mark(NamedTuple):
    """A simulated value with its interval, in SVG units."""

    x: float
    y: float
    low: float
    high: float


class Curve(NamedTuple):
    """A formula and what was simulated."""

    name: str
    path: str
    """Points of the formula in SVG; empty where there is none."""
    marks: Sequence[Mark]
    n: int
    """Repetitions behind each mark."""
    tint: int
    end: float
    label: float
    points: Sequence[Evidence]


class Figure(NamedTuple):
    """One plot."""

    name: str
    kind: Kind
    curves: Sequence[Curve]
    ticks: Sequence[Tick]
    scale: Sequence[Tick]
    frame: Frame = _FRAME

    @property
    def runs(self) -> str:
        """How often each loop was run, in words."""
        counts = {curve.name: f"{curve.n:,}" for curve in self.curves if curve.n}
        if len(set(counts.values())) == 1:
            return f"{next(iter(counts.values()))} runs of {'each' if len(counts) > 1 else 'the'} loop"
        return "runs of the loop: " + ", ".join(f"{n} ({name})" for name, n in counts.items())


class Shape(NamedTuple):
    """What became of a distribution."""

    name: str
    curves: Sequence[tuple[str, str]]
    """(generation, points in SVG), the truth first."""
    frame: Frame = _SHAPE


def render_explanation(evidence: Sequence[Evidence], corpus: str | None = None) -> str:
    """One self-contained page. `corpus`: what the loop on text was run on; None for made-up documents."""
    groups: dict[str, list[Evidence]] = {}
    for one in evidence:
        groups.setdefault(str(one.inputs["figure"]), []).append(one)
    figures = {name: _figure(name, _KINDS[name], groups[name]) for name in groups if name in _KINDS}
    shapes = [_shape(name, found) for name, found in groups.items() if name.startswith("shape: ")]
    return drawn("explain.html", Limits(), figures=figures, shapes=shapes, corpus=corpus)


def _figure(name: str, kind: Kind, points: Sequence[Evidence]) -> Figure:
    places = [float(one.inputs["x"]) for one in points]
    across = Axis(min(places), max(places), ends=(_FRAME.left, _FRAME.east))
    upward = _FRAME.upward([_height(kind, value) for one in points for value in _values(one)], kind.percent)
    curves = _curves(kind, points, across, upward)
    scale = _powers(upward) if kind.log else upward.ticks()
    return Figure(name, kind, curves, across.ticks(), scale)


def _values(one: Evidence) -> list[float]:
    formula = one.inputs["formula"]
    known = [] if one.value is None else [one.value, *(one.interval or ())]
    return known if formula is None else [*known, float(formula)]


def _height(kind: Kind, value: float) -> float:
    return math.log10(max(value, _FLOOR)) if kind.log else value


def _powers(axis: Axis) -> list[Tick]:
    """Powers of ten, as many as can be read."""
    low, high = math.ceil(axis.low), math.floor(axis.high)
    step = max(1, -(-(high - low) // 5))
    return [Tick(axis.at(power), _power(power)) for power in range(high, low - 1, -step)]


def _power(exponent: int) -> str:
    """1, and others as 10 with a raised exponent."""
    raised = str(exponent).translate(
        str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
    )
    return "1" if exponent == 0 else f"10{raised}"


def _curves(kind: Kind, points: Sequence[Evidence], across: Axis, upward: Axis) -> list[Curve]:
    groups: dict[str, list[Evidence]] = {}
    for one in points:
        groups.setdefault(str(one.inputs["curve"]), []).append(one)
    ends = [upward.at(_height(kind, _values(found[-1])[-1])) for found in groups.values()]
    labels = apart(ends, _LABEL, _FRAME.top + 4, _FRAME.south)
    return [
        _curve(kind, name, found, (across, upward), (end, label), min(at, _TINTS - 1))
        for at, ((name, found), end, label) in enumerate(zip(groups.items(), ends, labels, strict=True))
    ]


def _curve(
    kind: Kind, name: str, found: Sequence[Evidence], axes: tuple[Axis, Axis], heights: tuple[float, float], tint: int
) -> Curve:
    across, upward = axes
    formula = [
        f"{across.at(float(one.inputs['x'])):g},{upward.at(_height(kind, float(one.inputs['formula']))):g}"
        for one in found
        if one.inputs["formula"] is not None
    ]
    marks = []
    for one in found:
        if one.value is not None:
            low, high = one.interval or (one.value, one.value)
            heights_of = [upward.at(_height(kind, value)) for value in (one.value, low, high)]
            marks.append(Mark(across.at(float(one.inputs["x"])), *heights_of))
    n = max(one.n for one in found)
    return Curve(name, " ".join(formula), marks, n, tint, *heights, found)


def _shape(name: str, found: Sequence[Evidence]) -> Shape:
    groups: dict[str, list[Evidence]] = {}
    for one in found:
        groups.setdefault(str(one.inputs["curve"]), []).append(one)
    # A single bin may hold nearly everything in the end; heights above three of the truth's are cut.
    highest = 3 * max(one.value or 0.0 for one in next(iter(groups.values())))
    across, upward = Axis(-6, 6, ends=(_SHAPE.left, _SHAPE.east)), Axis(0, highest, ends=(_SHAPE.south, _SHAPE.top))
    curves = [
        (
            curve,
            " ".join(
                f"{across.at(x):g},{upward.at(one.value or 0.0):g}"
                for one in bins
                if abs(x := float(one.inputs["x"])) <= 6
            ),
        )
        for curve, bins in groups.items()
    ]
    return Shape(name.removeprefix("shape: "), curves)
