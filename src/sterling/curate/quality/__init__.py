"""`quality`: heuristics of the field, each with its limit, its source and its evidence."""

from sterling.curate.quality.check import Quality

__all__ = ["Quality"]
