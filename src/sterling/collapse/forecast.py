"""Which share of an anchor's rare types will still be written after some generations, under a mixing policy.

The anchor's count spectrum (how many types it holds once, twice, …) goes through `branching.survival`. What the
forecast says of a band is an expectation over the model's chance, for these types; its interval is that chance alone,
with types taken as independent. It is no statement about topics or meaning, and none about a model that smooths.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.collapse.branching import Counts, Floats, Policy, survival, survival_to
from sterling.stats import Evidence, Interval
from sterling.text import Hashes

HORIZON = 256
"""Generations after which a tail that still stands is said to last."""


class Band(NamedTuple):
    """Types by how often the anchor holds them."""

    name: str
    low: int
    high: float

    def holds(self, copies: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of these counts are in it."""
        return (copies >= self.low) & (copies <= self.high)


BANDS = (
    Band("once", 1, 1),
    Band("twice", 2, 2),
    Band("3-4", 3, 4),
    Band("5-9", 5, 9),
    Band("10-99", 10, 99),
    Band("100+", 100, math.inf),
)
TAIL = Band("tail", 1, 4)
"""What `generations until` speaks of."""


class Spectrum(NamedTuple):
    """How many types a corpus holds so often, in so many documents."""

    copies: npt.NDArray[np.int64]
    documents: npt.NDArray[np.int64]
    types: npt.NDArray[np.int64]

    @classmethod
    def of(cls, copies: Counts, documents: Counts | None = None) -> "Spectrum":
        """From the copies of each type, and the documents they lie in (unsaid: each in its own). Zeros are no types."""
        pairs = np.column_stack([copies, copies if documents is None else documents]).astype(np.int64)
        found, types = np.unique(pairs[pairs[:, 0] > 0], axis=0, return_counts=True)
        return cls(found[:, 0], found[:, 1], types)

    @classmethod
    def of_texts(cls, texts: Iterable[Hashes]) -> "Spectrum":
        """From the token hashes of each document."""
        each = [np.unique(text, return_counts=True) for text in texts]
        types = np.concatenate([np.zeros(0, np.uint64), *(one for one, _ in each)])
        counts = np.concatenate([np.zeros(0, np.int64), *(one for _, one in each)])
        _, home, documents = np.unique(types, return_inverse=True, return_counts=True)
        return cls.of(np.bincount(home, counts, len(documents)).astype(np.int64), documents)

    def within(self, band: Band) -> "Spectrum":
        """The types of one band."""
        mine = band.holds(self.copies)
        return Spectrum(self.copies[mine], self.documents[mine], self.types[mine])

    @property
    def size(self) -> int:
        """Types in all."""
        return int(self.types.sum())


def forecast(
    policy: Policy, spectrum: Spectrum, generations: int, kappa: Mapping[str, float] | None = None
) -> Iterator[Evidence]:
    """`forecast.<policy>.<band>` for each generation: the share of the band's types that its output still holds.

    `kappa`: tail reproduction by band, 1 where nothing is said. Bands without types are left out.
    """
    for band in BANDS:
        mine = spectrum.within(band)
        if not mine.size:
            continue
        k = (kappa or {}).get(band.name, 1.0)
        chances = survival(policy, mine.copies, generations, k, mine.documents)
        for generation in range(generations):
            yield _share(policy.name, band, mine, chances[:, generation], generation + 1, k)


def _share(policy: str, band: Band, mine: Spectrum, chance: Floats, generation: int, kappa: float) -> Evidence:
    n = mine.size
    value = float(mine.types @ chance) / n
    half = 1.96 * math.sqrt(float(mine.types @ (chance * (1 - chance)))) / n
    interval = Interval(max(0.0, value - half), min(1.0, value + half))
    method = "expected share of types still written; branching process; interval of its chance, types independent, 95 %"
    inputs = {"policy": policy, "band": band.name, "generation": generation, "kappa": kappa}
    return Evidence(f"forecast.{policy}.{band.name}", value, n, interval, method, inputs)


def until(policy: Policy, spectrum: Spectrum, lost: float, kappa: float = 1.0, band: Band = TAIL) -> Evidence:
    """`forecast.<policy>.until_<lost>`: the first generation in which this share of a band's types is gone.

    None where that takes more than 256 generations, or never happens.
    """
    mine = spectrum.within(band)
    name = f"forecast.{policy.name}.until_{lost:.0%}".replace("%", "")
    inputs = {"policy": policy.name, "band": band.name, "lost": lost, "kappa": kappa}
    if not mine.size:
        return Evidence(name, None, 0, None, "the anchor has no types in this band", inputs)
    found = next((g for g in _doubling() if _gone(policy, mine, g, kappa) >= lost), None)
    if found is None:
        return Evidence(name, None, mine.size, None, f"not within {HORIZON:,} generations", inputs)
    low = found // 2
    while found - low > 1:
        middle = (low + found) // 2
        low, found = (low, middle) if _gone(policy, mine, middle, kappa) >= lost else (middle, found)
    return Evidence(name, float(found), mine.size, None, "first generation without that share of types", inputs)


def _doubling() -> Iterator[int]:
    generation = 1
    while generation <= HORIZON:
        yield generation
        generation *= 2


def _gone(policy: Policy, mine: Spectrum, generation: int, kappa: float) -> float:
    chance = survival_to(policy, mine.copies, generation, kappa, mine.documents)
    return 1 - float(mine.types @ chance) / mine.size
