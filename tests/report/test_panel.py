from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from tests.report.pictured import NAMES, generations

from sterling.collapse.comparing import compared, evidence
from sterling.collapse.naming import head
from sterling.collapse.panel import PANEL
from sterling.collapse.reproduction import tail_reproduction
from sterling.collapse.trends import trends
from sterling.pipeline.monitor.releases import Judged, accepted
from sterling.report.panel import Watch, watched
from sterling.report.series import Series
from sterling.stats import Evidence, Interval, proportion
from sterling.text import token_hashes


@pytest.fixture(scope="module")
def watch() -> Watch:
    found, rest = watched(list(generations()))
    assert found is not None
    assert rest == []
    return found


def plot(watch: Watch, measure: str, against: str = "real") -> Series:
    side = next(side for side in watch.sides if side.against == against)
    return next(one for family in side.families for one in family.plots if one.title == measure)


def test_verdicts_come_by_generation_with_their_names(watch: Watch) -> None:
    assert [(one.generation, one.name) for one in watch.verdicts] == list(enumerate(NAMES, 1))
    assert [one.colour for one in watch.verdicts] == ["green", "red", "red", "insufficient sample"]
    assert watch.verdicts[1].stage == "early"
    assert watch.verdicts[3].notes


def test_gap_and_drift_are_apart(watch: Watch) -> None:
    assert [side.against for side in watch.sides] == ["real", "first"]
    assert [point.generation for point in plot(watch, "distinct_2").points] == [1, 2, 3, 4]
    assert [point.generation for point in plot(watch, "distinct_2", "first").points] == [2, 3, 4]


def test_every_word_has_its_shape_and_a_sample_that_is_too_small_says_nothing(watch: Watch) -> None:
    said = [point.said for point in plot(watch, "distinct_2").points]
    assert said == ["equal", "worse", "worse", "insufficient sample"]
    assert watch.sides[0].said[0][0] == "insufficient sample"


def test_a_trend_stands_at_its_measure_in_the_unit_of_the_plot(watch: Watch) -> None:
    trend = plot(watch, "distinct_2").trend
    assert trend is not None
    assert trend.value == pytest.approx(trend.evidence.inputs["relative"])
    assert trend.said == "worse"
    assert plot(watch, "distinct_2", "first").trend is None


def test_acceptance_is_drawn_by_check(watch: Watch) -> None:
    (math,) = watch.accepted
    assert [point.value for point in math.points] == [0.9, 0.8, 0.85, 0.6]
    assert math.trend is not None


def test_difference_and_interval_are_in_units_of_the_same_thing(watch: Watch) -> None:
    point = plot(watch, "distinct_2").points[1]
    assert point.value == pytest.approx(point.evidence.inputs["relative"])
    assert point.interval is not None
    assert point.evidence.interval is not None
    assert point.evidence.value is not None
    assert point.value
    assert point.interval.low / point.value == pytest.approx(point.evidence.interval.low / point.evidence.value)


def test_the_strip_is_the_margin_around_no_difference(watch: Watch) -> None:
    drawn = plot(watch, "student")
    assert drawn.margin is not None
    assert drawn.reference is not None
    assert drawn.margin[0] <= drawn.reference <= drawn.margin[1]
    outside = [mark for mark in drawn.marks if mark.point.said == "worse"]
    assert outside
    assert all(not drawn.margin[0] <= mark.y <= drawn.margin[1] for mark in outside)


def test_kappa_is_below_one_only_where_its_interval_is() -> None:
    found = {"once": Interval(0.7, 0.9), "twice": Interval(0.7, 1.1), "5-9": None}
    inputs = {"kind": "kappa", "corpus": "g", "generation": 1}
    made = [
        Evidence(f"collapse.g.kappa.{b}", None if i is None else 0.8, 16, i, "", inputs | {"band": b})
        for b, i in found.items()
    ]
    watch, _ = watched(made)
    assert watch is not None
    assert {one.title: one.points[0].said for one in watch.kappa} == {
        "once": "worse", "twice": "undecided", "5-9": "insufficient sample",
    }  # fmt: skip
    assert watch.kappa[2].marks == []


@pytest.mark.parametrize("name", ["trend", "a.topic.b", "x.kappa.once", "verdict", "drift.vanished"])
def test_a_corpus_may_be_called_as_anything_is(name: str) -> None:
    """What is drawn, and where, is the same as under a plain name."""
    plain, odd = (watched(list(_series(one))) for one in ("plain", name))
    assert odd[1] == plain[1] == []
    assert plain[0] is not None
    assert odd[0] is not None
    assert [one.name for one in odd[0].verdicts] == [name] * 3
    drawn = [_drawn(one) for one in (plain[0], odd[0])]
    assert drawn[0] == drawn[1]
    assert [len(found) for found in drawn[0].values()] == [len(PANEL), 1, 1, 6]


def _series(name: str) -> Iterator[Evidence]:
    chance = np.random.default_rng(1)
    values = [[{m.name: 1 + 0.01 * chance.standard_normal() for m in PANEL} for _ in range(8)] for _ in range(4)]
    real, *later = values
    text = token_hashes([f"w{n % 40}" for n in range(400)])
    lost = {"corpus": name, "lost": 1, "found": 1, "examples": []}
    for number, mine in enumerate(later, 1):
        told = {"generation": number, "corpus": name, "colour": "green", "stage": "none", "notes": []}
        yield Evidence(f"{head(name)}.verdict", None, 16, None, "said", {"kind": "verdict", **told})
        yield from evidence(name, compared(mine, real, 10_000), number)
        for one in tail_reproduction(name, text[:200], [text[200:300]] * 2, [text[300:]] * 2):
            yield replace(one, inputs={**one.inputs, "generation": number})
        for kind, place in (("topic", "topic.1"), ("lost", "vanished.records")):
            yield Evidence(f"{head(name)}.{place}", 1.0, 2, None, "m", {**lost, "kind": kind, "generation": number})
    rates = [Judged(n, name, [proportion("check.math.accepted", 90 - n, 100, "m").to_json()]) for n in (1, 2, 3)]
    yield from accepted(rates)
    yield from trends(real, later)


def _drawn(found: Watch) -> dict[str, list[object]]:
    plots = [plot for side in found.sides for family in side.families for plot in family.plots]
    assert all(plot.trend is not None and len(plot.points) == 3 for plot in (*plots, *found.accepted))
    return {
        "measures": [(plot.title, [mark.y for mark in plot.marks]) for plot in plots],
        "kappa": [(plot.title, [mark.y for mark in plot.marks]) for plot in found.kappa],
        "accepted": [(plot.title, [mark.y for mark in plot.marks]) for plot in found.accepted],
        "lost": [(one.inputs["kind"], one.inputs["generation"]) for one in found.lost],
    }


def test_what_is_no_generation_is_left_for_the_table() -> None:
    other = [Evidence("collapse.alarm.distinct_2", 6.0, 3, None, "", {}), Evidence("x.y", 1.0, 1, None, "", {})]
    assert watched(other) == (None, other)
