"""Tests that are read give the verdict that tests give when they are run."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sterling.sandbox import Limits, Program, shared_sandbox
from sterling.verify.programs.claims import claims_of
from sterling.verify.programs.references import ProgramReference
from sterling.verify.programs.trials import BROKEN_TESTS, by_tests, reason_of


def told(source: str, tests: str, prelude: str = "") -> tuple[str, str]:
    """The reason and the way, after both ways have given the same reason."""
    sandbox, program = shared_sandbox(Limits(cpu_s=1, stall_s=5.0), 0), Program(source)
    score = by_tests(sandbox, program, ProgramReference(tests=tests, entry_point="f"), prelude)
    outcome = sandbox.run_tests(program, "f", tests, prelude)
    reason = "failed_tests" if outcome.status == "failed" else reason_of(outcome) or "passed"
    if outcome.status == "error" and outcome.detail.startswith("the tests"):
        reason = BROKEN_TESTS
    assert score.reason == reason, (score, outcome)
    return score.reason, score.evidence["way"]


READ = [
    "assert f(1) == 2",
    "assert 2 == f(1)",
    "def check(candidate):\n    assert candidate(1) == 2\n    assert f(1) == 2",
    "def check(candidate):\n    '''Doc.'''\n    assert True, 'no'\n    assert candidate(1) == 2, 'message'\n    pass",
    "METADATA = {'a': [1]}\nassert f(1)",
    "assert not f(-1)",
    "assert (f(1) == 2) is True",
    "assert f(1) is not None",
    "assert f(1) != 3",
    "assert f(x=1) == 2",
    "assert abs(f(1.5) - 2.5) < 1e-6",
    "assert abs(f(2 / 3) - 5 / 3) < 10 ** -6",
    "assert f(1) == 1 + 1",
    "assert f(1) in [1, 2]",
    "assert f(1) == f(1.0)",
    "assert 3 > f(1)",
    "def check(c):\n    assert c(1) == 2\ncheck(f)",
    "assert f(1) == 2, f(9)",
    "assert f(-1) == False",
    "assert f(True) == 2",
    "assert f(10 ** 20) > 5",
]
RUN = [
    "import math\nassert f(1) == 2",
    "for x in range(3): assert f(x) == x + 1",
    "x = f(1)\nassert x == 2",
    "assert 0 < f(1) < 3",
    "assert f(1) == 2 and f(2) == 3",
    "assert f(f(1)) == 3",
    "assert f(*[1]) == 2",
    "assert round(f(1)) == 2",
    "assert f(1) is 2",
    "assert f(1) == 10 ** 10 ** 10 or True",
    "abs = len\nassert f(1) == 2",
    "def abs(x): return 0\nassert abs(f(1) - 2) == 0",
    "def check(candidate, more=1):\n    assert candidate(1) == 2",
    "def check(candidate):\n    def g(): pass\n    assert candidate(1) == 2",
    "@staticmethod\ndef check(candidate):\n    assert candidate(1) == 2",
    "assert False\nassert f(1) == 2",
    "try: f('a')\nexcept TypeError: pass",
    "candidate = 1\nassert f(1) == 2\nassert candidate(1)",
]


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("tests", READ)
def test_read(tests: str) -> None:
    assert told("def f(x): return x + 1", tests) == ("passed", "tests_read")
    assert told("def f(x): return 'no'", tests)[1] == "tests_read"


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("tests", RUN)
def test_run(tests: str) -> None:
    assert claims_of(tests, "f") is None
    assert told("def f(x): return x + 1", tests)[1] == "tests_run"


PROGRAMS = {
    "right": "def f(x): return x + 1",
    "wrong": "def f(x): return x",
    "raising": "def f(x): raise KeyError(x)",
    "raising its own": "class E(ValueError): pass\ndef f(x): raise E('a', [x])",
    "asserting": "def f(x): assert False, x",
    "a generator": "def f(x): yield x",
    "not plain": "def f(x): return f",
    "a subclass": "class I(int): pass\ndef f(x): return I(x + 1)",
    "always equal": "class A:\n    def __eq__(self, other): return True\ndef f(x): return A()",
    "exiting": "import os\ndef f(x): os._exit(0)",
    "SystemExit": "def f(x): raise SystemExit",
    "endless": "def f(x):\n    while True: pass",
    "memory": "def f(x): return [0] * 10**12",
    "no function": "g = 1",
    "no program": "def f(x: return",
    "with a state": "n = []\ndef f(x):\n    n.append(x)\n    return x + len(n)",
    "large": "def f(x): return 10**4000 + x",
    "not a number": "def f(x): return float('nan')",
    "text": "def f(x): return 'a' * 100_000",
    "wrong, then endless": "def f(x):\n    while x > 1: pass\n    return 0",
    "right, then endless": "def f(x):\n    while x > 1: pass\n    return x + 1",
}


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_the_same_verdict(source: str) -> None:
    assert told(source, "def check(c):\n    assert c(1) == 2\n    assert c(2) == 3\n")[1] == "tests_read"
    assert told(source, "assert abs(f(1) - 2) < 1e-6\nassert f(2) != 4\nassert len(f(3)) == 1")[1] == "tests_read"
    assert told(source, "assert f(1)\nassert not f(-1)\nassert f(0) is None")[1] == "tests_read"


@pytest.mark.parametrize(
    ("prelude", "way"),
    [
        ("import math\ndef g(x): return x\n", "tests_read"),
        ("def f(x): return 7\n", "tests_read"),
        ("def check(c): assert False\n", "tests_read"),
        ("def abs(x): return 0\n", "tests_run"),
        ("import nothing_such\n", "tests_run"),
        ("1 / 0\n", "tests_run"),
    ],
)
def test_a_prelude_that_could_change_the_meaning_is_run(prelude: str, way: str) -> None:
    assert told("def f(x): return x + 1", "assert abs(f(1)) == 2", prelude)[1] == way


def test_the_first_failing_assert_is_evidence() -> None:
    reference = ProgramReference(tests="assert f(1) == 2\nassert f(2) == 4, 'no'\n", entry_point="f")
    score = by_tests(shared_sandbox(Limits(), 0), Program("def f(x): return x + 1"), reference, "")
    assert score.evidence == {
        "way": "tests_read",
        "asserts": 2,
        "held": 1,
        "detail": "AssertionError: no (tests, line 2)",
        "assert": "f(2) == 4",
        "got": "3",
    }


@pytest.mark.parametrize("tests", ["", "1 +", "\0", "assert " + "(" * 500, "assert f(" + "-" * 5000 + "1)", "pass"])
def test_what_cannot_be_read_is_not_read(tests: str) -> None:
    assert claims_of(tests, "f") is None


@pytest.mark.parametrize("entry_point", ["check", "abs", "len", "A.f", "", "f()"])
def test_names_that_would_confuse_are_not_read(entry_point: str) -> None:
    assert claims_of("assert f(1) == 2", entry_point) is None


# HumanEval ------------------------------------------------------------------------------------------------------------
def rows(shared_data: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shared_data / "humaneval" / name).read_text("utf-8").splitlines()]


def both(program: Program, row: dict[str, Any]) -> tuple[str, str, str]:
    sandbox = shared_sandbox(Limits(cpu_s=2), 0)
    reference = ProgramReference(tests=row["test"], entry_point=row["entry_point"])
    score = by_tests(sandbox, program, reference, row["prompt"])
    outcome = sandbox.run_tests(program, row["entry_point"], row["test"], row["prompt"])
    run = "failed_tests" if outcome.status == "failed" else reason_of(outcome) or "passed"
    return score.reason, run, score.evidence["way"]


def test_canonical_solutions_pass_either_way(shared_data: Path) -> None:
    found = Counter(
        both(Program(row["prompt"] + row["canonical_solution"]), row) for row in rows(shared_data, "tasks.jsonl")
    )
    assert found == {("passed", "passed", "tests_read"): 154, ("passed", "passed", "tests_run"): 10}


def test_samples_of_a_model_get_the_same_verdict_either_way(shared_data: Path) -> None:
    found = Counter(
        both(Program(row["prompt"] + sample), row)
        for row in rows(shared_data, "samples.jsonl")
        for sample in row["samples"][3:5]
    )
    assert found.total() == 328
    assert {pair for pair in found if pair[0] != pair[1]} == set()
    assert found["passed", "passed", "tests_read"] > 50
