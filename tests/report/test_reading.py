import pytest

from sterling.report.reading import difference, number, percent, span
from sterling.stats import Evidence, Interval


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "\u2013"), (0, "0"), (1234567, "1,234,567"), (0.5, "0.5"), (0.09077, "0.09077"), (2e-7, "2e-07"),
     (1234.5678, "1,235"), (float("nan"), "nan"), (-0.25, "-0.25")],
)  # fmt: skip
def test_numbers_are_made_for_reading(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_shares_are_not_rounded_to_nothing_or_to_all() -> None:
    assert [percent(s) for s in (0, 0.00001, 0.5, 0.99999, 1)] == ["0.0 %", "< 0.1 %", "50.0 %", "> 99.9 %", "100.0 %"]


def test_both_ends_of_an_interval_have_equally_many_decimals() -> None:
    assert span(Evidence("e", 0.3, 9, Interval(0.29, 0.312), "m")) == "0.290 to 0.312"
    assert span(Evidence("e", 0.3, 9, None, "m")) == ""


def test_a_difference_has_a_sign_and_as_many_decimals_as_its_interval_bears() -> None:
    assert difference(-0.02198, Interval(-0.04165, -0.003008)) == ("\u22120.022", "\u22120.042 to \u22120.003")
    assert difference(0.034, Interval(-0.0004, 0.0689), as_percent=True) == ("+3.4 %", "0.0 % to +6.9 %")
    assert difference(12.345, None) == ("+12.3", "")
    assert difference(None, None) == ("\u2013", "")
    assert difference(0.0, Interval(0.0, 0.0)) == ("0.0", "0.0 to 0.0")
