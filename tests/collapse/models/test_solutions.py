"""When two right answers are one solution."""

import pytest

from sterling.collapse.models import Form, solution_form


@pytest.mark.parametrize(
    ("form", "one", "other", "same"),
    [
        (
            "program",
            "```python\ndef f(x):\n    return x+1\n```",
            "def f(x):\n  '''Adds.'''\n  return x + 1  # one",
            True,
        ),
        ("program", "def f(x):\n    return x + 1", "def f(x):\n    return 1 + x", False),
        ("program", "def f(x: no program", "def f(x:  NO program", True),
        ("calculation", "Half of 48 is 24. Together 72.", "48/2=24, and 48+24 = 72.0", True),
        ("calculation", "48 / 2 = 24, 48 + 24 = 72", "48 * 1.5 = 72", False),
        ("calculation", "It costs 1,200.", "It costs 1200", True),
        ("json", '{"a": 1, "b": [2]}', '```json\n{"b": [2], "a": 1}\n```', True),
        ("json", '{"a": 1}', '{"a": 2}', False),
        ("text", "The capital is Paris.", "the capital,  is PARIS", True),
        ("text", "The capital is Paris.", "Paris is the capital", False),
    ],
)
def test_forms(form: Form, one: str, other: str, same: bool) -> None:
    question = "She has 48 of them and half as many."
    assert (solution_form(form, one, question) == solution_form(form, other, question)) is same
