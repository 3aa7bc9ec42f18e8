import math

import pytest

from sterling.sandbox import Program, Sandbox

PLAIN = [
    None, True, 0, -1, 2**70, -(2**70), 10**4299, 1.5, -0.0, math.inf, 1e308, 2 + 3j, 1e-320, "", "é\ud800\0",
    b"", bytes(range(256)), [], [1, [2]], (), ((),), {}, {"a": [1], (1, 2): {3}}, set(), {1, "a"},
    frozenset({frozenset({1})}),     ["l", "i", ["d"]], {1: {2: {3: 4}}},
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=lambda it: type(it).__name__)
def test_plain_data_arrives_unchanged(sandbox: Sandbox, value: object) -> None:
    text = "10**4299" if value == 10**4299 else repr(value).replace("inf", "float('inf')")
    value = eval(text)
    outcome = sandbox.evaluate(Program(""), text)
    assert (outcome.status, repr(outcome.value)) == ("ok", repr(value))
    assert type(outcome.value) is type(value)


def test_nan_arrives(sandbox: Sandbox) -> None:
    outcome = sandbox.evaluate(Program(""), "[float('nan')]")
    assert isinstance(outcome.value, list)
    assert math.isnan(outcome.value[0])


def test_setup_and_program_share_a_namespace(sandbox: Sandbox) -> None:
    assert sandbox.evaluate(Program("def f(x): return x + 1"), "f(y)", ["y = 3", "y += 1"]).value == 5


@pytest.mark.parametrize(
    ("expression", "status", "detail"),
    [
        ("int('x')", "raised", "ValueError: invalid literal for int() with base 10: 'x'"),
        ("object()", "not_plain", "a object is not plain data"),
        ("[lambda: 0]", "not_plain", "a function is not plain data"),
        ("type('I', (int,), {})(3)", "not_plain", "a I is not plain data"),
        ("10**5000", "not_plain", "an integer of 16610 bits is too large"),
        ("deep()", "not_plain", "nested too deeply"),
        ("cycle()", "not_plain", "nested too deeply"),
        ("[0] * 10**6", "not_plain", "too many items"),
        ("'x' * 10**8", "not_plain", "larger than the limit"),
        ("1 +", "error", "SyntaxError: invalid syntax"),
        ("exit_now()", "exited", "SystemExit: 0"),
    ],
)
def test_what_is_no_value(sandbox: Sandbox, expression: str, status: str, detail: str) -> None:
    source = """
import sys
def deep():
    x = []
    for _ in range(500): x = [x]
    return x
def cycle():
    x = []
    x.append(x)
    return x
def exit_now():
    sys.exit(0)
"""
    outcome = sandbox.evaluate(Program(source), expression)
    assert (outcome.status, outcome.detail, outcome.value) == (status, detail, None)


def test_a_setup_that_fails_is_an_error(sandbox: Sandbox) -> None:
    assert sandbox.evaluate(Program(""), "1", ["1 / 0"])[:2] == ("error", "ZeroDivisionError: division by zero")


def test_detail_is_short_and_printable(sandbox: Sandbox) -> None:
    outcome = sandbox.evaluate(Program("def f(): raise ValueError('\\x1b[31m' + 'x' * 9999)"), "f()")
    assert outcome.status == "raised"
    assert outcome.detail.isprintable()
    assert len(outcome.detail) <= 501
