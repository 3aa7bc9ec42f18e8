from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sterling.report.frames import Frame, apart, generation_ticks
from sterling.report.plots import Axis

FRAME = Frame(width=300, height=200, left=40, right=60, top=10, bottom=30)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_labels_never_overlap_and_stay_within_where_there_is_room(wanted: list[float]) -> None:
    places = sorted(apart(wanted, 12, 0, 100))
    assert all(later - sooner >= 11.9 for sooner, later in pairwise(places))
    assert -0.1 <= places[0] <= places[-1] <= 100.1


def test_labels_stand_where_they_are_wanted_if_they_can() -> None:
    assert apart([90.0, 10.0, 50.0], 12, 0, 100) == [90, 10, 50]
    assert apart([50.0, 50.0], 12, 0, 100) == [62, 50]


def test_the_axes_keep_the_room_for_labels_free() -> None:
    across, upward = FRAME.across([1, 12]), FRAME.upward([0.2, 0.9], percent=True)
    assert (across.at(1), across.at(12)) == (40, 240)
    assert 10 <= upward.at(0.9) < upward.at(0.2) <= 170


def test_few_generations_are_all_named_and_many_evenly() -> None:
    assert [tick.label for tick in generation_ticks(Axis(0, 4), [1, 2, 3])] == ["1", "2", "3"]
    many = generation_ticks(Axis(1, 20), range(1, 21))
    assert [tick.label for tick in many] == ["1", "4", "7", "10", "13", "16", "19"]
