"""What can be named in a recipe: sources, strategies and checks, ours by decorator, others' by entry point.

Third parties register the same classes under the entry-point group `sterling.sources`, `sterling.strategies` or
`sterling.checks`; one that fails to import is named in a warning and left out, and never breaks a run that does not
use it.
"""

from sterling.registry.check import (
    Check,
    FitContext,
    ModelCheck,
    NearMiss,
    RecordCheck,
    Resolution,
    RowPairs,
    Ruling,
    Seed,
    SetCheck,
)
from sterling.registry.names import Kind, available, lookup, register
from sterling.registry.part import Part
from sterling.registry.source import Item, Source
from sterling.registry.strategy import Made, Past, Proposal, Strategy, Task

__all__ = [
    "Check",
    "FitContext",
    "Item",
    "Kind",
    "Made",
    "ModelCheck",
    "NearMiss",
    "Part",
    "Past",
    "Proposal",
    "RecordCheck",
    "Resolution",
    "RowPairs",
    "Ruling",
    "Seed",
    "SetCheck",
    "Source",
    "Strategy",
    "Task",
    "available",
    "lookup",
    "register",
]
