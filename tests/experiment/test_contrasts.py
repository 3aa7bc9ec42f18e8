"""Imported outcomes as effects."""

from collections.abc import Iterator

import numpy as np
import pytest

from sterling.errors import InputError
from sterling.experiment.contrasts import outcome_effects
from sterling.experiment.outcomes import Outcome, Outcomes
from sterling.stats import Evidence


def _of(rows: list[Outcome], *, binary: bool) -> Evidence:
    (found,) = outcome_effects(Outcomes(rows, (), frozenset({"m"} if binary else ())))
    return found


def _paired(seed: int, fall: float, units: int = 80, seeds: int = 1) -> Iterator[Outcome]:
    """Units are hard or easy for both arms."""
    chance = np.random.default_rng(seed)
    for unit, hard in enumerate(chance.random(units)):
        for run in range(seeds):
            for arm, less in (("real", 0.0), ("added", fall)):
                yield Outcome("m", arm, f"u{unit}", float(chance.random() < hard - less), str(run))


def test_pairs_are_compared_by_unit() -> None:
    """Discordant 2 and 12 of 60: Agresti and Min give -0.16129 +- 0.11567 by hand."""
    losses = [(0, 1)] * 12 + [(1, 0)] * 2 + [(1, 1)] * 20 + [(0, 0)] * 26
    rows = [
        Outcome("m", arm, f"u{n}", float(loss))
        for n, pair in enumerate(losses) for arm, loss in zip(("added", "real"), pair, strict=True)
    ]  # fmt: skip
    found = _of(rows, binary=True)
    assert (found.name, found.n) == ("experiment.added.outcomes.m", 60)
    assert found.value == pytest.approx(-10 / 60)
    assert found.interval == pytest.approx((-0.27696, -0.04563), abs=1e-4)
    assert found.inputs["pairs"] == 60
    assert found.inputs["said"] == "better"
    swapped = [row._replace(arm={"real": "added", "added": "real"}[row.arm]) for row in rows]
    assert _of(swapped, binary=True).inputs["said"] == "worse"
    assert found.inputs["unit"] == "share of failures"


def test_other_units_in_each_arm_are_compared_apart() -> None:
    rows = [
        Outcome("m", arm, f"{arm}{n}", float(n < fails))
        for arm, fails in (("real", 30), ("added", 20))
        for n in range(98)
    ]
    found = _of(rows, binary=True)
    assert found.value == pytest.approx(-10 / 98)
    assert (found.n, found.inputs["pairs"], found.inputs["said"]) == (196, 0, "undecided")
    assert found.interval == pytest.approx((-0.22079, 0.02079), abs=1e-5)
    assert "Agresti and Caffo" in found.method


def test_with_four_seeds_the_chance_of_training_is_in_the_interval() -> None:
    one, four = (_of(list(_paired(1, 0.2, seeds=seeds)), binary=True) for seeds in (1, 4))
    assert "hierarchical bootstrap" in four.method
    assert "hierarchical bootstrap" not in one.method
    assert four.interval is not None
    assert four.interval.high < 0
    assert four.inputs["seeds"] == 4


def test_of_nothing_about_one_in_twenty_intervals_leaves_nothing_out() -> None:
    found = [_of(list(_paired(seed, 0.0)), binary=True).interval for seed in range(100)]
    assert sum(one is not None and not one.low <= 0 <= one.high for one in found) <= 12


def test_numbers_have_an_interval_of_numbers_and_one_unit_has_none() -> None:
    rows = [
        Outcome("m", arm, f"u{n}", n + less)
        for n in range(9)
        for arm, less in (("real", 0.5), ("added", 0.1 * (n % 2)))
    ]
    found = _of(rows, binary=False)
    assert found.value == pytest.approx(-0.4556, abs=1e-4)
    assert "Student t" in found.method
    alone = _of([Outcome("m", "real", "u1", 1.0), Outcome("m", "added", "u1", 0.0)], binary=False)
    assert (alone.value, alone.interval) == (None, None)
    assert "two of each are needed" in alone.method


def test_without_the_control_it_names_the_arms() -> None:
    with pytest.raises(
        InputError, match=r"(?s)no outcome is of the control `real`.*one of the arms as control: `a`, `b`"
    ):
        outcome_effects(Outcomes([Outcome("m", "a", "u", 1.0), Outcome("m", "b", "u", 1.0)], (), frozenset({"m"})))


def test_one_arm_alone_is_no_comparison() -> None:
    with pytest.raises(InputError, match="every outcome is of `real`: there is no arm to compare"):
        outcome_effects(Outcomes([Outcome("m", "real", "u", 1.0)], (), frozenset({"m"})))
