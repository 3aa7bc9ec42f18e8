from dataclasses import replace

import pytest
from tests.report.examples import example_report
from tests.report.pictured import mix, pictured_report

from sterling.report.mixture import mixture


def test_the_border_of_real_data_stands_at_the_cap_that_binds() -> None:
    picture, _ = mixture(pictured_report(), mix().evidence)
    whole = picture.whole
    assert whole is not None
    cap, floor = whole.marks
    assert [(mark.kind, mark.binds) for mark in whole.marks] == [("cap", True), ("floor", False)]
    assert [cap.at, floor.at] == pytest.approx([70, 10])
    assert whole.segments[0].width == pytest.approx(100 * whole.real, abs=0.01) == pytest.approx(70, abs=0.5)
    assert sum(segment.width for segment in whole.segments) == pytest.approx(100, abs=0.01)
    assert whole.weights == ["others \u00d7 0.5 to 1"]
    assert whole.unweighted is not None
    assert abs(whole.unweighted - (1 - whole.real)) > 0.01


def test_limits_on_parts_lie_where_the_recipe_puts_them() -> None:
    picture, _ = mixture(pictured_report(), mix().evidence)
    drawn = {bound.part: bound for bound in picture.bounds}
    assert drawn.keys() == {"strategy persona_grid", "depth 2", "legal"}
    strategy = drawn["strategy persona_grid"]
    assert strategy.at == pytest.approx(15)
    assert strategy.width <= strategy.at
    assert drawn["legal"].width >= drawn["legal"].at


def test_what_was_left_out_is_counted_by_origin_and_by_reason() -> None:
    made = mix()
    picture, _ = mixture(pictured_report(), made.evidence)
    left = sum(one.counts[0].inputs["offered"] - (one.counts[0].value or 0) for one in picture.taken)
    assert left == made.left_out.dropped == sum(records for _, records in picture.reasons)
    assert [one.origin for one in picture.taken] == ["human", "synthetic", "unknown"]


def test_kinds_that_say_nothing_new_are_left_for_the_table() -> None:
    picture, rest = mixture(pictured_report(), mix().evidence)
    assert [kind.title for kind in picture.kinds] == ["By strategy", "By depth", "By age, in generations", "By tag"]
    assert {one.name for one in rest} >= {"mix.source.tickets", "mix.cap.allowed", "mix.cells.covered"}


def test_without_evidence_the_composition_still_has_its_bar() -> None:
    picture, rest = mixture(example_report(), ())
    assert picture.whole is not None
    assert picture.whole.real == pytest.approx(0.5)
    assert (picture.whole.marks, picture.bounds, picture.kinds, picture.taken, rest) == ([], [], [], [], [])
    assert mixture(replace(example_report(), composition=()), ())[0].whole is None
