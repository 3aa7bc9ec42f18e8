"""Linear programs in exact arithmetic: small ones, of as many variables as a mix has kinds of records."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

Terms = Mapping[int, Fraction]
"""Coefficients by variable; those of 0 are left out."""
_ZERO = Fraction(0)
_HURRIED = 60
"""Pivots by the largest gain before Bland's rule takes over, which never runs in a circle."""


class Inequality(NamedTuple):
    """The sum of terms is at most the bound."""

    terms: Terms
    most: Fraction


def solve(inequalities: Sequence[Inequality], objectives: Sequence[Terms]) -> dict[int, Fraction] | None:
    """Variables, all at least 0, under the inequalities: the first objective greatest, then the second, and so on.

    None when no values satisfy all inequalities. ValueError when an objective has no bound. The method is the simplex
    of dictionaries (Chvátal, Linear Programming, 1983); between objectives, what would cost an earlier one is frozen.
    Variables that are in no inequality and no objective are left out of the answer.
    """
    table = _Table(inequalities)
    if not table.begin():
        return None
    frozen: set[int] = set()
    for objective in objectives:
        gains = table.express(objective)
        table.climb(gains, frozen)
        frozen |= {variable for variable, gain in gains.items() if gain and variable != _CONSTANT}
    return {variable: table.value(variable) for variable in table.variables}


_CONSTANT = -1
_HELPER = -2
"""The variable that is added to each row to find a first solution, and must come to 0."""

_Row = dict[int, Fraction]
"""A basic variable in terms of those that are not; its constant under `_CONSTANT`."""


class _Table:
    """A dictionary: every basic variable as a row. Slacks are numbered after the program's own variables."""

    def __init__(self, inequalities: Sequence[Inequality]) -> None:
        self.variables = sorted({variable for one in inequalities for variable in one.terms})
        first = 1 + max(self.variables, default=0)
        self.rows: dict[int, _Row] = {}
        for number, (terms, most) in enumerate(inequalities):
            row = {variable: -factor for variable, factor in terms.items() if factor}
            self.rows[first + number] = row | {_CONSTANT: Fraction(most)}

    def value(self, variable: int) -> Fraction:
        """Of a variable where the program stands."""
        return self.rows[variable][_CONSTANT] if variable in self.rows else _ZERO

    def express(self, objective: Terms) -> _Row:
        """An objective in terms of the variables that are not basic."""
        gains: _Row = {_CONSTANT: _ZERO}
        for variable, factor in objective.items():
            _add(gains, self.rows.get(variable, {variable: Fraction(1)}), factor)
        return gains

    def begin(self) -> bool:
        """Go to some solution; False when there is none."""
        least = min(self.rows, key=lambda name: (self.rows[name][_CONSTANT], name), default=None)
        if least is None or self.rows[least][_CONSTANT] >= 0:
            return True
        for row in self.rows.values():
            row[_HELPER] = Fraction(1)
        gains: _Row = {_CONSTANT: _ZERO, _HELPER: Fraction(-1)}
        self._pivot(_HELPER, least, gains)
        self.climb(gains, set())
        if gains[_CONSTANT] < 0:
            return False
        self._drop_helper(gains)
        return True

    def _drop_helper(self, gains: _Row) -> None:
        if _HELPER in self.rows:
            others = [variable for variable in self.rows[_HELPER] if variable != _CONSTANT]
            if others:
                self._pivot(min(others), _HELPER, gains)
            else:
                del self.rows[_HELPER]
        for row in self.rows.values():
            row.pop(_HELPER, None)

    def climb(self, gains: _Row, frozen: set[int]) -> None:
        """Pivot until nothing that is not frozen gains."""
        pivots = 0
        while (enter := self._entering(gains, frozen, hurried=pivots < _HURRIED)) is not None:
            self._pivot(enter, self._leaving(enter), gains)
            pivots += 1

    def _entering(self, gains: _Row, frozen: set[int], *, hurried: bool) -> int | None:
        rising = [v for v, gain in gains.items() if gain > 0 and v != _CONSTANT and v not in frozen]
        if not rising:
            return None
        return max(rising, key=lambda v: (gains[v], -v)) if hurried else min(rising)

    def _leaving(self, enter: int) -> int:
        """The row that first reaches 0; the helper before others, so that it leaves for good."""
        falling = [(row[_CONSTANT] / -row[enter], name) for name, row in self.rows.items() if row.get(enter, 0) < 0]
        if not falling:
            raise ValueError("the objective has no bound")
        return min(falling, key=lambda one: (one[0], one[1] != _HELPER, one[1]))[1]

    def _pivot(self, enter: int, leave: int, gains: _Row) -> None:
        old = self.rows.pop(leave)
        factor = -1 / old.pop(enter)
        new = {variable: value * factor for variable, value in old.items()} | {leave: -factor}
        for row in (*self.rows.values(), gains):
            by = row.pop(enter, _ZERO)
            if by:
                _add(row, new, by)
        self.rows[enter] = new


def _add(row: _Row, other: Terms, factor: Fraction) -> None:
    for variable, value in other.items():
        total = row.get(variable, _ZERO) + value * factor
        if total or variable == _CONSTANT:
            row[variable] = total
        else:
            row.pop(variable, None)
