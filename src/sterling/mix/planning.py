"""`plan`: from candidates to the mix, with a verdict for every record that is left out."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from sterling.mix.account import account
from sterling.mix.drawing import Draw, draw
from sterling.mix.ending import phases
from sterling.mix.limits import Rules
from sterling.mix.pool import Pool
from sterling.mix.reasons import Reason, reasons
from sterling.mix.spread import I64
from sterling.records import VERDICT_SCHEMA, canonical_json
from sterling.stats import Evidence


class MixPlan(NamedTuple):
    """What enters the mix, what does not, and what there is to know about it."""

    chosen: pa.Table
    """`id` (string), `weight` (float64) and `phase` (int64: 2 for the end that is real alone, else 1), in the order of
    taking."""
    left_out: pa.Table
    """A drop of `VERDICT_SCHEMA` for every other candidate."""
    evidence: Sequence[Evidence]
    """Names start with `mix.`."""


_PLAIN = Rules()


def plan(candidates: pa.Table, rules: Rules = _PLAIN, *, seed: int = 0) -> MixPlan:
    """Choose from `candidates`: `id`, `tokens` (int64), `origin`, `strategy` (null for anchors), `source` (name of the
    anchor or of the strategy's entry), `tags`, `depth`, `age` and `drawn` (int64); `cluster` (int64) with `clusters`.

    Real is what has origin `human`, and all of it is taken unless a budget or a cap on a domain is smaller; then those
    are first that fewer earlier mixes held. Everything else counts on the synthetic side: `mixed`, and `unknown` too,
    which nobody has attested. Shares and amounts are weighted; every cap, floor, minimum and budget holds exactly, and
    ratios within rounding. Where more is asked than a cap, a floor and a budget, the shares come from a linear program
    over the kinds of records that the demands tell apart. Infeasible when demands conflict, or leave nothing.

    Records are taken in the order of `spread.spread`. One that no longer fits is passed over, and a later, smaller one
    may still be taken: the amount used is then within one record of what is allowed, and the last few records taken
    tend to be short ones. What whole records reach of the size that the shares promise is in the evidence
    (`mix.reached`); it is not the most that any choice could. The same candidates in any row order give the same plan.
    A million candidates take seconds.
    """
    pool = Pool.of(candidates, rules, seed)
    drawn = draw(pool)
    left_out = pa.concat_tables([VERDICT_SCHEMA.empty_table(), *_left_out(drawn)])
    phase = phases(drawn)
    return MixPlan(_chosen(drawn, phase), left_out, account(drawn, phase))


def _chosen(drawn: Draw, phase: I64) -> pa.Table:
    rows = np.concatenate([drawn.real, drawn.other])
    weights = np.array([float(weight) for weight in drawn.pool.weights])[drawn.pool.kind[rows]]
    ids = drawn.pool.candidates.column("id").take(pa.array(rows))
    return pa.table({"id": ids, "weight": weights, "phase": phase[rows]})


def _left_out(drawn: Draw) -> Iterator[pa.Table]:
    """Real records, then the others, each group with the limit that kept it out."""
    pool = drawn.pool
    for side in (pool.is_real, ~pool.is_real):
        out = pool.order[(side & ~drawn.taken)[pool.order]]
        for reason, evidence, mine in reasons(drawn, out):
            if mine.any():
                yield _drops(pool.candidates, out[mine], reason, evidence | {"unit": pool.rules.unit})


def _drops(candidates: pa.Table, rows: I64, reason: Reason, evidence: dict[str, object]) -> pa.Table:
    n = len(rows)
    cells = {"outcome": "drop", "check": "mix", "reason": reason, "family": "policy"}
    columns = {name: pa.repeat(pa.scalar(value), n) for name, value in cells.items()} | {
        "record": candidates.column("id").take(pa.array(rows)),
        "score": pa.nulls(n, pa.float64()),
        "evidence": pa.repeat(pa.scalar(canonical_json(evidence)), n),
    }
    return pa.table([columns[name] for name in VERDICT_SCHEMA.names], schema=VERDICT_SCHEMA)
