"""Pages of single commands: an experiment, or generations under watch, with the pictures of a run's report."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

from sterling.report.folding import folded
from sterling.report.limits import Limits
from sterling.report.pictures import Pictures, pictures
from sterling.report.sheet import drawn, fitted
from sterling.stats import Evidence


class Head(NamedTuple):
    """What stands on top of a page."""

    title: str
    """Name of the recipe, or of the files."""
    sentence: str = ""
    """One plain sentence below it."""
    created: str = ""
    """ISO 8601; empty where it is not said."""
    facts: Mapping[str, str] = {}
    """Small print: digest of the recipe, seed, files."""


def render_experiment(evidence: Sequence[Evidence], head: Head) -> str:
    """`experiments/<name>/report.html`: one self-contained page. Evidence that no picture shows is in its table."""
    return _rendered("experiment", evidence, head)


def render_monitor(evidence: Sequence[Evidence], head: Head) -> str:
    """The page of `sterling monitor --html`: one self-contained page, as that of an experiment."""
    return _rendered("monitor", evidence, head)


def _rendered(kind: Literal["experiment", "monitor"], evidence: Sequence[Evidence], head: Head) -> str:
    return fitted(partial(_page, kind, pictures(evidence), head))


def _page(kind: str, shown: Pictures, head: Head, limits: Limits) -> str:
    return drawn("alone.html", limits, kind=kind, head=head, pictures=shown, rest=folded(shown.rest, limits))
