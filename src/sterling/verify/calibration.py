"""What gold says of a verifier: how often it is wrong, and how many of the records that it accepted are truly good.

Rates carry one-sided 95 % bounds (Clopper-Pearson at 90 %): 0 of 300 bounds a rate at 0.99 %. A keep accepts; a flag
and a drop do not, for neither verifies. A seed that ended in a fault was not judged, and counts for neither side.

What is not guaranteed: gold stands for the records only as far as it is like them. A verifier that is never wrong on
easy gold may be wrong on hard records, so bad seeds should be near misses.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sterling.stats import Evidence, Interval, clopper_pearson


class Tally(NamedTuple):
    """Outcomes of the seeds of one check."""

    good: int
    good_accepted: int
    bad: int
    bad_accepted: int

    @classmethod
    def of(cls, counts: Sequence[Mapping[str, Any]]) -> "Tally":
        """From rows of `good`, `kind`, `outcome`, `n`; faults are left out."""

        def total(good: bool, *outcomes: str) -> int:
            return sum(c["n"] for c in counts if c["good"] is good and c["outcome"] in outcomes)

        every = ("keep", "flag", "drop")
        return cls(total(True, *every), total(True, "keep"), total(False, *every), total(False, "keep"))


def error_rates(check: str, counts: Sequence[Mapping[str, Any]]) -> Iterator[Evidence]:
    """False accepts and false rejects with exact intervals, and false accepts by kind of near miss."""
    tally = Tally.of(counts)
    faults = sum(c["n"] for c in counts if c["outcome"] == "fault")
    told = {"check": check, "faults": faults}
    if tally.bad:
        method = "bad gold seeds that the check kept"
        yield _rate(f"verifiers.{check}.false_accepts", tally.bad_accepted, tally.bad, method, told)
    if tally.good:
        method = "good gold seeds that the check flagged or dropped"
        yield _rate(f"verifiers.{check}.false_rejects", tally.good - tally.good_accepted, tally.good, method, told)
    kinds = sorted({c["kind"] for c in counts if not c["good"]})
    for kind in kinds if len(kinds) > 1 else ():
        part = Tally.of([c for c in counts if c["kind"] == kind])
        method = f"bad gold seeds of kind {kind} that the check kept"
        if part.bad:
            name = f"verifiers.{check}.false_accepts.{kind}"
            yield _rate(name, part.bad_accepted, part.bad, method, {"check": check})


def precision(check: str, counts: Sequence[Mapping[str, Any]], accepted: int, judged: int) -> Iterator[Evidence]:
    """The share of truly good records among `accepted` of `judged`, corrected for the check's measured errors.

    With sensitivity s, false accept rate f and accepted share a, the true share is p = (a-f)/(s-f) (Rogan and Gladen,
    Am. J. Epidemiol. 107, 1978), within 0 and 1, and of the accepted sp/(sp+f(1-p)) are good. That falls with s and f
    and rises with a, so its bounds lie at corners of three Clopper-Pearson intervals at 98.33 %, which hold together
    at 95 % by Bonferroni: a safe interval, wider than it need be. Without both kinds of seeds, or where the check
    accepts bad as readily as good, nothing can be said. `judged` are the records that the check ruled on.
    """
    tally = Tally.of(counts)
    if not (tally.good and tally.bad and accepted):
        return
    n = min(tally.good, tally.bad, judged)
    method = "share of truly good among the accepted (Rogan-Gladen); interval from three Clopper-Pearson at 98.33 %"
    inputs = {"check": check, "accepted": accepted, "judged": judged, **tally._asdict()}
    value = _precision(tally.good_accepted / tally.good, tally.bad_accepted / tally.bad, accepted / judged)
    yield Evidence(f"verifiers.{check}.precision", value, n, _corners(tally, accepted, judged), method, inputs)


def seeds_needed(limit: float, level: float = 0.95) -> int:
    """How many seeds without one error push the upper bound of their rate to `limit`: 299 for 1 %, 59 for 5 %."""
    return math.ceil(math.log(1 - level) / math.log(1 - limit))


def _rate(name: str, hits: int, n: int, method: str, inputs: Mapping[str, Any]) -> Evidence:
    bounds = clopper_pearson(hits, n, 0.90)
    return Evidence(name, hits / n, n, bounds, f"{method}; one-sided Clopper-Pearson 95 %", {"hits": hits, **inputs})


def _corners(tally: Tally, accepted: int, judged: int) -> Interval:
    level = 1 - 0.05 / 3
    right = clopper_pearson(tally.good_accepted, tally.good, level)
    wrong = clopper_pearson(tally.bad_accepted, tally.bad, level)
    share = clopper_pearson(accepted, judged, level)
    low = _precision(right.high, wrong.high, share.low)
    high = _precision(right.low, wrong.low, share.high)
    return Interval(0.0 if low is None else low, 1.0 if high is None else high)


def _precision(sensitivity: float, false_accepts: float, accepted: float) -> float | None:
    if sensitivity <= false_accepts:
        return None
    share = min(1.0, max(0.0, (accepted - false_accepts) / (sensitivity - false_accepts)))
    good, bad = sensitivity * share, false_accepts * (1 - share)
    return good / (good + bad) if good + bad else None
