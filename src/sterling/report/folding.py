"""Evidence that no picture shows: one table, and what comes in hundreds folded by its kind."""

from collections.abc import Sequence
from typing import NamedTuple

from sterling.report.limits import Cut, Limits, cut
from sterling.stats import Evidence

_MANY = 24
"""Rows of one kind that stand in the table; more are folded."""


class Fold(NamedTuple):
    """Numbers of one kind."""

    kind: str
    """The first part of their names."""
    rows: Cut[Evidence]

    @property
    def size(self) -> int:
        """All of them."""
        return len(self.rows.shown) + self.rows.more


class Rest(NamedTuple):
    """All other evidence."""

    table: Cut[Evidence]
    folds: Cut[Fold]


def folded(evidence: Sequence[Evidence], limits: Limits) -> Rest:
    """Kinds in the order in which they first come. What is cut is counted."""
    kinds: dict[str, list[Evidence]] = {}
    for one in evidence:
        kinds.setdefault(one.name.partition(".")[0], []).append(one)
    plain = [one for rows in kinds.values() if len(rows) <= _MANY for one in rows]
    folds = [Fold(kind, cut(rows, limits.lines)) for kind, rows in kinds.items() if len(rows) > _MANY]
    return Rest(cut(plain, limits.rows), cut(folds, limits.few))
