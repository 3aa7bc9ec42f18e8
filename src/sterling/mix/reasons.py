"""What kept a record out of the mix, and whether any limit did."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from sterling.mix.drawing import Draw
from sterling.mix.limits import Bound
from sterling.mix.pool import Bools
from sterling.mix.spread import I64

Reason = Literal["real_excluded", "older_generation", "over_cap", "over_budget", "off_ratio"]


def reasons(drawn: Draw, out: I64) -> Iterator[tuple[Reason, dict[str, object], Bools]]:
    """For rows that are out: why, with what, and which of them it is about. The last two are limits on the whole."""
    pool = drawn.pool
    barred, real = ~pool.eligible[out], pool.is_real[out]
    yield "real_excluded", {"limit": "real"}, barred & real
    yield "older_generation", {"limit": "generations"}, barred & ~real
    rest = ~barred
    if drawn.reached is not None:
        for reason, evidence, mine in _full(drawn, out):
            yield reason, evidence, rest & mine
            rest = rest & ~mine
    yield "over_budget", {"limit": "budget", "allowed": pool.budget()}, rest & real
    limit = drawn.limit
    why: Reason = "over_budget" if limit.bound == "budget" else "over_cap"
    yield why, {"limit": limit.bound, "allowed": limit.allowed}, rest & ~real


def _full(drawn: Draw, out: I64) -> Iterator[tuple[Reason, dict[str, object], Bools]]:
    """Caps on parts that have no room for a record more."""
    pool, taken = drawn.pool, drawn.taken
    seen = pool.seen()
    whole = int(seen[taken].sum())
    for demand, member in zip(drawn.demands, drawn.members, strict=True):
        if demand.kind == "share_at_most" and demand.path[0] in {"caps", "ratios"}:
            room = demand.value * whole - int(seen[taken & member].sum())
            full = member[out] & np.asarray(seen[out] * float(1 - demand.value) > float(room), dtype=bool)
            reason: Reason = "off_ratio" if demand.is_target else "over_cap"
            yield reason, {"limit": ".".join(demand.path), "allowed": float(demand.value)}, full


def binding(drawn: Draw) -> Bound | None:
    """The limit on the whole that kept some record out, one on synthetic records before others; None where none did."""
    *_, (_, _, real), (_, _, other) = reasons(drawn, np.flatnonzero(~drawn.taken))
    if other.any():
        return drawn.limit.bound
    return "budget" if real.any() and drawn.pool.budget() is not None else None
