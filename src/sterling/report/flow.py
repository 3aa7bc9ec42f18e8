"""The river of records: how many stand before, in and after every step, as shares of the widest place."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sterling.report.model import StepLine

THINNEST = 0.4
"""Percent of the width below which a loss could not be seen; smaller ones are drawn this wide."""


class Band(NamedTuple):
    """A horizontal piece of the river, in percent of its widest place."""

    x: float
    width: float


class Reach(NamedTuple):
    """One step of the river."""

    step: StepLine
    joined: int
    """Records that were not in the step before: the anchor's, or those that were generated."""
    aside: int
    """Records of the step before that do not enter this one."""
    standing: int
    """Records in the river after this step."""
    reasons: tuple[tuple[str, int], ...]
    """Most frequent first."""
    before: Band
    joining: Band
    leaving: Band
    kept: Band
    lost: Band


class _Levels(NamedTuple):
    before: int
    within: int
    after: int


def reaches(steps: Sequence[StepLine]) -> tuple[Reach, ...]:
    """The river, step by step. Anchors and generation add to it, any other step takes its `in` from it."""
    levels = _levels(steps)
    widest = max((max(level) for level in levels), default=0)
    return tuple(_reach(step, level, widest) for step, level in zip(steps, levels, strict=True))


def ranked(reasons: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Reasons with the most frequent first, equals by name."""
    return tuple(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])))


def _levels(steps: Sequence[StepLine]) -> list[_Levels]:
    levels, standing = [], 0
    for step in steps:
        beside = standing if step.adds else 0
        levels.append(_Levels(standing, beside + step.taken, beside + step.kept))
        standing = levels[-1].after
    return levels


def _reach(step: StepLine, level: _Levels, widest: int) -> Reach:
    before, within, after = level
    return Reach(
        step, max(0, within - before), max(0, before - within), after, ranked(step.reasons),
        before=_band(0, min(before, within), widest),
        joining=_band(before, within, widest),
        leaving=_band(within, before, widest),
        kept=_band(0, after, widest),
        lost=_band(after, within, widest),
    )  # fmt: skip


def _band(start: int, end: int, widest: int) -> Band:
    if end <= start or widest == 0:
        return Band(0, 0)
    width = max(THINNEST, 100 * (end - start) / widest)
    return Band(round(min(100 * start / widest, 100 - width), 3), round(width, 3))
