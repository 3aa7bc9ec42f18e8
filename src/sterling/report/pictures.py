"""The pictures that a run's report and the pages of single commands share, and the evidence that none of them shows."""

from collections.abc import Sequence
from typing import NamedTuple

from sterling.report.forest import Experiment, experiment
from sterling.report.models import Models, examined
from sterling.report.panel import Watch, watched
from sterling.report.survival import Forecast, foretold
from sterling.report.target import Target, target
from sterling.stats import Evidence


class Pictures(NamedTuple):
    """Each is None where there is no evidence for it."""

    watch: Watch | None
    models: Models | None
    forecast: Forecast | None
    experiment: Experiment | None
    target: Target | None
    rest: Sequence[Evidence]


def pictures(evidence: Sequence[Evidence]) -> Pictures:
    """Every picture for which there is evidence. A number is in one picture or in `rest`, never in none."""
    watch, rest = watched(evidence)
    models, rest = examined(rest)
    forecast, rest = foretold(rest)
    tried, rest = experiment(rest)
    real, rest = target(rest)
    return Pictures(watch, models, forecast, tried, real, rest)
