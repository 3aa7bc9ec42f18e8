"""The candidates as columns that the planner counts with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.mix.limits import Rules, exact
from sterling.mix.spread import I64, spread

Bools = npt.NDArray[np.bool_]
Amounts = npt.NDArray[Any]
"""int64, or Python's integers where those would overflow."""
_PLACES = 6
"""Of a weight that is worked out, rounded down: what is written is what is counted with."""
_MOST = 2**62


@dataclass(frozen=True, slots=True)
class Pool:
    """Candidates, aligned: one element per record."""

    candidates: pa.Table
    rules: Rules
    is_real: Bools
    eligible: Bools
    """False for real records that the recipe excludes, and for synthetic ones of too old a generation."""
    size: I64
    """In the rules' unit, before weighting."""
    kind: I64
    """Records of one kind have one weight."""
    weights: tuple[Fraction, ...]
    """Of each kind, as written."""
    order: I64
    """Row numbers in the order of taking: real records that fewer earlier mixes held come first among real ones."""
    cell: I64
    """Number of each record's strategy and set of tags."""

    @classmethod
    def of(cls, candidates: pa.Table, rules: Rules, seed: int) -> "Pool":
        """Of a table as `plan` wants it."""
        is_real = np.asarray(pc.equal(candidates.column("origin"), "human"), dtype=bool)
        age = np.asarray(candidates.column("age"), dtype=np.int64)
        young = np.ones(len(age), bool) if rules.generations is None else age < rules.generations
        depth = np.asarray(candidates.column("depth"), dtype=np.int64)
        kind, weights = _kinds(rules, is_real, depth, age)
        order, cell = spread(candidates, seed)
        drawn = np.where(is_real, np.asarray(candidates.column("drawn"), dtype=np.int64), 0)
        made = cls(
            candidates, rules, is_real, np.where(is_real, rules.real == "include", young),
            sizes(candidates, rules.unit), kind, weights, order[np.argsort(drawn[order], kind="stable")], cell,
        )  # fmt: skip
        return made.with_weights(_lowered(made)) if rules.real_share else made

    def with_weights(self, weights: Sequence[Fraction], kind: I64 | None = None) -> "Pool":
        """The same records, seen otherwise often."""
        return replace(self, weights=tuple(weights), kind=self.kind if kind is None else kind)

    @property
    def scale(self) -> int:
        """By how much weighted amounts are multiplied to become integers."""
        return lcm(*(weight.denominator for weight in self.weights))

    def seen(self) -> Amounts:
        """What a trainer sees of each record, times `scale`."""
        factors = [int(weight * self.scale) for weight in self.weights]
        if int(self.size.sum()) * max(factors) > _MOST:
            many: Amounts = np.array(factors, dtype=object)[self.kind] * self.size.astype(object)
            return many
        few: Amounts = np.array(factors, dtype=np.int64)[self.kind] * self.size
        return few

    def amount(self, rows: Bools, sizes: I64 | None = None) -> Fraction:
        """What a trainer sees of these rows, exactly."""
        counted = self.size if sizes is None else sizes
        sums = [int(counted[rows & (self.kind == kind)].sum()) for kind in range(len(self.weights))]
        return sum((weight * n for weight, n in zip(self.weights, sums, strict=True)), Fraction(0))

    def budget(self) -> int | None:
        """Of the whole mix, in weighted units."""
        if self.rules.budget != "anchor":
            return self.rules.budget
        return int(self.amount(self.is_real & self.eligible))

    def taken_in_order(self, side: Bools) -> I64:
        """Eligible rows of a side in the order of taking."""
        return self.order[(side & self.eligible)[self.order]]


def sizes(candidates: pa.Table, unit: str) -> I64:
    """Each record in tokens, or 1."""
    if unit == "records":
        return np.ones(candidates.num_rows, dtype=np.int64)
    return np.asarray(candidates.column("tokens"), dtype=np.int64)


def written(weight: Fraction, *, up: bool = False) -> Fraction:
    """A weight that a float holds as it is written, and that is above 0."""
    steps = weight * 10**_PLACES
    return Fraction(max(-(-steps // 1) if up else steps // 1, 1), 10**_PLACES)


def _kinds(rules: Rules, is_real: Bools, depth: I64, age: I64) -> tuple[I64, tuple[Fraction, ...]]:
    """Real records are kind 0; synthetic ones have a kind for each depth and age where these count."""
    steps = np.where(is_real | (rules.per_depth == 1), 0, np.maximum(depth, 1) - 1)
    years = np.where(is_real | (rules.per_generation == 1), 0, age)
    span = int(years.max(initial=0)) + 1
    named, kind = np.unique(np.where(is_real, -1, steps * span + years), return_inverse=True)
    real, synthetic = (exact(weight) for weight in rules.weights)
    weights = [real]
    for key in named[named >= 0].tolist():
        factor = exact(rules.per_depth) ** (key // span) * exact(rules.per_generation) ** (key % span)
        weights.append(synthetic if factor == 1 else written(synthetic * factor))
    first = 1 if -1 not in named else 0
    return (kind + first).astype(np.int64), tuple(weights if len(weights) > 1 else [real, synthetic])


def _lowered(pool: Pool) -> tuple[Fraction, ...]:
    """Weights with which all that is eligible has the least real share, synthetic ones lowered by one factor."""
    share = exact(pool.rules.real_share)
    real, synthetic = (pool.amount(pool.eligible & side) for side in (pool.is_real, ~pool.is_real))
    if not real or not synthetic or synthetic * share <= real * (1 - share):
        return pool.weights
    factor = real * (1 - share) / share / synthetic
    return (pool.weights[0], *(written(weight * factor) for weight in pool.weights[1:]))
