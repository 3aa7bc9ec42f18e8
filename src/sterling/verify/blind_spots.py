"""Errors that a verifier shares with the generator, and errors that it did not make before."""

import math
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from sterling.stats import Evidence, Interval, Z, betainc

_DRAWS = 1_000


class Judged(NamedTuple):
    """One seed, and what the check made of it."""

    record: str
    task: str
    """Equal for seeds with the same prompt."""
    good: bool
    kept: bool
    writer_is_generator: bool

    @property
    def wrong(self) -> bool:
        """Whether the check erred."""
        return self.good != self.kept


def shared_errors(check: str, judged: Sequence[Judged]) -> Iterator[Evidence]:
    """Phi between "the generator failed this task" and "the check erred on others' answers to it".

    Over tasks for which gold holds an answer of the generator and one of somebody else. 0 means that the check errs
    as often where the generator does as elsewhere; above 0 it is blind where the generator is, and lets pass just
    the mistakes that the generator makes. Interval by bootstrap over tasks, 1,000 draws, fixed seed.
    """
    pairs = list(_by_task(judged).values())
    value = _phi(pairs)
    method = "phi of the generator's failure and the check's error by task; bootstrap over tasks, 95 %"
    if len(pairs) > 1:
        name = f"verifiers.{check}.shared_errors"
        yield Evidence(name, value, len(pairs), _bootstrap(pairs), method, {"check": check})


def drift(check: str, now: Mapping[str, bool], before: Mapping[str, bool]) -> Evidence:
    """Change of the error rate on the seeds that both runs judged (McNemar, Psychometrika 12, 1947; exact).

    `now` and `before` say for each seed's id whether the check erred. Value: error rate now minus before. `inputs.p`
    is the two-sided chance of so lopsided a change if nothing had changed.
    """
    both = sorted(now.keys() & before.keys())
    worse = sum(now[seed] and not before[seed] for seed in both)
    better = sum(before[seed] and not now[seed] for seed in both)
    value = (worse - better) / len(both) if both else None
    inputs = {"check": check, "newly_wrong": worse, "newly_right": better, "p": _sign_test(worse, better)}
    method = "error rate on the same gold, now minus before; exact McNemar test; Wald interval, 95 %"
    return Evidence(f"verifiers.{check}.drift", value, len(both), _wald(worse, better, len(both)), method, inputs)


def _by_task(judged: Sequence[Judged]) -> dict[str, tuple[bool, float]]:
    """Whether the generator failed, and the check's error rate on what others answered, for tasks that know both."""
    tasks: dict[str, list[Judged]] = {}
    for one in judged:
        tasks.setdefault(one.task, []).append(one)
    known: dict[str, tuple[bool, float]] = {}
    for task, seeds in sorted(tasks.items()):
        own = [s for s in seeds if s.writer_is_generator]
        others = [s for s in seeds if not s.writer_is_generator]
        if own and others:
            known[task] = any(not s.good for s in own), sum(s.wrong for s in others) / len(others)
    return known


def _phi(pairs: Sequence[tuple[bool, float]]) -> float | None:
    """Pearson's correlation; phi where both are yes or no. None when one of them does not vary."""
    n = len(pairs)
    if n < 2:
        return None
    x, y = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    spread = math.sqrt(sum((a - x) ** 2 for a, _ in pairs) * sum((b - y) ** 2 for _, b in pairs))
    return sum((a - x) * (b - y) for a, b in pairs) / spread if spread else None


def _bootstrap(pairs: Sequence[tuple[bool, float]]) -> Interval | None:
    chance = Random(0)  # noqa: S311 - statistics
    found = [_phi(chance.choices(pairs, k=len(pairs))) for _ in range(_DRAWS)]
    known = sorted(value for value in found if value is not None)
    return Interval(known[int(0.025 * len(known))], known[int(0.975 * len(known))]) if known else None


def _sign_test(worse: int, better: int) -> float:
    n, most = worse + better, max(worse, better)
    # The upper tail of a fair coin, I_{1/2}(most, n - most + 1), both sides.
    return min(1.0, 2 * betainc(most, n - most + 1, 0.5)) if n else 1.0


def _wald(worse: int, better: int, n: int) -> Interval | None:
    if not n:
        return None
    middle = (worse - better) / n
    half = Z * math.sqrt(max(0.0, (worse + better) / n - middle**2) / n)
    return Interval(max(-1.0, middle - half), min(1.0, middle + half))
