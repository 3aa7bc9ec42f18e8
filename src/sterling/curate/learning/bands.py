"""Within which limits the values of real texts lie, by how long the texts are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sterling.stats import Evidence, Interval

Floats = npt.NDArray[np.float64]
_GROUPS = 4
_EACH = 1_000
"""Texts in a group of like length, at least, if there is more than one group."""
_LEAST = 200
"""Texts below which no quantile of one in two hundred can be told."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Limits for texts of like length. Short texts scatter more, so one band for all would be a band against them."""

    edges: npt.NDArray[np.int64]
    """Where each group of lengths but the first begins, in words."""
    low: Floats
    """By group."""
    high: Floats
    """By group."""

    @classmethod
    def fixed(cls, low: float | None, high: float | None) -> "Bands":
        """The same limits for every length."""
        ends = (-np.inf if low is None else low, np.inf if high is None else high)
        return cls(np.empty(0, np.int64), np.array([ends[0]]), np.array([ends[1]]))

    @classmethod
    def of(cls, values: Floats, lengths: npt.NDArray[np.int64], band: tuple[float, float]) -> "Bands | None":
        """Quantiles of the values of real texts: in up to four groups of equally many. None for fewer than 200."""
        if len(values) < _LEAST:
            return None
        groups = int(np.clip(len(values) // _EACH, 1, _GROUPS))
        cuts = np.quantile(lengths, np.arange(1, groups) / groups, method="higher")
        edges = np.unique(cuts[cuts > lengths.min()]).astype(np.int64)
        home = np.searchsorted(edges, lengths, "right")
        ends = [np.quantile(values[home == group], band) for group in range(len(edges) + 1)]
        return cls(edges, *np.array(ends).T)

    def around(self, lengths: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
        """(low, high) for each text."""
        home = np.searchsorted(self.edges, lengths, "right")
        return self.low[home], self.high[home]

    def evidence(
        self, name: str, values: Floats, lengths: npt.NDArray[np.int64], band: tuple[float, float], method: str
    ) -> list[Evidence]:
        """Both limits of each group, with 95 % intervals by order statistics."""
        home = np.searchsorted(self.edges, lengths, "right")
        found = []
        for group in range(len(self.low)):
            mine = np.sort(values[home == group])
            for end, share, limit in zip(("low", "high"), band, (self.low[group], self.high[group]), strict=True):
                inputs = {"quantile": share, **self._words(group)}
                label = f"{name}.{end}" if len(self.low) == 1 else f"{name}.{end}.{group + 1}"
                found.append(Evidence(label, float(limit), len(mine), _around(mine, share), method, inputs))
        return found

    def _words(self, group: int) -> dict[str, int]:
        begin = {} if group == 0 else {"from_words": int(self.edges[group - 1])}
        return begin | ({} if group == len(self.edges) else {"below_words": int(self.edges[group])})


def _around(ordered: Floats, share: float) -> Interval:
    """The values at the ranks n q -+ 1.96 sqrt(n q (1 - q)) (Conover, Practical Nonparametric Statistics, 3.2)."""
    n = len(ordered)
    half = 1.96 * float(np.sqrt(n * share * (1 - share)))
    ranks = np.clip([np.floor(n * share - half), np.ceil(n * share + half)], 0, n - 1).astype(int)
    return Interval(float(ordered[ranks[0]]), float(ordered[ranks[1]]))
