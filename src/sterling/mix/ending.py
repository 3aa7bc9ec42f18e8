"""The end of a mix that holds real records alone."""

from fractions import Fraction

import numpy as np

from sterling.mix.drawing import Draw
from sterling.mix.limits import exact
from sterling.mix.spread import I64

MAIN, END = 1, 2
"""Phases of training, in their order."""


def phases(drawn: Draw) -> I64:
    """A phase for each candidate: real records, spread over all there are, until the end has its share.

    Those that fewer earlier mixes held come first, so what is fresh is seen last. Within one record of the share, and
    never below it as long as the mix holds so much real data.
    """
    pool, share = drawn.pool, exact(drawn.pool.rules.ends_on_real)
    phase = np.full(len(pool.size), MAIN, dtype=np.int64)
    if share and len(drawn.real):
        seen = pool.seen()
        wanted = share * Fraction(int(seen[drawn.real].sum()) + int(seen[drawn.other].sum()))
        before = np.cumsum(seen[drawn.real]) - seen[drawn.real]
        phase[drawn.real[np.asarray(before < wanted, dtype=bool)]] = END
    return phase
