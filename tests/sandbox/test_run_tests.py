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
        ("assert f(", "error", "the tests cannot be read: SyntaxError: '(' was never closed"),
        ("assert True", "error", "the tests never called f"),
        (
            "import nowhere",
            "error",
            "the tests ended before they called f: ModuleNotFoundError: No module named 'nowhere'",
        ),
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


IN_PLACE = {
    "list": ("def f(x): x.sort()", "x = [2, 1]\nassert f(x) is None\nassert x == [1, 2]"),
    "dict": ("def f(x): x['b'] = x.pop('a')", "x = {'a': 1}\nf(x)\nassert x == {'b': 1}"),
    "set": ("def f(x): x.add(2)", "x = {1}\nf(x)\nassert x == {1, 2}"),
    "keyword": ("def f(x): x.clear()", "x = [1]\nf(x=x)\nassert x == []"),
    "nested": ("def f(x): x[0].append(1)", "row = []\nx = [row, 5]\nf(x)\nassert row == [1] and x[0] is row"),
    "in a tuple": ("def f(x): x[0].append(1)", "x = ([],)\nf(x)\nassert x == ([1],)"),
    "before an exception": (
        "def f(x):\n    x.append(1)\n    raise ValueError",
        "x = []\ntry: f(x)\nexcept ValueError: pass\nassert x == [1]",
    ),
    "given twice": ("def f(x, y): x.append(1)", "x = []\nf(x, x)\nassert x == [1]"),
    "not plain": ("def f(x): x.append(f)", "x = []\nf(x)\nassert x == []"),
}


@pytest.mark.parametrize(("source", "tests"), IN_PLACE.values(), ids=IN_PLACE)
def test_what_is_done_to_an_argument_is_seen(sandbox: Sandbox, source: str, tests: str) -> None:
    assert sandbox.run_tests(Program(source), "f", tests)[:2] == ("ok", "")


def test_what_is_not_done_to_an_argument_is_missed(sandbox: Sandbox) -> None:
    tests = IN_PLACE["list"][1]
    assert sandbox.run_tests(Program("def f(x): sorted(x)"), "f", tests).status == "failed"


ITERATORS = {
    "generator": ("def f(n):\n    yield from range(n)", "assert list(f(3)) == [0, 1, 2]"),
    "its type": ("def f(n): yield n", "import types\nassert isinstance(f(3), types.GeneratorType)"),
    "endless": ("import itertools\nf = itertools.count", "g = f(3)\nassert [next(g), next(g)] == [3, 4]"),
    "map": ("def f(n): return map(str, range(n))", "assert ''.join(f(3)) == '012'"),
    "sent": ("def f(n):\n    x = yield n\n    yield x", "g = f(1)\nnext(g)\nassert g.send('a') == 'a'"),
    "its end": (
        "def f(n):\n    yield n\n    return 'end'",
        "g = f(1)\nnext(g)\ntry: next(g)\nexcept StopIteration as e: assert e.value == 'end'\nelse: assert False",
    ),
    "exception": (
        "def f(n):\n    yield n\n    raise KeyError(n)",
        "g = f(1)\nnext(g)\ntry: next(g)\nexcept KeyError as e: assert e.args == (1,)\nelse: assert False",
    ),
    "two at once": ("def f(n): yield from range(n)", "assert list(zip(f(2), f(2))) == [(0, 0), (1, 1)]"),
    "true": ("def f(n): yield n", "assert f(0)\nassert f(0) != [0]"),
}


@pytest.mark.parametrize(("source", "tests"), ITERATORS.values(), ids=ITERATORS)
def test_an_iterator_is_asked_item_by_item(sandbox: Sandbox, source: str, tests: str) -> None:
    assert sandbox.run_tests(Program(source), "f", tests)[:2] == ("ok", "")


def test_an_iterator_with_items_that_are_not_plain(sandbox: Sandbox) -> None:
    outcome = sandbox.run_tests(Program("def f(n): yield f"), "f", "next(f(1))")
    assert outcome[:2] == ("not_plain", "the result: a function is not plain data")


def test_an_iterator_that_never_gives(tight: Sandbox) -> None:
    program = Program("def f(n):\n    while n: pass\n    yield n")
    assert tight.run_tests(program, "f", "next(f(1))").status == "timeout"


@pytest.mark.parametrize(
    ("tests", "status"),
    [
        ("f(1)\nwhile True: pass", "timeout"),
        ("f(1)\nimport time; time.sleep(60)", "stalled"),
        ("f(1)\nwhile True: print('x' * 9999)", "timeout"),
        ("f(1)\nx = [0] * 10**12", "memory"),
        ("import nothing_such\nf(1)", "error"),
        ("f('x' * 10**8)", "not_plain"),
        ("", "error"),
    ],
)
def test_tests_that_cannot_decide_are_no_success(tight: Sandbox, tests: str, status: str) -> None:
    assert tight.run_tests(INCREMENT, "f", tests).status == status
    assert tight.run_tests(INCREMENT, "f", "assert f(1) == 2").status == "ok"


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
