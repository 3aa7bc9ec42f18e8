from dataclasses import replace

from tests.report.examples import example_report

from sterling.curate.impact.chance import Vanished
from sterling.curate.impact.tails import BANDS, Survival, Weighed, tail_impact
from sterling.report import render
from sterling.report.tails import chance_axis, tail_place
from sterling.stats import Evidence, Interval

WEIGHED = Weighed(
    Survival(4000, 3600),
    {band: Survival(1000, 900) for band in BANDS},
    {"hapax": Survival(500, 300), "rare_tags": Survival(40, 36)},
    {"a b c (1)": Survival(400, 300), "d e f (2)": Survival(3600, 3300)},
    {},
    [Vanished("hapax_types", 900, 200, 90.0, 9.0)],
)


def test_the_page_shows_what_survives_and_how_that_is_beside_chance() -> None:
    found = list(tail_impact("near_duplicates", WEIGHED))
    page = render(replace(example_report(), evidence=tuple(found)))
    shares, chance = page.index("What each check lets through"), page.index("The tails of each check beside random")
    for row in (*BANDS, "all judged", "with a word of their own", "with a rare tag"):
        assert shares < page.index(row, shares) < chance, row
    for row in ("with a word of their own", "worst cluster: a b c (1)", "words that one record held"):
        assert page.index(row, chance) > chance, row
    assert "tails." not in page[chance : page.index("All other evidence")]


def test_places() -> None:
    among = {"check": "c", "among": "anchor"}
    rare = Evidence("tails.c.anchor.survival.rare", 1, 1, None, "", among)
    assert tail_place(rare) == ("tails", "c (anchor)", "rare")
    assert tail_place(Evidence("tails.c.worst_tag", 1, 1, None, "", {"check": "c", "group": "x"})) == (
        "chance", "c", "worst tag: x",
    )  # fmt: skip
    assert tail_place(Evidence("tails.c.something", 1, 1, None, "", {})) is None
    assert tail_place(Evidence("tail.c.rare", 1, 1, None, "", {})) is None


def test_the_axis_holds_chance_and_stays_readable() -> None:
    small = [("a", Evidence("", 0.4, 9, Interval(0.3, 0.6), ""))]
    wide = [("b", Evidence("", 1.1, 9, Interval(0.1, 40.0), "")), ("c", Evidence("", None, 0, None, ""))]
    assert [chance_axis(rows).high for rows in (small, wide, [])] == [1.2, 2.0, 1.2]
