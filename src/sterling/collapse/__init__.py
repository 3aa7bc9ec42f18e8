"""Whether variety is being lost: diversity on equal tokens."""

from sterling.collapse.diversity import MEASURES, diversity

__all__ = ["MEASURES", "diversity"]
