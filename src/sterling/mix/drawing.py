"""From demands to whole records: the shares are solved for, then records are taken until those are reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import NamedTuple

import numpy as np

from sterling.mix.demands import Demand, demands_of, members
from sterling.mix.limits import Limit, proportional_limit, synthetic_limit
from sterling.mix.pool import Amounts, Bools, Pool, written
from sterling.mix.shares import Cell, Conflict, Infeasible, Program, Shares
from sterling.mix.spread import I64
from sterling.mix.taking import take

_NEARLY = Fraction(95, 100)
"""Of the size that the shares promise: a spread choice that reaches it is preferred to the one cell by cell."""


class Draw(NamedTuple):
    """Which records are taken."""

    pool: Pool
    """With the weights that they are taken at."""
    real: I64
    """Rows in the order of taking."""
    other: I64
    limit: Limit
    """What the real part allows of synthetic data under cap, floor and budget."""
    demands: Sequence[Demand]
    members: Bools
    """Which rows each demand is about."""
    reached: Fraction | None = None
    """Size of the mix beside the one that the shares promised; None where nothing was solved."""

    @property
    def taken(self) -> Bools:
        """Whether each row is."""
        mask = np.zeros(len(self.pool.size), dtype=bool)
        mask[self.real] = mask[self.other] = True
        return mask


def draw(pool: Pool) -> Draw:
    """Real records, then synthetic ones. Infeasible when the demands conflict or leave nothing."""
    budget = pool.budget()
    demands = demands_of(pool.rules, budget)
    mask = members(pool.candidates, pool.is_real, demands)
    if pool.rules.solved:
        return _Solver.of(pool, demands, mask).draw()
    return _in_turn(pool, demands, mask, budget)


def _in_turn(pool: Pool, demands: Sequence[Demand], mask: Bools, budget: int | None) -> Draw:
    """Without further demands the real part decides alone how much the synthetic one may be."""
    seen, scale = pool.seen(), pool.scale
    real, other = pool.taken_in_order(pool.is_real), pool.taken_in_order(~pool.is_real)
    everyone = np.ones((1, len(seen)), dtype=bool)
    most = _real_most(pool, budget)
    if most is not None:
        real = take(real, seen, everyone, [_room(most, pool.weights[:1], scale)])
    anchor = Fraction(int(seen[real].sum()), scale)
    limit = synthetic_limit(pool.rules, anchor, budget)
    if limit.most is not None:
        other = take(other, seen, everyone, [_room(limit.most, pool.weights[1:], scale)])
    return Draw(pool, real, other, limit, demands, mask)


def _room(most: Fraction, weights: Sequence[Fraction], scale: int) -> int:
    """With less than one unit allowed, not even a record of size 0 is."""
    return -1 if most < min(weights) else floor(most * scale)


def _real_most(pool: Pool, budget: int | None) -> Fraction | None:
    """The most of a budget that real data may take; None without one."""
    if budget is None:
        return None
    if pool.rules.draw == "real_first":
        return Fraction(budget)
    real, other = (pool.amount(pool.eligible & side) for side in (pool.is_real, ~pool.is_real))
    return proportional_limit(pool.rules, Fraction(budget), real, other)


@dataclass(frozen=True, slots=True)
class _Solver:
    """The demands of one mix, and the cells that they tell apart."""

    pool: Pool
    demands: Sequence[Demand]
    members: Bools
    cell: I64
    """Number of each row's cell; -1 for rows that are not eligible."""
    program: Program

    @classmethod
    def of(cls, pool: Pool, demands: Sequence[Demand], mask: Bools) -> "_Solver":
        """Cells are sides and sets of demands."""
        code = _together(np.vstack([pool.is_real[None], mask])[:, pool.eligible])
        cell = np.full(len(pool.size), -1, dtype=np.int64)
        cell[pool.eligible] = code
        _, first = np.unique(code, return_index=True)
        rows = np.flatnonzero(pool.eligible)[first]
        amounts = _amounts(pool, cell, len(rows))
        cells = [Cell(bool(pool.is_real[row]), amount) for row, amount in zip(rows, amounts, strict=True)]
        inside = {
            demand.path: frozenset(np.flatnonzero(row[rows]).tolist())
            for demand, row in zip(demands, mask, strict=True)
        }
        most = None if pool.rules.draw == "real_first" else _real_most(pool, pool.budget())
        return cls(pool, demands, mask, cell, Program(cells, demands, inside, epochs=pool.rules.epochs, real_most=most))

    def draw(self) -> Draw:
        """The best whole choice: spread over all cells where that loses nothing, else cell by cell."""
        shares = self._shares()
        if not any(shares.repeated):
            return self._best(shares, up=False)
        try:
            up = self._best(shares, up=True)
        except Infeasible:
            return self._best(shares, up=False)
        try:
            down = self._best(shares, up=False)
        except Infeasible:
            return up
        return max(down, up, key=lambda one: one.reached or 0)

    def _best(self, shares: Shares, *, up: bool) -> Draw:
        """With weights rounded down or up: what fits exactly may need either. Infeasible when no whole choice does."""
        weighed, targets = self._weighed(shares, up=up)
        seen, aim = weighed.seen(), shares.total
        spread = self._trimmed(weighed, seen, self._spread(weighed, seen, targets))
        found = [spread]
        if self._size(weighed, seen, spread) < aim * _NEARLY or self._missed(weighed, seen, spread):
            found.append(self._trimmed(weighed, seen, self._by_cell(weighed, seen, targets)))
        whole = [rows for rows in found if len(rows) and not self._missed(weighed, seen, rows)]
        if not whole:
            raise self._not_found(weighed, seen, max(found, key=len))
        rows = max(whole, key=lambda chosen: self._size(weighed, seen, chosen))
        real = pool_side(weighed, rows, real=True)
        limit = synthetic_limit(weighed.rules, Fraction(int(seen[real].sum()), weighed.scale), weighed.budget())
        reached = min(self._size(weighed, seen, rows) / aim, Fraction(1))
        other = pool_side(weighed, rows, real=False)
        return Draw(weighed, real, other, limit, self.demands, self.members, reached)

    def _shares(self) -> Shares:
        empty = not self.program.cells or not any(cell.amount for cell in self.program.cells)
        shares = None if empty else self.program.best("synthetic" if self.pool.budget() is None else "total")
        if shares is None:
            raise Infeasible(self.program.conflicts())
        return shares

    def _weighed(self, shares: Shares, *, up: bool) -> tuple[Pool, list[Fraction]]:
        """Real records of a cell that is repeated get a weight of their own, and each cell what it then comes to."""
        kind, weights, targets = self.pool.kind.copy(), list(self.pool.weights), list(shares.once)
        for number, (once, more) in enumerate(zip(shares.once, shares.repeated, strict=True)):
            if more:
                kind[self.cell == number] = len(weights)
                often = min(written((once + more) / once, up=up), Fraction(self.pool.rules.epochs))
                weights.append(weights[0] * often)
                targets[number] = once * often
        return self.pool.with_weights(weights, kind), targets

    def _spread(self, pool: Pool, seen: Amounts, targets: Sequence[Fraction]) -> I64:
        """What minimums need first, then real records, then the others, until limits of a mix of this size fill up."""
        sides = zip(targets, self.program.cells, strict=True)
        real = sum((target for target, cell in sides if cell.real), Fraction(0))
        total = sum(targets, Fraction(0))
        limits = [(d, row) for d, row in zip(self.demands, self.members, strict=True) if d.kind.endswith("at_most")]
        rows = np.array([pool.is_real, ~pool.is_real, *(row for _, row in limits)])
        amounts = [real, total - real, *(d.value * (total if d.kind == "share_at_most" else 1) for d, _ in limits)]
        left = [floor(amount * pool.scale) for amount in amounts]
        ordered = np.concatenate([pool.taken_in_order(pool.is_real), pool.taken_in_order(~pool.is_real)])
        first = self._minimums(pool, seen, ordered, rows, left)
        rest = ordered[~np.isin(ordered, first)]
        return np.concatenate([first, take(rest, seen, rows, left)])

    def _by_cell(self, pool: Pool, seen: Amounts, targets: Sequence[Fraction]) -> I64:
        """Each cell up to its share; then what rounding left short of a minimum."""
        ordered = np.concatenate([pool.taken_in_order(pool.is_real), pool.taken_in_order(~pool.is_real)])
        everyone = np.ones((1, len(seen)), dtype=bool)
        parts = [ordered[:0]]
        for number, target in enumerate(targets):
            mine = ordered[self.cell[ordered] == number]
            parts.append(take(mine, seen, everyone, [floor(target * pool.scale)]))
        taken = np.concatenate(parts)
        limits = [(d, row) for d, row in zip(self.demands, self.members, strict=True) if d.kind == "at_most"]
        rows = np.array([row for _, row in limits], dtype=bool).reshape(len(limits), len(seen))
        left = [floor(d.value * pool.scale) - int(seen[taken[row[taken]]].sum()) for d, row in limits]
        rest = ordered[~np.isin(ordered, taken)]
        first = self._minimums(pool, seen, rest, rows, left, have=taken)
        return np.concatenate([first, pool_side(pool, taken, real=True), pool_side(pool, taken, real=False)])

    def _minimums(
        self, pool: Pool, seen: Amounts, ordered: I64, rows: Bools, left: list[int], have: I64 | None = None
    ) -> I64:
        """Records that minimums still need, one minimum after the other."""
        taken = ordered[:0]
        for demand, row in zip(self.demands, self.members, strict=True):
            if demand.kind == "at_least":
                mine = taken if have is None else np.concatenate([taken, have])
                wanted = -floor(-demand.value * pool.scale) - int(seen[mine[row[mine]]].sum())
                rest = ordered[row[ordered] & ~np.isin(ordered, taken)]
                taken = np.concatenate([taken, take(rest, seen, rows, left, until=wanted)])
        return taken

    def _trimmed(self, pool: Pool, seen: Amounts, rows: I64) -> I64:
        """Whole records come to less than the shares promise: drop the last of each part that is now too large."""
        is_over = True
        while is_over:
            is_over = False
            for demand, member in zip(self.demands, self.members, strict=True):
                bound = _share_at_most(demand, member)
                excess = None if bound is None else _excess(seen, rows, *bound)
                if bound is not None and excess is not None:
                    mine = np.flatnonzero(bound[0][rows])[::-1]
                    n = 1 + int(np.argmax(np.cumsum(seen[rows[mine]]) >= excess))
                    rows, is_over = np.delete(rows, mine[:n]), True
        return rows

    def _size(self, pool: Pool, seen: Amounts, rows: I64) -> Fraction:
        return Fraction(int(seen[rows].sum()), pool.scale)

    def _missed(self, pool: Pool, seen: Amounts, rows: I64) -> list[Demand]:
        """Minimums that a choice does not reach, and amounts that it exceeds."""
        missed: list[Demand] = []
        for demand, member in zip(self.demands, self.members, strict=True):
            amount = Fraction(int(seen[rows[member[rows]]].sum()), pool.scale)
            short = demand.kind == "at_least" and amount < demand.value
            if short or (demand.kind == "at_most" and amount > demand.value):
                missed.append(demand)
        return missed

    def _not_found(self, pool: Pool, seen: Amounts, rows: I64) -> Infeasible:
        """The shares exist, but no choice of whole records was found that has them."""
        short = self._missed(pool, seen, rows) or [demand for demand in self.demands if demand.kind != "at_least"]
        return Infeasible([Conflict(demand, None) for demand in short], proved=False)


def pool_side(pool: Pool, rows: I64, *, real: bool) -> I64:
    """Rows of one side, in their order."""
    mine: I64 = rows[pool.is_real[rows] == real]
    return mine


def _together(masks: Bools) -> I64:
    """A number for each column of the masks, the same where they agree, in the order of the masks."""
    code = np.zeros(masks.shape[1], dtype=np.int64)
    for row in masks:
        _, code = np.unique(code * 2 + row, return_inverse=True)
    return code.astype(np.int64)


def _amounts(pool: Pool, cell: I64, n: int) -> list[Fraction]:
    """What a trainer may see of each cell; sums of sizes are exact below 2^53."""
    kinds = len(pool.weights)
    mine = cell >= 0
    sums = np.bincount(cell[mine] * kinds + pool.kind[mine], weights=pool.size[mine], minlength=n * kinds)
    table = sums.reshape(n, kinds).astype(np.int64).tolist()
    return [sum((w * amount for w, amount in zip(pool.weights, row, strict=True)), Fraction(0)) for row in table]


def _share_at_most(demand: Demand, member: Bools) -> tuple[Bools, Fraction] | None:
    """A bound on a share as a cap; None for amounts, and for targets, which hold within rounding."""
    if demand.is_target or not demand.kind.startswith("share"):
        return None
    return (member, demand.value) if demand.kind == "share_at_most" else (~member, 1 - demand.value)


def _excess(seen: Amounts, rows: I64, member: Bools, cap: Fraction) -> int | None:
    """How much of a part must go so that it is within its cap: (part - x) <= cap (whole - x). None when it is."""
    part, whole = int(seen[rows[member[rows]]].sum()), int(seen[rows].sum())
    over = part - cap * whole
    return None if over <= 0 else -floor(-over / (1 - cap))
