from hypothesis import given
from hypothesis import strategies as st
from tests.report.examples import STEPS

from sterling.report import StepLine
from sterling.report.flow import ranked, reaches


def made(name: str, n: int) -> StepLine:
    return StepLine(name, n, n, 0, requested=n, produced=n, faults=0)


def test_anchors_and_generation_add_to_what_stands() -> None:
    river = reaches([StepLine("anchor:a", 10, 9, 1), StepLine("anchor:b", 5, 5, 0), made("generate:m", 6)])
    assert [(r.joined, r.aside, r.standing) for r in river] == [(10, 0, 9), (5, 0, 14), (6, 0, 20)]


def test_a_step_that_sees_fewer_sets_the_others_aside() -> None:
    river = reaches([StepLine("anchor:a", 10, 10, 0), StepLine("check:c", 7, 4, 3)])
    assert (river[1].aside, river[1].standing) == (3, 4)
    assert (river[1].leaving.x, river[1].leaving.width) == (70, 30)
    assert (river[1].lost.x, river[1].lost.width) == (40, 30)


def test_the_widest_place_fills_the_width() -> None:
    assert max(r.before.width for r in reaches(STEPS)) == 100


def test_a_loss_too_thin_to_see_is_still_drawn() -> None:
    [_, reach] = reaches([StepLine("anchor:a", 10**7, 10**7, 0), StepLine("mix", 10**7, 10**7 - 1, 1)])
    assert reach.lost.width > 0.1
    assert reach.lost.x + reach.lost.width <= 100


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7), st.sampled_from(["anchor:a", "check:c"]))))
def test_every_band_lies_within_the_picture(steps: list[tuple[int, int, str]]) -> None:
    for reach in reaches([StepLine(name, kept + dropped, kept, dropped) for kept, dropped, name in steps]):
        for band in (reach.before, reach.joining, reach.leaving, reach.kept, reach.lost):
            assert 0 <= band.x <= band.x + band.width <= 100.001


def test_no_records_draw_nothing() -> None:
    assert reaches([]) == ()
    assert reaches([StepLine("mix", 0, 0, 0)])[0].kept.width == 0


def test_reasons_are_ranked_by_number_then_name() -> None:
    assert ranked({"b": 1, "c": 5, "a": 1}) == (("c", 5), ("a", 1), ("b", 1))
