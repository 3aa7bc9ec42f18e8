import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.report import Slice
from sterling.report.plots import MARGIN, WIDTH, Axis, compose
from sterling.stats import Evidence, Interval

values = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(st.tuples(values, st.floats(0, 1e6)), min_size=1, max_size=5))
def test_every_dot_and_tick_lies_on_the_axis(rows: list[tuple[float, float]]) -> None:
    evidence = [Evidence("e", v, 3, Interval(v - half, v + half), "m") for v, half in rows]
    axis = Axis.around(evidence)
    places = [tick.at for tick in axis.ticks()]
    for one in evidence:
        dot = axis.dot(one)
        assert dot is not None
        assert dot.low <= dot.x <= dot.high
        places += dot
    assert all(MARGIN <= x <= WIDTH - MARGIN for x in places)
    assert len(axis.ticks()) <= 6


def test_what_was_not_measured_has_no_dot() -> None:
    axis = Axis.around([Evidence("e", None, 0, None, "m"), Evidence("e", float("nan"), 0, None, "m")])
    assert axis.dot(Evidence("e", None, 0, None, "m")) is None
    assert axis.dot(Evidence("e", float("nan"), 0, None, "m")) is None


def test_ticks_are_round_numbers() -> None:
    assert [tick.label for tick in Axis(0, 1, percent=True).ticks()] == ["0%", "50%", "100%"]
    assert [tick.label for tick in Axis(9.0, 9.9).ticks()] == ["9.0", "9.5"]
    assert [tick.label for tick in Axis(-0.41, 0.41).ticks()] == ["\u22120.4", "\u22120.2", "0.0", "0.2", "0.4"]
    assert [tick.label for tick in Axis(-0.006, 0.006, percent=True).ticks()] == ["\u22120.5%", "0.0%", "0.5%"]


def test_shares_of_a_composition_add_up_and_human_comes_first() -> None:
    parts = compose(
        [Slice("synthetic", "b", 1, 10, 300), Slice("synthetic", "a", 1, 20, 100), Slice("human", None, 0, 70, 600)]
    )
    assert [(p.slice.origin, p.slice.strategy) for p in parts] == [
        ("human", None),
        ("synthetic", "a"),
        ("synthetic", "b"),
    ]
    assert sum(p.token_share for p in parts) == pytest.approx(1)
    assert [p.colour for p in parts] == ["human-0", "synthetic-0", "synthetic-1"]
    assert [p.record_share for p in parts] == [0.7, 0.2, 0.1]


def test_nothing_composed_has_no_shares() -> None:
    assert compose([Slice("human", None, 0, 0, 0)])[0].token_share == 0
