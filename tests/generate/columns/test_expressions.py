"""Expressions: their values, what they read, and what they cannot reach."""

from typing import Any

import pytest

from sterling.generate.columns.expressions import Failed, evaluated, problem_with, references
from sterling.generate.columns.references import Reference, filled, named_in

ROW: dict[str, Any] = {"price": 20.0, "n": 3, "name": "Ada", "buyer": {"name": "Bo", "age": 70, "items": 2}}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("price * n * 1.19 | round(1)", 72.0),
        ("(price * n * 1.19) | round(1)", 71.4),
        ("'Dear ' ~ buyer.name", "Dear Bo"),
        ("'old' if buyer.age > 65 else 'young'", "old"),
        ("buyer.items + 1", 3),
        ("[price, n] | max", 20.0),
        ("name | length > 2 and not n == 4", True),
    ],
)
def test_they_have_values_of_their_type(source: str, value: Any) -> None:
    assert problem_with(source) is None
    assert evaluated(source, ROW) == value
    assert type(evaluated(source, ROW)) is type(value)


def test_they_say_what_they_read() -> None:
    assert set(references("buyer.name ~ price if n else buyer.age")) == {
        Reference("buyer", "name"), Reference("buyer", "age"), Reference("price"), Reference("n")
    }  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "name.__class__.__mro__",
        "name.__init__.__globals__",
        "''.__class__",
        "range(3)",
        "n / 0",
        "price.append(1)",
        "name + n",
        "buyer.street",
        "lipsum()",
        "name | attr('__class__')",
    ],
)
def test_what_cannot_be_reached_or_reckoned_fails_and_never_runs(source: str) -> None:
    with pytest.raises(Failed):
        evaluated(source, ROW)


@pytest.mark.parametrize("source", ["price *", "1; import os", "a }} {{ b", "n | random"])
def test_what_is_no_expression_is_told_before(source: str) -> None:
    assert problem_with(source) is not None


def test_a_text_is_filled_once_and_braces_of_values_are_left_alone() -> None:
    text = 'To {buyer.name}: {"json": {n}} {other'
    assert named_in(text) == (Reference("buyer", "name"), Reference("n"))
    assert filled(text, {"buyer": {"name": "{n}"}, "n": 3}) == 'To {n}: {"json": 3} {other'
