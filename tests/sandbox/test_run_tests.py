from typing import Any

import pytest

from sterling.sandbox import Program, Sandbox

INCREMENT = Program("def f(x):\n    return x + 1\n")


def test_check_and_plain_asserts(sandbox: Sandbox) -> None:
    assert sandbox.run_tests(INCREMENT, "f", "def check(candidate):\n    assert candidate(1) == 2\n").status == "ok"
    assert sandbox.run_tests(INCREMENT, "f", "assert f(1) == 2\nassert f(x=2) == 3\n").status == "ok"


@pytest.mark.parametrize(
    ("tests", "status", "detail"),
    [
        ("assert f(1) == 3, 'wrong'", "failed", "AssertionError: wrong (tests, line 1)"),
        ("def check(candidate):\n    assert candidate(1) == 3", "failed", "AssertionError (tests, line 2)"),
        ("f('a')", "failed", 'TypeError: can only concatenate str (not "int") to str (tests, line 1)'),
        ("assert f(", "error", "tests: SyntaxError: '(' was never closed"),
        ("assert True", "error", "the tests never called f"),
        ("f(1); raise SystemExit(0)", "failed", "SystemExit: 0 (tests, line 1)"),
        ("f(1); import os; os._exit(0)", "exited", "the tests: exit code 0 without a result"),
        ("f(lambda: 0)", "not_plain", "an argument in the tests: a function is not plain data"),
    ],
)
def test_what_is_not_ok(sandbox: Sandbox, tests: str, status: str, detail: str) -> None:
    assert sandbox.run_tests(INCREMENT, "f", tests)[:2] == (status, detail)


@pytest.mark.parametrize(
    ("source", "status", "detail"),
    [
        ("def f(x: return", "error", "SyntaxError: "),
        ("g = 1", "error", "NameError: name 'f' is not defined"),
        ("import nothing_such", "error", "ModuleNotFoundError: "),
        ("def f(x): return object()", "not_plain", "the result: a object is not plain data"),
        ("def f(x): raise ValueError('no')", "failed", "ValueError: no (tests, line 1)"),
        ("def f(x): raise SystemExit(0)", "exited", "SystemExit: 0"),
        ("import sys; sys.exit(0)", "exited", "SystemExit: 0"),
    ],
)
def test_a_candidate_that_cannot(sandbox: Sandbox, source: str, status: str, detail: str) -> None:
    outcome = sandbox.run_tests(Program(source), "f", "assert f(1) == 2")
    assert outcome.status == status
    assert outcome.detail.startswith(detail)


def test_exceptions_arrive_as_the_nearest_builtin_type_with_their_arguments(sandbox: Sandbox) -> None:
    program = Program("class Own(KeyError):\n    pass\ndef f(x):\n    raise Own(x, 2)\n")
    tests = "try:\n    f('k')\nexcept KeyError as e:\n    assert e.args == ('k', 2)\nelse:\n    assert False\n"
    assert sandbox.run_tests(program, "f", tests).status == "ok"


def test_the_prelude_gives_the_tests_its_helpers_and_not_its_candidate(sandbox: Sandbox) -> None:
    prelude = "def double(x):\n    return 2 * x\ndef f(x):\n    return -1\n"
    assert sandbox.run_tests(INCREMENT, "f", "assert f(double(2)) == 5", prelude).status == "ok"
    assert sandbox.run_tests(INCREMENT, "f", "assert f(1) == 2", "1 / 0")[:2] == (
        "error",
        "prelude: ZeroDivisionError: division by zero",
    )


def test_the_candidate_does_not_see_the_tests(sandbox: Sandbox) -> None:
    # Everything reachable in the candidate's process is searched for a word that only the tests contain.
    source = """
import gc
def f(x):
    needle = "qu" + "ercus"
    return any(isinstance(it, (str, bytes)) and (needle if isinstance(it, str) else needle.encode()) in it
               for thing in gc.get_objects() for it in [thing, *gc.get_referents(thing)]
               if it is not needle and not (isinstance(it, str) and it.startswith("\\nimport gc")))
"""
    tests = "wanted = 'quercus'\nassert f(1) is False"
    assert sandbox.run_tests(Program(source), "f", tests, prelude="# quercus").status == "ok"
    assert sandbox.run_tests(Program(source), "f", tests, prelude="# quercus").status == "ok"


def test_canonical_solutions_pass(sandbox: Sandbox, humaneval: list[dict[str, Any]]) -> None:
    failures = {}
    for task in humaneval:
        program = Program(task["prompt"] + task["canonical_solution"])
        outcome = sandbox.run_tests(program, task["entry_point"], task["test"], prelude=task["prompt"])
        if outcome.status != "ok":
            failures[task["task_id"]] = outcome
    assert len(humaneval) == 164
    assert failures == {}
