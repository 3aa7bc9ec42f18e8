"""Harm that adds up: how often it is found where there is none, and that small harm is found."""

import numpy as np

from sterling.collapse.comparing import compared
from sterling.collapse.cusum import Alarm, alarms, limit
from sterling.collapse.panel import PANEL

Values = list[dict[str, float]]
NAMES = [f"g{n}" for n in range(1, 11)]


def _values(chance: np.random.Generator, harm: float = 0.0, spread: float = 0.005) -> Values:
    """Eight stretches of which each measure varies about 1, all measures a little alike. `harm` in margins."""
    common, own = chance.standard_normal((8, 1)), chance.standard_normal((8, len(PANEL)))
    shift = np.array([m.margin if m.harm == "rises" else -m.margin for m in PANEL]) * harm
    rows = 1 + shift + spread * (0.55 * common + 0.84 * own)
    return [dict(zip((m.name for m in PANEL), row, strict=True)) for row in rows.tolist()]


def _found(seed: int, harm: float = 0.0, spread: float = 0.005, generations: int = 10) -> list[Alarm]:
    chance = np.random.default_rng(seed)
    control = _values(chance, spread=spread)
    return list(alarms(control, [_values(chance, harm, spread) for _ in range(generations)], NAMES[:generations]))


def test_alarms_without_harm_are_rare_however_many_generations() -> None:
    """At 1 % of 200 series of ten generations. The mean is so far from the spread that no margin helps."""
    chance = np.random.default_rng(1)
    series = [[_values(chance, spread=0.2) for _ in range(11)] for _ in range(200)]
    assert sum(bool(list(alarms(control, later, NAMES))) for control, *later in series) <= 6


def test_harm_below_the_margin_is_found_where_single_tests_are_silent() -> None:
    chance = np.random.default_rng(3)
    control, later = _values(chance), [_values(chance, 0.8) for _ in range(5)]
    single = {f.measure.name for one in later for f in compared(one, control, 10_000).findings if f.said == "worse"}
    summed = {one.measure for one in alarms(control, later, NAMES[:5])}
    assert summed >= {"distinct_2", "vendi", "coverage"}
    assert not {"distinct_2", "vendi", "coverage"} & single


def test_harm_below_half_the_margin_is_no_matter() -> None:
    assert not _found(4, 0.3, spread=0.0005)


def test_the_sum_begins_where_the_harm_does() -> None:
    chance = np.random.default_rng(5)
    control = _values(chance)
    later = [_values(chance, harm) for harm in (0.0, 0.0, 0.0, 2.0, 2.0)]
    found = {one.measure: (one.generation, one.since) for one in alarms(control, later, NAMES[:5])}
    assert found["distinct_2"] == ("g4", "g4")


def test_two_generations_are_no_series() -> None:
    assert not _found(1, 9.0, generations=2)
    assert _found(1, 9.0, generations=3)


def test_more_generations_need_a_higher_limit() -> None:
    few, many = limit(8, (8,) * 3, 9), limit(8, (8,) * 10, 9)
    assert 4 < few < many < 7
    assert few == limit.__wrapped__(8, (8,) * 3, 9)
