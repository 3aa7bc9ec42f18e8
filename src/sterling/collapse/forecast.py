"""Which share of an anchor's rare types will still be written after some generations, under a mixing policy.

The anchor's count spectrum (how many types it holds once, twice, …) goes through `branching.survival`. What the
forecast says of a band is an expectation over the model's chance, for these types; its interval is that chance alone,
with types taken as independent. It is no statement about topics or meaning, and none about a model that smooths.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.collapse.branching import Counts, Floats, Policy, survival, survival_to
from sterling.stats import Evidence, Interval, Z
from sterling.text import Hashes

HORIZON = 128
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


class Kappa(NamedTuple):
    """Tail reproduction: copies that are written for each copy that was read."""

    value: float = 1.0
    low: float = 1.0
    high: float = 1.0

    @classmethod
    def of(cls, measured: Evidence) -> "Kappa | None":
        """What `reproduction.tail_reproduction` found; None where it found nothing, or nothing with an interval.

        Where no copy was written, the upper end is Poisson's at 97.5 %, beside the copies in real text.
        """
        if measured.value == 0 and measured.interval is None and measured.inputs.get("real_copies"):
            return cls(0.0, 0.0, min(1.0, 3.69 / measured.inputs["real_copies"]))
        if measured.value is None or measured.interval is None:
            return None
        return cls(measured.value, *measured.interval)


Kappas = Mapping[str, Kappa]
"""By band; 1 where nothing is said."""


def forecast(policy: Policy, spectrum: Spectrum, generations: int, kappas: Kappas | None = None) -> Iterator[Evidence]:
    """`forecast.<policy>.<band>` for each generation: the share of the band's types that its output still holds.

    Bands without types are left out. The interval is the model's chance, and where kappa was measured its interval too.
    """
    for each in BANDS:
        mine = spectrum.within(each)
        if not mine.size:
            continue
        kappa = (kappas or {}).get(each.name, Kappa())
        chances = [survival(policy, mine.copies, generations, k, mine.documents) for k in dict.fromkeys(kappa)]
        for generation in range(generations):
            at = [chance[:, generation] for chance in chances]
            yield _share(policy.name, each, mine, at, generation + 1, kappa)


def _share(
    policy: str, band: Band, mine: Spectrum, chances: Sequence[Floats], generation: int, kappa: Kappa
) -> Evidence:
    """`chances` at each of kappa's values, the first of them the value itself."""
    shares = [float(mine.types @ chance) / mine.size for chance in chances]
    halves = [Z * math.sqrt(float(mine.types @ (one * (1 - one)))) / mine.size for one in chances]
    ends = [share + sign * half for share, half in zip(shares, halves, strict=True) for sign in (-1, 1)]
    interval = Interval(max(0.0, min(ends)), min(1.0, max(ends)))
    method = "expected share of types still written; branching process; interval of its chance, types independent, 95 %"
    inputs = {
        "kind": "survival", "policy": policy, "band": band.name, "generation": generation, "kappa": kappa.value,
    }  # fmt: skip
    if len(chances) > 1:
        method += ", and of kappa as it was measured"
        inputs |= {"kappa_low": kappa.low, "kappa_high": kappa.high}
    return Evidence(f"forecast.{policy}.{band.name}", shares[0], mine.size, interval, method, inputs)


def until(policy: Policy, spectrum: Spectrum, lost: float, kappas: Kappas | None = None) -> Evidence:
    """`forecast.<policy>.until_<lost>`: the first generation in which this share of the tail's types is gone.

    None where that takes more than 128 generations, or never happens. Where kappa was measured the inputs hold `early`
    and `late`, the answers at both ends of its interval; there, too, None is never.
    """
    mine = spectrum.within(TAIL)
    name = f"forecast.{policy.name}.until_{lost:.0%}".replace("%", "")
    used = {each: kappa for each, kappa in (kappas or {}).items() if each in _PARTS}
    inputs = {
        "kind": "until", "policy": policy.name, "band": TAIL.name, "lost": lost,
        "kappa": {k: v.value for k, v in used.items()},
    }  # fmt: skip
    if not mine.size:
        return Evidence(name, None, 0, None, "the anchor has no rare types", inputs)
    value = _first(policy, mine, lost, used, 0)
    if used:
        inputs |= {"early": _first(policy, mine, lost, used, 1), "late": _first(policy, mine, lost, used, 2)}
    method = f"not within {HORIZON:,} generations" if value is None else "first generation without that share of types"
    return Evidence(name, None if value is None else float(value), mine.size, None, method, inputs)


_PARTS = {band.name: band for band in BANDS[:3]}
"""What `TAIL` is made of."""


def _first(policy: Policy, mine: Spectrum, lost: float, kappas: Kappas, end: int) -> int | None:
    """At one of a kappa's three values: doubled until it is beyond, then halved."""
    bands = [
        (part, kappas.get(band.name, Kappa())[end]) for band in _PARTS.values() if (part := mine.within(band)).size
    ]

    def gone(generation: int) -> bool:
        left = [part.types @ survival_to(policy, part.copies, generation, k, part.documents) for part, k in bands]
        return 1 - float(sum(left)) / mine.size >= lost

    found = next((generation for generation in _doubling() if gone(generation)), None)
    if found is None:
        return None
    low = found // 2
    while found - low > 1:
        middle = (low + found) // 2
        low, found = (low, middle) if gone(middle) else (middle, found)
    return found


def _doubling() -> Iterator[int]:
    generation = 1
    while generation <= HORIZON:
        yield generation
        generation *= 2
