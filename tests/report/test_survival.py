from dataclasses import replace

from tests.report.examples import example_report
from tests.report.pictured import forecasts

from sterling.report import render
from sterling.report.survival import Outlook, foretold
from sterling.stats import Evidence, Interval


def drawn() -> list[Outlook]:
    found, rest = foretold(list(forecasts()))
    assert found is not None
    assert rest == []
    return list(found.outlooks)


def test_the_recipes_own_mix_comes_first_and_every_number_is_in_a_plot() -> None:
    found = drawn()
    assert [one.policy for one in found[:3]] == ["this mix", "replace", "accumulate"]
    assert [one.own for one in found] == [True, False, False, False, False]
    own = found[0]
    assert own.generations == list(range(1, 11))
    assert [until.inputs["lost"] for until in own.until] == [0.1, 0.5]
    assert {line.band: line.kappa for line in own.lines if line.kappa < 1} == {"once": 0.93, "twice": 0.95}
    assert own.calibration is not None


def test_a_line_falls_as_its_shares_do_within_its_interval() -> None:
    once = next(one for one in drawn() if one.policy == "replace").lines[0]
    heights = [float(place.split(",")[1]) for place in once.path.split()]
    assert heights == sorted(heights)
    area = [float(place.split(",")[1]) for place in once.area.split()]
    assert all(high <= line <= low for high, line, low in zip(area[:10], heights, area[:9:-1], strict=True))


def test_what_has_no_curve_is_left_for_the_table() -> None:
    told = {"kind": "survival", "policy": "p", "band": "once", "generation": 1}
    empty = Evidence("forecast.p.once", None, 0, None, "no types", told)
    gone = {"kind": "until", "policy": "q", "band": "tail", "lost": 0.1}
    alone = Evidence("forecast.q.until_10", 2.0, 9, None, "", gone)
    other = Evidence("forecast.gaussian", 1.0, 9, Interval(0, 2), "", {})
    assert foretold([empty, alone, other]) == (None, [empty, alone, other])


def test_a_forecast_that_could_not_be_made_says_why() -> None:
    why = "not foretold: 990 tokens of human text, 1,000 needed"
    told = {"kind": "refusal", "policy": "this mix", "band": "once"}
    refused = Evidence("forecast.this mix.once", None, 0, None, why, told)
    kappa = Evidence("forecast.kappa.once", None, 8, None, "nothing to compare with", {"kind": "kappa", "band": "once"})
    assert foretold([refused, kappa]) == (([], [why]), [kappa])
    page = render(replace(example_report(), evidence=(refused,)))
    assert why in page[page.index('id="forecast"') : page.index('id="diversity"')]
