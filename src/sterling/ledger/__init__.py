"""What a run wrote down of itself, and how to read it: the trail of steps, one record's life, the whole as tables."""

from sterling.ledger.life import Judgement, Life, trace
from sterling.ledger.trail import Stage, Trail, read_trail
from sterling.ledger.view import Run, Table

__all__ = ["Judgement", "Life", "Run", "Stage", "Table", "Trail", "read_trail", "trace"]
