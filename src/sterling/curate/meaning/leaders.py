"""Of the records in one cell, which are alike: each with those before it that nothing better removes.

In the order in which records stay, each is held against the leaders so far: those that no leader before them is surely
like. So the work grows with records times leaders and not with the square of a crowd of copies, and what stays of a
cell is what holding every pair against each other would leave.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.cells import Small, lengths_of, products

MARGIN = 0.01
"""Of cosines of whole numbers: beyond it nothing changes by reading the vectors as they are."""
_MET = 16
"""Of the leaders that it is like, a record is read with so many of the most similar."""
_ROWS = 512
_LEADERS = 8192
"""Held against each other at a time."""


class Alike(NamedTuple):
    """Pairs of rows, (better, worse)."""

    better: npt.NDArray[np.int64]
    worse: npt.NDArray[np.int64]


def alike(vectors: Small, protected: npt.NDArray[np.bool_], threshold: float) -> Alike:
    """Pairs worth reading among rows in the order in which they stay.

    `protected` ones lead whatever they are like. Every row whose cosine with a leader is at least the threshold is in a
    pair with it, or with 16 that it is more like.
    """
    search = _Search(vectors, lengths_of(vectors), protected, threshold)
    leads = np.zeros(len(vectors), np.bool_)
    found = [Alike(np.empty(0, np.int64), np.empty(0, np.int64))]
    for start in range(0, len(vectors), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(vectors)))
        met = search.met(rows, np.flatnonzero(leads[:start]))
        among = search.among(rows)
        leads[rows] = _leading(rows, met, among, protected)
        found.append(_nearest(met, among, leads))
    return Alike(*(np.concatenate(side) for side in zip(*found, strict=True)))


class _Met(NamedTuple):
    """Pairs (better, worse) of rows, and how alike they look."""

    better: npt.NDArray[np.int64]
    worse: npt.NDArray[np.int64]
    cosine: npt.NDArray[np.float64]
    sure: npt.NDArray[np.bool_]
    """Reading the vectors will not refute it."""


class _Search(NamedTuple):
    vectors: Small
    lengths: npt.NDArray[np.float64]
    protected: npt.NDArray[np.bool_]
    threshold: float

    def met(self, rows: npt.NDArray[np.int64], leaders: npt.NDArray[np.int64]) -> _Met:
        """Rows held against leaders before them."""
        parts = [self._near(rows, leaders[at : at + _LEADERS]) for at in range(0, len(leaders), _LEADERS)]
        parts = parts or [self._near(rows, leaders)]
        return _Met._make(np.concatenate(column) for column in zip(*parts, strict=True))

    def among(self, rows: npt.NDArray[np.int64]) -> _Met:
        """Rows held against those before them."""
        found = self._near(rows, rows)
        earlier = found.better < found.worse
        return _Met._make(column[earlier] for column in found)

    def _near(self, rows: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> _Met:
        found = products(self.vectors[rows], self.vectors[others])
        least = (self.lengths[rows] * (self.threshold - MARGIN)).astype(np.float32)
        worse, better = np.nonzero(found >= np.multiply.outer(least, self.lengths[others].astype(np.float32)))
        lengths = self.lengths[rows[worse]] * self.lengths[others[better]]
        cosine = found[worse, better] / np.where(lengths > 0, lengths, 1)
        there = lengths > 0
        sure = cosine >= self.threshold + MARGIN
        return _Met(others[better][there], rows[worse][there], cosine[there], sure[there])


def _leading(
    rows: npt.NDArray[np.int64], met: _Met, among: _Met, protected: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Which rows lead: the protected, and those that no leader is surely like."""
    leads = np.ones(len(rows), np.bool_)
    leads[met.worse[met.sure] - rows[0]] = False
    leads |= protected[rows]
    better, worse = among.better[among.sure] - rows[0], among.worse[among.sure] - rows[0]
    order = np.argsort(worse, kind="stable")
    for one, other in zip(better[order].tolist(), worse[order].tolist(), strict=True):
        if leads[one] and not protected[rows[other]]:
            leads[other] = False
    return leads


def _nearest(met: _Met, among: _Met, leads: npt.NDArray[np.bool_]) -> Alike:
    """Of each row the most similar leaders, the better of equally similar ones."""
    mine = leads[among.better]
    better = np.concatenate((met.better, among.better[mine]))
    worse = np.concatenate((met.worse, among.worse[mine]))
    cosine = np.concatenate((met.cosine, among.cosine[mine]))
    order = np.lexsort((better, -cosine, worse))
    sorted_ = worse[order]
    place = np.arange(len(order)) - np.searchsorted(sorted_, sorted_)
    chosen = order[place < _MET]
    return Alike(better[chosen], worse[chosen])
