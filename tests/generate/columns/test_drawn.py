"""What chance makes of a column."""

import random
from collections import Counter
from statistics import fmean, stdev
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sterling.generate.columns.graph import Column

ANY: TypeAdapter[Any] = TypeAdapter(Column)


def draws(n: int = 4000, row: dict[str, Any] | None = None, **said: Any) -> list[Any]:
    column, chance = ANY.validate_python(said), random.Random(7)
    return [column.draw(row or {}, chance) for _ in range(n)]


def test_weights_are_kept_and_a_weight_of_nothing_is_never_drawn() -> None:
    counts = Counter(draws(kind="category", values={"a": 3, "b": 1, "c": 0}))
    assert set(counts) == {"a", "b"}
    assert counts["a"] / 4000 == pytest.approx(0.75, abs=0.03)
    assert set(draws(kind="category", values=[1, 2.5, "x"])) == {1, 2.5, "x"}


def test_a_subcategory_depends_on_its_category() -> None:
    values = {"kettle": ["leaks"], "lamp": {"flickers": 1, "hums": 1}}
    assert set(draws(kind="subcategory", of="product", values=values, row={"product": "lamp"})) == {"flickers", "hums"}
    assert set(draws(kind="subcategory", of="product", values=values, row={"product": "kettle"})) == {"leaks"}


def test_ranges_reach_both_ends_and_never_beyond() -> None:
    dice = Counter(draws(kind="range", low=1, high=6))
    assert set(dice) == {1, 2, 3, 4, 5, 6}
    assert min(dice.values()) > 500
    prices = draws(kind="range", low=0.5, high=2.0, decimals=1)
    assert (min(prices), max(prices)) == (0.5, 2.0)
    days = draws(kind="range", low="2024-02-27", high="2024-03-01")
    assert set(days) == {"2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"}


def test_a_normal_distribution_is_cut_off_and_not_heaped_up() -> None:
    ages = draws(kind="range", low=0.0, high=100.0, distribution="normal", mean=40, sd=10, decimals=6)
    assert fmean(ages) == pytest.approx(40, abs=0.6)
    assert stdev(ages) == pytest.approx(10, abs=0.5)
    cut = draws(kind="range", low=40.0, high=42.0, distribution="normal", mean=40, sd=10, decimals=6)
    assert sum(40 <= age < 41 for age in cut) == pytest.approx(2000, abs=130)
    assert len(set(cut)) > 3900
    whole = Counter(draws(kind="range", low=1, high=3, distribution="normal", mean=2, sd=0.5))
    assert whole[2] > whole[1] > 300


def test_a_person_does_not_exist_and_is_the_same_again() -> None:
    one, other = draws(2, kind="person", locale="de_DE", ages=[30, 31])
    assert one != other
    assert one["age"] in {30, 31}
    assert one["email"].rpartition("@")[2] in {"example.com", "example.org", "example.net"}
    assert one["name"] == f"{one['first_name']} {one['last_name']}"
    assert draws(2, kind="person", locale="de_DE", ages=[30, 31]) == [one, other]
    (hungarian,) = draws(1, kind="person", locale="hu_HU")
    assert hungarian["name"] == f"{hungarian['last_name']} {hungarian['first_name']}"


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"kind": "category", "values": []}, "without a value that can be drawn"),
        ({"kind": "category", "values": {"a": 0}}, "without a value that can be drawn"),
        ({"kind": "subcategory", "of": "a", "values": {"x": []}}, "without a value that can be drawn"),
        ({"kind": "range", "low": 3, "high": 3}, "`low` (3) is not below `high` (3)"),
        ({"kind": "range", "low": 1, "high": "2024-01-01"}, "dates and numbers in one range"),
        ({"kind": "range", "low": 1, "high": 9, "mean": 4}, "a uniform distribution has no `mean`"),
        (
            {"kind": "range", "low": 1, "high": 9, "mean": 400, "sd": 1, "distribution": "normal"},
            "almost nothing of this normal distribution",
        ),
        ({"kind": "person", "ages": [9, 3]}, "nobody is between 9 and 3"),
        ({"kind": "expression", "value": "a +"}, "is no expression"),
        ({"kind": "formula", "value": "a"}, "does not match any of the expected tags"),
    ],
)
def test_what_goes_together_badly_is_refused(said: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ANY.validate_python(said)
    assert what in str(caught.value)
