"""pass@k: the chance that one of k samples of a task passes, estimated from the samples that were judged."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from sterling.records import digest, records_of
from sterling.stats import Evidence, Interval
from sterling.verify.programs.program import prompt_of

_AT = (1, 2, 5, 10, 100)
_RESAMPLES = 2000
_METHOD = (
    "1 - C(n-c, k) / C(n, k) per task, mean over tasks with at least k samples (Chen et al., arXiv 2107.03374); "
    "bootstrap over tasks, 95 %"
)


_NOT_JUDGED = frozenset({"no_reference", "other_language", "bad_reference", "sandbox_failed", "check_failed"})


class Tally(NamedTuple):
    """One task."""

    samples: int
    passed: int


def estimate(samples: int, passed: int, k: int) -> float:
    """The share of all choices of `k` of the samples in which one passes; needs `k <= samples`."""
    missing = 1.0
    for n in range(samples - passed + 1, samples + 1):
        missing *= 1 - k / n
    return 1 - missing if samples - passed >= k else 1.0


def pass_at_k(tasks: Sequence[Tally]) -> list[Evidence]:
    """`tests.pass@1`, then at 2, 5, 10 and 100, as far as tasks have so many samples.

    Nothing when no task has more than one. The interval is of the tasks: it says what another draw of tasks like these
    would give, not another draw of samples. Traps: checks before this one that drop samples (duplicates, say) change
    what is counted; a task that lost samples to that, or never had k, is left out of that k; `inputs` says how many.
    """
    if max((task.samples for task in tasks), default=0) < 2:
        return []
    enough = ((k, [task for task in tasks if task.samples >= k]) for k in _AT)
    return [_evidence(k, usable, len(tasks) - len(usable)) for k, usable in enough if usable]


def _evidence(k: int, tasks: Sequence[Tally], left_out: int) -> Evidence:
    values = np.array([estimate(task.samples, task.passed, k) for task in tasks])
    chance = np.random.default_rng(0)
    means = [values[chance.integers(0, len(values), len(values))].mean() for _ in range(_RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    interval = Interval(float(low), float(high)) if len(tasks) > 1 else None
    inputs = {"samples": sum(t.samples for t in tasks), "passed": sum(t.passed for t in tasks), "left_out": left_out}
    return Evidence(f"tests.pass@{k}", float(values.mean()), len(tasks), interval, _METHOD, inputs)


def tallies(judged: Iterable[tuple[pa.RecordBatch, pa.Table]]) -> list[Tally]:
    """Samples and passes of every task: records with the same prompt and the same reference.

    What was not judged (no reference, a fault) is no sample, and neither is what a person wrote.
    """
    counts: dict[str, Tally] = {}
    for task, passed in _samples(judged):
        before = counts.get(task, Tally(0, 0))
        counts[task] = Tally(before.samples + 1, before.passed + passed)
    return list(counts.values())


def _samples(judged: Iterable[tuple[pa.RecordBatch, pa.Table]]) -> Iterator[tuple[str, bool]]:
    for batch, verdicts in judged:
        reasons = dict(zip(verdicts["record"].to_pylist(), verdicts["reason"].to_pylist(), strict=True))
        for record in records_of(batch):
            reason = reasons.get(record.id, "no_reference")
            if reason not in _NOT_JUDGED and record.origin != "human":
                asked = prompt_of(record) or [
                    m for m in record.payload.get("messages") or () if m.get("role") == "user"
                ]
                yield digest(json.dumps([asked, record.reference], sort_keys=True, default=str)), reason == "passed"
