import pytest
from tests.report.pictured import NAMES, generations

from sterling.report.panel import Watch, watched
from sterling.report.series import Series
from sterling.stats import Evidence, Interval


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
    made = [
        Evidence(f"collapse.g.kappa.{b}", None if i is None else 0.8, 16, i, "", {"generation": 1, "band": b})
        for b, i in found.items()
    ]
    watch, _ = watched(made)
    assert watch is not None
    assert {one.title: one.points[0].said for one in watch.kappa} == {
        "once": "worse", "twice": "undecided", "5-9": "insufficient sample",
    }  # fmt: skip
    assert watch.kappa[2].marks == []


def test_what_is_no_generation_is_left_for_the_table() -> None:
    other = [Evidence("collapse.alarm.distinct_2", 6.0, 3, None, "", {}), Evidence("x.y", 1.0, 1, None, "", {})]
    assert watched(other) == (None, other)
