from tests.report.pictured import experiments

from sterling.report.forest import experiment
from sterling.stats import Evidence, Interval


def test_effects_of_one_unit_share_an_axis_around_zero_and_are_grouped_by_slice() -> None:
    found, rest = experiment(list(experiments()))
    assert found is not None
    assert rest == []
    loss, failures = found.forests
    assert (loss.unit, failures.unit, failures.percent) == ("bits a token", "share of failures", True)
    assert loss.axis.low == -loss.axis.high
    assert [len(group.rows) for group in loss.groups] == [3, 4, 3]
    assert "tail" in loss.groups[1].title
    assert all(
        abs(end) <= loss.axis.high
        for group in loss.groups
        for row in group.rows
        for end in row.evidence.interval or ()
    )  # fmt: skip


def test_a_row_says_what_was_said_where_it_was_measured() -> None:
    """Nothing is read off the interval: after Holm one of many arms is undecided, wherever its interval lies."""
    told = {"arm": "a", "control": "c", "slice": "all", "unit": "loss"}
    for word in ("worse", "better", "undecided"):
        one = Evidence("experiment.a.all.x", 0.5, 9, Interval(0.2, 0.8), "m", {**told, "said": word})
        found, _ = experiment([one])
        assert found is not None
        assert found.forests[0].groups[0].rows[0].said == word


def test_worse_is_right_of_zero_and_better_left_of_it() -> None:
    found, _ = experiment(list(experiments()))
    assert found is not None
    rows = [row for group in found.forests[0].groups for row in group.rows]
    assert {row.said for row in rows} == {"better", "worse", "undecided"}
    assert all(row.evidence.interval.low > 0 for row in rows if row.evidence.interval and row.said == "worse")
    assert all(row.evidence.interval.high < 0 for row in rows if row.evidence.interval and row.said == "better")
    assert rows[0].seeds == 4
    assert next(row for row in rows if row.evidence.value is None).said == "undecided"


def test_the_verdict_alone_is_shown_and_other_evidence_is_left() -> None:
    verdict = Evidence("experiment.verdict", None, 0, None, "m", {"word": "helps", "why": "w"})
    other = Evidence("experiment.tokens", 9.0, 9, None, "m", {})
    assert experiment([verdict, other]) == ((verdict, [], [], [], []), [other])
    assert experiment([other]) == (None, [other])
