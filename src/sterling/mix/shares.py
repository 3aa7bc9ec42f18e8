"""The shares of a mix: how much of each kind of record, so that every demand holds; or which demands conflict."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from sterling.mix.demands import Demand
from sterling.mix.simplex import Inequality, Terms, solve

_ONE = Fraction(1)
_SOME = Fraction(1, 10**9)
"""More than nothing: shares of an empty mix would satisfy any cap."""
_STEPS = 10_000
"""In how many steps a share is sought that would do."""


class Cell(NamedTuple):
    """Records that no demand tells apart."""

    real: bool
    amount: Fraction | None
    """What there is of it, weighted and seen once; None where that is not known."""


class Shares(NamedTuple):
    """What a trainer is to see of each cell."""

    once: Sequence[Fraction]
    """At most what there is."""
    repeated: Sequence[Fraction]
    """Beyond, of real records."""

    @property
    def total(self) -> Fraction:
        """Of the whole mix."""
        return sum((*self.once, *self.repeated), Fraction(0))


class Conflict(NamedTuple):
    """A demand that cannot hold beside others."""

    demand: Demand
    needed: Fraction | None
    """What it would have to be, all others as they are; None where changing it alone is no help."""


class Infeasible(Exception):
    """No mix satisfies the demands, or none was found; `conflicts` are those that cannot hold together."""

    def __init__(self, conflicts: Sequence[Conflict], *, proved: bool = True) -> None:
        self.conflicts = tuple(conflicts)
        self.proved = proved
        """False where shares exist but no choice of whole records was found that has them."""
        super().__init__(", ".join(".".join(conflict.demand.path) for conflict in self.conflicts))


class Program:
    """A linear program over cells: one variable for what is seen once, one for what is repeated.

    `members` are the cells that each demand is about, by its path.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        demands: Sequence[Demand],
        members: Mapping[tuple[str, ...], frozenset[int]],
        *,
        epochs: int = 1,
        real_most: Fraction | None = None,
    ) -> None:
        self.cells, self.demands, self.members = cells, demands, members
        self.epochs, self.real_most = epochs, real_most

    def best(self, first: Literal["synthetic", "total"]) -> Shares | None:
        """Real records first, each once; then as much synthetic data, or as large a mix, as goes; then the fewest
        repetitions, spread evenly. None when the demands conflict."""
        real = self._sum(self._once(real=True))
        wanted = real if first == "total" else self._sum(self._once(real=False))
        if first == "total":
            wanted = self._sum([*range(len(self.cells)), *self._repeats()])
        fewest, evenly = dict.fromkeys(self._repeats(), -_ONE), {self._most_often(): -_ONE}
        found = solve([*self._bounds(), *self._rows(self.demands)], [real, wanted, fewest, evenly])
        if found is None:
            return None
        n = len(self.cells)
        once = [found.get(cell, Fraction(0)) for cell in range(n)]
        return Shares(once, [found.get(n + cell, Fraction(0)) for cell in range(n)])

    def conflicts(self) -> list[Conflict]:
        """The fewest demands that conflict, found by leaving out one after the other. Empty when none do."""
        if self._holds(self.demands):
            return []
        core = list(self.demands)
        for demand in self.demands:
            fewer = [one for one in core if one is not demand]
            if not self._holds(fewer):
                core = fewer
        return [Conflict(demand, self._needed(demand, [d for d in self.demands if d is not demand])) for demand in core]

    def _holds(self, demands: Sequence[Demand]) -> bool:
        return solve([*self._bounds(), *self._rows(demands)], []) is not None

    def _needed(self, demand: Demand, others: Sequence[Demand]) -> Fraction | None:
        """The nearest value with which the demands would hold."""
        if not self._holds(others):
            return None
        if demand.kind in {"share_at_most", "share_at_least"}:
            return self._share(demand, others)
        up = demand.kind == "at_least"
        mine = self._sum(self._variables(demand), _ONE if up else -_ONE)
        try:
            found = solve([*self._bounds(), *self._rows(others)], [mine])
        except ValueError:  # nothing bounds it
            return None
        return None if found is None else sum((found.get(v, Fraction(0)) for v in mine), Fraction(0))

    def _share(self, demand: Demand, others: Sequence[Demand]) -> Fraction | None:
        """By halving: the smallest cap, or the largest floor, that holds beside the others."""
        upward = demand.kind == "share_at_most"
        good, bad = (_STEPS, 0) if upward else (0, _STEPS)
        while abs(good - bad) > 1:
            middle = (good + bad) // 2
            holds = self._holds([*others, demand._replace(value=Fraction(middle, _STEPS))])
            good, bad = (middle, bad) if holds else (good, middle)
        return Fraction(good, _STEPS)

    def _bounds(self) -> Iterator[Inequality]:
        """What there is of each cell, how often it may be seen, and that the mix is not empty."""
        n = len(self.cells)
        for number, cell in enumerate(self.cells):
            if cell.amount is not None:
                yield Inequality({number: _ONE}, cell.amount)
        for repeat in self._repeats():
            yield Inequality({repeat: _ONE, repeat - n: -Fraction(self.epochs - 1)}, Fraction(0))
            if (amount := self.cells[repeat - n].amount) is not None:
                yield Inequality({repeat: _ONE, self._most_often(): -amount}, Fraction(0))
        if self.real_most is not None:
            yield Inequality(self._sum(self._once(real=True)), self.real_most)
        yield Inequality(self._sum([*range(n), *self._repeats()], -_ONE), -_SOME)

    def _rows(self, demands: Sequence[Demand]) -> Iterator[Inequality]:
        everything = [*range(len(self.cells)), *self._repeats()]
        for demand in demands:
            mine = frozenset(self._variables(demand))
            match demand.kind:
                case "share_at_most":
                    yield Inequality({v: (v in mine) - demand.value for v in everything}, Fraction(0))
                case "share_at_least":
                    yield Inequality({v: demand.value - (v in mine) for v in everything}, Fraction(0))
                case "at_most":
                    yield Inequality(self._sum(mine), demand.value)
                case "at_least":
                    yield Inequality(self._sum(mine, -_ONE), -demand.value)

    def _variables(self, demand: Demand) -> Iterator[int]:
        for cell in sorted(self.members[demand.path]):
            yield cell
            if cell + len(self.cells) in self._repeats():
                yield cell + len(self.cells)

    def _once(self, *, real: bool) -> list[int]:
        return [number for number, cell in enumerate(self.cells) if cell.real == real]

    def _most_often(self) -> int:
        """The variable that is no less than the repetitions of any cell, beside what there is of it."""
        return 2 * len(self.cells)

    def _repeats(self) -> list[int]:
        return [len(self.cells) + number for number in self._once(real=True)] if self.epochs > 1 else []

    def _sum(self, variables: Iterable[int], factor: Fraction = _ONE) -> Terms:
        return dict.fromkeys(variables, factor)
