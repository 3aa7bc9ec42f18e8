"""Synthetic prompts held against what real users ask: a dot for each measure, in units of its margin."""

from collections.abc import Sequence
from typing import NamedTuple

from sterling.report.plots import Axis
from sterling.report.series import finite
from sterling.stats import Evidence, Interval

_TITLES = {"target": "Synthetic prompts of the mix", "target.seeds": "Their seeds"}
_CENTRES = {"separability": 0.5}
"""Of measures for which no difference is not 0."""
_WIDEST = 8.0
"""Margins on each side that the axis shows at most; what lies beyond stands at its end."""


class Row(NamedTuple):
    """One measure."""

    measure: str
    evidence: Evidence
    drawn: Evidence | None
    """Value and interval in margins; None where there is none."""
    said: str


class Subject(NamedTuple):
    """What is held against real inputs."""

    title: str
    rows: Sequence[Row]


class Target(NamedTuple):
    """All measures on one axis."""

    sample: Evidence | None
    """How much there was to compare."""
    axis: Axis
    subjects: Sequence[Subject]

    @property
    def needs(self) -> str:
        """What would do where the sample is too small; empty where it is not."""
        return "" if self.sample is None else str(self.sample.inputs.get("needs", ""))


def target(evidence: Sequence[Evidence]) -> tuple[Target | None, list[Evidence]]:
    """The comparison, None where there is none; and the evidence that it does not show."""
    mine = [one for one in evidence if one.name.startswith("target.") and "measure" in one.inputs]
    sample = next((one for one in evidence if one.name == "target.sample"), None)
    if not mine and sample is None:
        return None, list(evidence)
    names = dict.fromkeys(_subject(one) for one in mine)
    subjects = [Subject(_TITLES.get(n, n), [_row(one) for one in mine if _subject(one) == n]) for n in names]
    ends = [abs(end) for subject in subjects for row in subject.rows for end in _ends(row)]
    most = min(_WIDEST, max([1.5, *ends]) * 1.08)
    shown = {id(one) for one in (*mine, sample)}
    return Target(sample, Axis(-most, most), subjects), [one for one in evidence if id(one) not in shown]


def _subject(one: Evidence) -> str:
    return one.name.rpartition(".")[0]


def _row(one: Evidence) -> Row:
    measure = str(one.inputs["measure"])
    margin, said = finite(one.inputs.get("margin")), str(one.inputs.get("said", "undecided"))
    if one.value is None or not margin:
        return Row(measure, one, None, said)
    centre = _CENTRES.get(measure, 0.0)
    interval = None if one.interval is None else Interval(*((end - centre) / margin for end in one.interval))
    drawn = Evidence(one.name, (one.value - centre) / margin, one.n, interval, one.method)
    return Row(measure, one, drawn, said)


def _ends(row: Row) -> tuple[float, ...]:
    if row.drawn is None or row.drawn.value is None:
        return ()
    return row.drawn.value, *(row.drawn.interval or ())
