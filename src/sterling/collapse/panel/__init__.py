"""What a monitor looks at: measures of a stretch of text, most of them against real text that nobody trained on."""

from sterling.collapse.panel.measures import PANEL, Measure, measured
from sterling.collapse.panel.reference import Reference
from sterling.collapse.panel.stretches import Stretch, stretches

__all__ = ["PANEL", "Measure", "Reference", "Stretch", "measured", "stretches"]
