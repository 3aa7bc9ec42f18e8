"""`plan`: from candidates to the mix, with a verdict for every record that is left out."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.mix.account import account
from sterling.mix.limits import Limit, Rules, Unit, real_limit, synthetic_limit
from sterling.mix.spread import I64, spread
from sterling.records import VERDICT_SCHEMA, canonical_json
from sterling.stats import Evidence

Bools = npt.NDArray[np.bool_]
Reason = Literal["real_excluded", "over_cap", "over_budget"]


class MixPlan(NamedTuple):
    """What enters the mix, what does not, and what there is to know about it."""

    chosen: pa.Table
    """`id` (string) and `weight` (float64), in the order of taking."""
    left_out: pa.Table
    """A drop of `VERDICT_SCHEMA` for every other candidate."""
    evidence: Sequence[Evidence]
    """Names start with `mix.`."""


def plan(
    candidates: pa.Table,
    *,
    real: Literal["include", "exclude"] = "include",
    synthetic_cap: float = 1.0,
    real_floor: float = 0.0,
    unit: Unit = "tokens",
    budget: int | None = None,
    weights: tuple[float, float] = (1.0, 1.0),
    seed: int = 0,
) -> MixPlan:
    """Choose from `candidates`: `id`, `tokens` (int64), `origin`, `strategy` (null for anchors), `tags`, `depth`.

    Real is what has origin `human`, and all of it is taken unless the budget is smaller. Everything else counts on the
    synthetic side: `mixed`, and `unknown` too, which nobody has attested. The synthetic share is at most
    `synthetic_cap` and the real share at least `real_floor`, both weighted; see `limits.synthetic_limit`.

    Records are taken in the order of `spread.spread`. One that no longer fits is passed over, and a later, smaller one
    may still be taken: the amount used is then within one record of what is allowed, and the last few records taken
    tend to be short ones. The same candidates in any row order give the same plan. A million candidates take seconds.
    """
    rules = Rules(real, synthetic_cap, real_floor, unit, budget, weights)
    is_real = np.asarray(pc.equal(candidates.column("origin"), "human"), dtype=bool)
    size = _sizes(candidates, unit)
    order, cell = spread(candidates, seed)
    real_order, other_order = order[is_real[order]], order[~is_real[order]]
    taken_real = real_order[_take(size[real_order], real_limit(rules))] if real == "include" else real_order[:0]
    limit = synthetic_limit(rules, int(size[taken_real].sum()))
    taken_other = other_order[_take(size[other_order], limit)]
    taken = np.zeros(len(size), dtype=bool)
    taken[taken_real] = taken[taken_other] = True
    reason: Reason = "over_budget" if limit.bound == "budget" else "over_cap"
    left = [
        _drops(candidates, real_order[~taken[real_order]], _why_not_real(rules), budget, rules, "budget"),
        _drops(candidates, other_order[~taken[other_order]], reason, limit.allowed, rules, limit.bound),
    ]
    chosen = _chosen(candidates, taken_real, taken_other, weights)
    return MixPlan(chosen, pa.concat_tables(left), account(candidates, rules, limit, is_real, taken, cell))


def _sizes(candidates: pa.Table, unit: Unit) -> I64:
    if unit == "records":
        return np.ones(candidates.num_rows, dtype=np.int64)
    return np.asarray(candidates.column("tokens"), dtype=np.int64)


def _take(sizes: I64, limit: Limit) -> Bools:
    """Which are taken, in this order, each if it still fits. With nothing allowed, not even a record of size 0 is."""
    if limit.allowed is None:
        return np.ones(len(sizes), dtype=bool)
    left = limit.allowed
    taken = np.zeros(len(sizes), dtype=bool)
    if left:
        for i, size in enumerate(sizes.tolist()):
            if size <= left:
                taken[i] = True
                left -= size
    return taken


def _why_not_real(rules: Rules) -> Reason:
    return "real_excluded" if rules.real == "exclude" else "over_budget"


def _drops(
    candidates: pa.Table, rows: I64, reason: Reason, allowed: int | None, rules: Rules, bound: str | None
) -> pa.Table:
    n = len(rows)
    limit = "real" if reason == "real_excluded" else bound
    evidence = {"limit": limit, "unit": rules.unit} | ({} if limit == "real" else {"allowed": allowed})
    cells = {"outcome": "drop", "check": "mix", "reason": reason, "family": "policy"}
    columns = {name: pa.repeat(pa.scalar(value), n) for name, value in cells.items()} | {
        "record": candidates.column("id").take(pa.array(rows)),
        "score": pa.nulls(n, pa.float64()),
        "evidence": pa.repeat(pa.scalar(canonical_json(evidence)), n),
    }
    return pa.table([columns[name] for name in VERDICT_SCHEMA.names], schema=VERDICT_SCHEMA)


def _chosen(candidates: pa.Table, real: I64, other: I64, weights: tuple[float, float]) -> pa.Table:
    ids = candidates.column("id").take(pa.array(np.concatenate([real, other])))
    weight = np.repeat(np.array(weights, dtype=np.float64), [len(real), len(other)])
    return pa.table({"id": ids, "weight": weight})
