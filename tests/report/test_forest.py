from tests.report.pictured import experiments

from sterling.report.forest import experiment
from sterling.stats import Evidence


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


def test_a_row_says_which_way_only_where_its_interval_does() -> None:
    found, _ = experiment(list(experiments()))
    assert found is not None
    rows = [row for group in found.forests[0].groups for row in group.rows]
    assert {row.said for row in rows} == {"better", "worse", "undecided"}
    for row in rows:
        if row.evidence.interval is not None and row.said == "undecided":
            assert row.evidence.interval.low <= 0 <= row.evidence.interval.high
    assert rows[0].seeds == 4
    assert next(row for row in rows if row.evidence.value is None).said == "undecided"


def test_the_verdict_alone_is_shown_and_other_evidence_is_left() -> None:
    verdict = Evidence("experiment.verdict", None, 0, None, "m", {"word": "helps", "why": "w"})
    other = Evidence("experiment.tokens", 9.0, 9, None, "m", {})
    assert experiment([verdict, other]) == ((verdict, [], [], []), [other])
    assert experiment([other]) == (None, [other])
