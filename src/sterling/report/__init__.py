"""Evidence to one page: what a person looks at, and `report.json` for machines."""

from sterling.report.alone import Head, render_experiment, render_monitor
from sterling.report.model import AnchorLine, Conclusion, Report, Sample, Slice, StepLine
from sterling.report.page import render

__all__ = [
    "AnchorLine",
    "Conclusion",
    "Head",
    "Report",
    "Sample",
    "Slice",
    "StepLine",
    "render",
    "render_experiment",
    "render_monitor",
]
