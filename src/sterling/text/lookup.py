"""Where hashes and keys stand in a sorted table."""

from typing import Any

import numpy as np
import numpy.typing as npt


def positions(among: npt.NDArray[Any], sought: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Of each sought value its place among sorted, distinct ones, or -1; in the shape of `sought`.

    Both are of one kind, integers of the same sign and size: numpy compares others as floats, which are not exact.
    Fastest where `sought` ascends.
    """
    if not len(among):
        return np.full(sought.shape, -1, np.int64)
    at = np.minimum(np.searchsorted(among, sought), len(among) - 1)
    return np.where(among[at] == sought, at, -1)
