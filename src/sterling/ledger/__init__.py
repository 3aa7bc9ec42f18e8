"""What a run wrote down of itself, and how to read it: the trail of steps, one record's life, the whole as tables."""

from sterling.ledger.life import Judgement, Life, trace
from sterling.ledger.lock import alone, at_work
from sterling.ledger.trail import Stage, Trail, ended, line_of, read_trail
from sterling.ledger.view import Run, Table

__all__ = [
    "Judgement", "Life", "Run", "Stage", "Table", "Trail", "alone", "at_work", "ended", "line_of", "read_trail",
    "trace",
]  # fmt: skip
