"""Whether generated texts cover real edge cases, beside what real texts alone would cover."""

import random

import pytest

from sterling.curate.impact.coverage import HeldOut, edge_cases, edge_coverage
from sterling.stats import Evidence

KITCHEN = ["tap", "washer", "kitchen", "drips", "sink", "valve", "plumber", "leak", "water", "pipe"]
GARDEN = ["hedge", "lawn", "rake", "seed", "spade", "compost", "weeds", "shears", "soil", "mulch"]
VOLCANO = ["magma", "crater", "eruption", "ash", "lava", "basalt", "caldera", "tephra", "fumarole", "vent"]


def texts(words: list[str], n: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [" ".join(chance.sample(words, 6)) + f" case{seed}n{k}" for k in range(n)]


TRAIN = texts(KITCHEN, 60, 1) + texts(GARDEN, 60, 2)
EDGE = texts(VOLCANO, 20, 3)


def found(generated: list[str], edge: list[str] = EDGE, train: list[str] = TRAIN) -> dict[str, Evidence]:
    return {one.name.removeprefix("coverage.edge."): one for one in edge_coverage(edge, train, generated)}


def test_what_generation_reaches_and_real_data_does_not_is_new() -> None:
    told = found(texts(VOLCANO, 30, 4))
    assert told["seeds"].value == 0
    assert told["new"].value is not None
    assert told["new"].value > 0.9
    assert told["new"].n == 20
    assert told["new"].interval is not None
    assert told["null"].value == 0
    assert told["new"].inputs["closeness"] == told["null"].inputs["closeness"]


def test_more_of_the_same_covers_nothing_new() -> None:
    told = found(texts(KITCHEN, 60, 5))
    assert told["new"].value == 0
    both = found(texts(VOLCANO, 30, 4), train=TRAIN + texts(VOLCANO, 30, 6))
    assert both["seeds"].value is not None
    assert both["seeds"].value >= 0.9
    assert both["new"].value is not None
    assert both["new"].value <= 0.1


def test_where_chance_alone_covers_edge_cases_the_null_says_so() -> None:
    """One training text alone lies near the edge cases: it plays a generated one in half of the draws."""
    lone = [*TRAIN, " ".join(VOLCANO)]
    values = {seed: edge_coverage(EDGE, lone, lone[:60], seed)[2].value for seed in range(8)}
    assert 0.0 in values.values()
    assert any(value is not None and value > 0.5 for value in values.values())


@pytest.mark.parametrize(("edge", "train"), [([], TRAIN), (EDGE, TRAIN[:19]), (EDGE, [TRAIN[0]] * 50)])
def test_where_there_is_too_little_nothing_is_claimed(edge: list[str], train: list[str]) -> None:
    assert [one.value for one in found(EDGE, edge, train).values()] == [None, None, None]


def test_edge_cases_are_tagged_or_rare() -> None:
    usual = "kitchen tap drips sink washer water"
    held_out = [
        HeldOut(usual),
        HeldOut(usual, ["topic:x"]),
        HeldOut(f"{usual} pipe", ["topic:x", "edge:odd"]),
        HeldOut(EDGE[0]),
    ]
    assert edge_cases(held_out, TRAIN) == [f"{usual} pipe", EDGE[0]]
