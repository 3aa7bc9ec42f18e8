"""Tail reproduction: how many copies of rare types a corpus holds for each copy in real text of the same size.

The headline of a monitor. Rare types are chosen by one part of the real text and counted in another, so that both
counts are honest: types chosen for being rare in a sample are rarer there than elsewhere, and comparing with that same
sample would make any other text, real or not, look richer. Below 1: a decoder, a judge or a filter prefers what is
common. About 1 while the number of types falls: resampling, which fresh real data mends.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from sterling.collapse.forecast import BANDS, Band
from sterling.collapse.naming import head
from sterling.stats import Evidence, Interval, student_t_quantile
from sterling.text import Hashes

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


def _places(types: Hashes, chunk: Hashes) -> Counts:
    """The index of the type of each unit that is one of them."""
    at = np.minimum(np.searchsorted(types, chunk), len(types) - 1)
    return np.asarray(at[types[at] == chunk], np.int64)


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
