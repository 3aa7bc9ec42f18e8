"""Tail reproduction: how many copies of rare types a corpus holds for each copy in real text of the same size.

The headline of a monitor. Rare types are chosen by one part of the real text and counted in another, so that both
counts are honest: types chosen for being rare in a sample are rarer there than elsewhere, and comparing with that same
sample would make any other text, real or not, look richer. Below 1: a decoder, a judge or a filter prefers what is
common. About 1 while the number of types falls: resampling, which fresh real data mends.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.collapse.forecast import BANDS, Band
from sterling.collapse.naming import head
from sterling.stats import Evidence, Interval, student_t_quantile
from sterling.text import Hashes
from sterling.text.lookup import positions

Counts = npt.NDArray[np.int64]


def tail_reproduction(
    name: str, choosing: Hashes, real: Sequence[Hashes], generated: Sequence[Hashes]
) -> Iterator[Evidence]:
    """`collapse.<name>.kappa` of each band of types.

    `choosing`: hashes of the units (words, bigrams) of the real text that says how rare a type is. `real` and
    `generated`: chunks of equally many units, of real text disjoint from that, and of the corpus in question. `n` is
    the number of chunks on both sides; the interval is over chunks (delta method on the log of the ratio, Student t).
    """
    types, counts = np.unique(choosing, return_counts=True)
    places = [_places(types, chunk) for chunk in (*real, *generated)]
    for band in BANDS:
        mine = band.holds(counts)
        if not mine.any():
            continue
        copies = [int(mine[place].sum()) for place in places]
        yield _ratio(name, band, copies[: len(real)], copies[len(real) :], int(mine.sum()))


class Read(NamedTuple):
    """What a model was trained on, as counts."""

    types: Hashes
    counts: Counts
    """By which a type is called rare."""
    copies: npt.NDArray[np.float64]
    """Of each type in all that was read: counted, or estimated."""
    tokens: float
    """Of all that was read."""

    @classmethod
    def whole(cls, units: Hashes) -> "Read":
        """All of it is at hand."""
        types, counts = np.unique(units, return_counts=True)
        return cls(types, np.asarray(counts, np.int64), counts.astype(np.float64), len(units))

    @classmethod
    def sampled(cls, choosing: Hashes, other: Hashes, tokens: float) -> "Read":
        """Two disjoint parts of it are at hand. One chooses what is rare; the rest is estimated from the other.

        The copies that made a type rare were read as well, so they count as they are: without them a model that copies
        faithfully would seem to prefer what is rare.
        """
        types, counts = np.unique(choosing, return_counts=True)
        beside = np.bincount(_places(types, other), minlength=len(types))
        copies = counts + beside * (tokens - len(choosing)) / max(1, len(other))
        return cls(types, np.asarray(counts, np.int64), np.asarray(copies, np.float64), tokens)


def copying(name: str, read: Read, generated: Sequence[Hashes]) -> Iterator[Evidence]:
    """`collapse.<name>.kappa` of each band of types: copies written for each copy that the model itself has read.

    `generated`: chunks of equally many units of what it wrote. Where a corpus is compared with real text that its model
    has *not* read, `tail_reproduction` is right, and this is not. The interval is over chunks, of the log of the mean
    (delta method, Student t); what was read is taken as given.
    """
    places = [_places(read.types, chunk) for chunk in generated]
    size = sum(map(len, generated)) / max(1, len(generated))
    for band in BANDS:
        mine = band.holds(read.counts)
        if mine.any():
            copies = [int(mine[place].sum()) for place in places]
            yield _copied(name, band, copies, float(read.copies[mine].sum()) * size / read.tokens, int(mine.sum()))


def _copied(name: str, band: Band, copies: Sequence[int], expected: float, types: int) -> Evidence:
    """`expected`: copies in a chunk of somebody who writes each as often as it was read."""
    n = len(copies)
    inputs = {"kind": "kappa", "corpus": name, "band": band.name, "types": types, "copies": sum(copies),
              "real_copies": round(expected * n)}  # fmt: skip
    full = f"{head(name)}.kappa.{band.name}"
    method = "copies written / copies read, in equally many units, of types by how often they were read"
    value = sum(copies) / n / expected if n else None
    if value is None or n < 2 or not value:
        return Evidence(full, value, n, None, f"{method}; no interval below two chunks or without a copy", inputs)
    half = student_t_quantile(0.975, n - 1) * math.sqrt(_relative_square(copies))
    interval = Interval(value * math.exp(-half), value * math.exp(half))
    return Evidence(full, value, n, interval, f"{method}; log of the mean over chunks, Student t 95 %", inputs)


def _places(types: Hashes, chunk: Hashes) -> Counts:
    """The index of the type of each unit that is one of them."""
    at = positions(types, chunk)
    return at[at >= 0]


def _ratio(name: str, band: Band, real: Sequence[int], generated: Sequence[int], types: int) -> Evidence:
    n = len(real) + len(generated)
    inputs = {
        "kind": "kappa", "corpus": name, "band": band.name, "types": types, "copies": sum(generated),
        "real_copies": sum(real),
    }  # fmt: skip
    full = f"{head(name)}.kappa.{band.name}"
    method = "copies in the corpus / in real text of equal size, of types with so many copies in other real text"
    if not sum(real) or not generated:
        return Evidence(full, None, n, None, f"{method}; nothing to compare with", inputs)
    value = (sum(generated) / len(generated)) / (sum(real) / len(real))
    if min(len(real), len(generated)) < 2 or not value:
        return Evidence(full, value, n, None, f"{method}; no interval below two chunks a side or two copies", inputs)
    spread = math.sqrt(_relative_square(real) + _relative_square(generated))
    half = student_t_quantile(0.975, min(len(real), len(generated)) - 1) * spread
    interval = Interval(value * math.exp(-half), value * math.exp(half))
    return Evidence(full, value, n, interval, f"{method}; log ratio of chunk means, Student t 95 %", inputs)


def _relative_square(copies: Sequence[int]) -> float:
    """Squared standard error of the mean over its square; Poisson's where the counts happen not to vary."""
    centre = sum(copies) / len(copies)
    variance = sum((one - centre) ** 2 for one in copies) / (len(copies) - 1)
    return (variance or centre) / len(copies) / centre**2
