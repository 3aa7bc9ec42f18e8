"""When difficulty moves: up on success, down on failure, and not at all on chance.

reasoning-gym trains with a `success_threshold` of 0.7 and a `failure_threshold` of 0.3 on the mean of the `last_k`
scores of a level. The same words mean the same here, but an interval has to be beyond the threshold, not the mean: of
10 answers at a true rate of 0.6, the mean is 0.7 or more in 38 % of all cases, and the lower bound in 0.6 %.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

from sterling.registry import Past
from sterling.stats import Evidence, Interval, Z

"""Normal quantile of a two-sided 95 % interval."""
_ROW = re.compile(r"(.+)/round-(\d+)/level-(\d+)/\d+")


class Thresholds(NamedTuple):
    """When a level is left."""

    success: float
    failure: float
    last_k: int
    """Scores that count: the latest at a level since it was entered."""


class Place(NamedTuple):
    """What the row of a task says."""

    ladder: str
    round: int
    level: int

    @classmethod
    def of(cls, row: str) -> Self | None:
        """None for a row that is none of a curriculum."""
        found = _ROW.fullmatch(row)
        return cls(found[1], int(found[2]), int(found[3])) if found else None

    def row(self, number: int) -> str:
        """The row of its task with this number."""
        return f"{self.ladder}/round-{self.round}/level-{self.level}/{number}"


class Stand(NamedTuple):
    """What was measured in a round, and what follows from it."""

    round: int
    level: int
    rate: float | None
    """Mean of the scores; None without any."""
    n: int
    """Scores behind it."""
    interval: Interval | None
    next: int
    """The level of the round after it."""

    def evidence(self, ladder: str) -> Evidence:
        """For the report: the path of a ladder is one of these for each round."""
        method = "pass rate at the level of this round, of the latest scores since it was entered; Wilson 95 %"
        inputs = {"ladder": ladder, "round": self.round, "level": self.level, "next": self.next}
        return Evidence(f"curriculum.{ladder}.round_{self.round}", self.rate, self.n, self.interval, method, inputs)


def wilson(passed: float, n: int) -> Interval:
    """95 % interval of a rate from the sum of n scores from 0 to 1 (Wilson, JASA 22, 1927). `n` must be positive.

    Scores between 0 and 1 vary less than those that are one or the other, so for them it is wider than need be.
    """
    if not 0 <= passed <= n or n == 0:
        raise ValueError(f"need 0 <= passed <= n and n > 0, got {passed} of {n}")
    rate, spread = passed / n, Z * Z / n
    centre = (rate + spread / 2) / (1 + spread)
    half = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    return Interval(max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half)))


def path(ladder: str, top: int, past: Past, heard: bool, thresholds: Thresholds) -> list[Stand]:
    """What each round showed of a ladder, oldest first. `heard`: scores count, and not whether records are verified."""
    places = {place for row in past.tried if (place := Place.of(row)) and place.ladder == ladder}
    levels = dict(sorted((place.round, place.level) for place in places))
    scores = _scores(ladder, past, heard)
    made = {place for one in past.made if (place := Place.of(one.row)) and place.ladder == ladder}
    built = {place.round for place in made}
    stands: list[Stand] = []
    window: list[float] = []
    for number, level in levels.items():
        window = [*(window if stands and stands[-1].level == level else []), *scores.get(number, ())]
        window = window[-thresholds.last_k :]
        stands.append(_stand(number, level, top, window, thresholds) if number in built else _fallen(number, level))
    return stands


def _fallen(number: int, level: int) -> Stand:
    """A round in which nothing could be built: this level is no place to stay."""
    return Stand(number, level, None, 0, None, max(0, level - 1))


def _stand(number: int, level: int, top: int, window: Sequence[float], thresholds: Thresholds) -> Stand:
    if not window:
        return Stand(number, level, None, 0, None, level)
    passed, n = math.fsum(window), len(window)
    interval = wilson(passed, n)
    step = (interval.low > thresholds.success) - (interval.high < thresholds.failure)
    return Stand(number, level, passed / n, n, interval, min(top, max(0, level + step)))


def _scores(ladder: str, past: Past, heard: bool) -> Mapping[int, Sequence[float]]:
    """By round, in the order of the tasks."""
    found: dict[int, list[float]] = {}
    for made in sorted(past.made, key=lambda made: made.row):
        place = Place.of(made.row)
        score = past.scores.get(made.id) if heard else float(made.verified)
        if place and place.ladder == ladder and score is not None:
            found.setdefault(place.round, []).append(min(1.0, max(0.0, score)))
    return found


def evidence(paths: Mapping[str, Iterable[Stand]]) -> list[Evidence]:
    """Every round of every ladder."""
    return [stand.evidence(ladder) for ladder, stands in paths.items() for stand in stands]
