import contextlib
import doctest
import io
from pathlib import Path

import pytest

from sterling.sandbox import Program, Sandbox, Shown


def shown(sandbox: Sandbox, program: Program, *examples: str) -> list[Shown]:
    outcome = sandbox.run_examples(program, [f"{it}\n" for it in examples])
    assert outcome.status == "ok", outcome
    return list(outcome.shown)


def test_shows_values_and_output(sandbox: Sandbox) -> None:
    program = Program("def f(x):\n    print('in', x)\n    return x + 1\n")
    assert shown(sandbox, program, "f(1)", "None", "'a'") == [("in 1\n2\n", None), ("", None), ("'a'\n", None)]


def test_goes_on_after_an_exception_and_keeps_what_was_printed_before(sandbox: Sandbox) -> None:
    program = Program("def f():\n    print('so far')\n    raise ValueError('no')\n")
    assert shown(sandbox, program, "f()", "1") == [("so far\n", "ValueError: no"), ("1\n", None)]


def test_examples_share_a_namespace(sandbox: Sandbox) -> None:
    assert shown(sandbox, Program(""), "x = 3", "for i in range(2):\n    print(x + i)\n")[1].output == "3\n4\n"


def test_a_missing_last_newline_is_added(sandbox: Sandbox) -> None:
    assert shown(sandbox, Program(""), "print('a', end='')") == [("a\n", None)]


@pytest.mark.parametrize(
    ("example", "exception"),
    [
        ("1 +", "SyntaxError: invalid syntax"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyError('k')", "KeyError: 'k'"),
        ("raise Own('x')", "Own: x"),
        ("raise ValueError('a\\nb')", "ValueError: a\nb"),
        ("assert False", "AssertionError"),
        ("(lambda f: f(f))(lambda f: f(f))", "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_exceptions_read_as_doctest_reads_them(sandbox: Sandbox, example: str, exception: str) -> None:
    program = Program("class Own(Exception):\n    pass\n")
    assert shown(sandbox, program, example)[0].exception == exception


def test_a_module_alone(sandbox: Sandbox) -> None:
    assert shown(sandbox, Program("", module="textwrap"), "dedent('  a')", "__name__") == [
        ("'a'\n", None),
        ("'textwrap'\n", None),
    ]


def test_an_example_does_not_change_the_module(sandbox: Sandbox) -> None:
    program = Program("", module="textwrap")
    assert (
        shown(sandbox, program, "dedent = None", "import textwrap", "callable(textwrap.dedent)")[2].output == "True\n"
    )


def test_a_replaced_function_is_seen_by_its_siblings_and_by_itself(sandbox: Sandbox) -> None:
    source = "def wrap(text, width=70, **kwargs):\n    return wrap(text[1:]) if len(text) > 1 else [text]\n"
    program = Program(source, module="textwrap", replaces="wrap")
    lines = shown(sandbox, program, "wrap('abc')", "import textwrap", "textwrap.wrap('xy')")
    assert [it.output for it in lines] == ["['c']\n", "", "['y']\n"]


def test_a_replaced_method_keeps_its_decorators_and_sees_its_class(sandbox: Sandbox) -> None:
    source = "@classmethod\ndef from_samples(cls, data):\n    return cls(sum(data), 1.0)\n"
    program = Program(source, module="statistics", replaces="NormalDist.from_samples")
    assert shown(sandbox, program, "NormalDist.from_samples([1, 2])")[0].output == "NormalDist(mu=3.0, sigma=1.0)\n"


MODULE = """
from __future__ import annotations
class Base:
    def name(self):
        return "base"
class Thing(Base):
    def __init__(self):
        self.__secret = 1
        self._size = 2
    def name(self):
        return "thing"
    @property
    def size(self):
        return self._size
    @size.setter
    def size(self, value):
        self._size = value
def twice(x):
    return 2 * x
"""


@pytest.mark.parametrize(
    ("replaces", "source", "example", "output"),
    [
        (
            "Thing.name",
            "def name(self):\n    return super().name() + __class__.__name__\n",
            "Thing().name()",
            "'baseThing'",
        ),
        ("Thing.name", "def name(self):\n    return self.__secret\n", "Thing().name()", "1"),
        ("Thing.name", "import math\ndef name(self):\n    return math.floor(2.5)\n", "Thing().name()", "2"),
        ("Thing.name", "@staticmethod\ndef name():\n    return twice(4)\n", "Thing.name()", "8"),
        ("Thing.size", "@property\ndef size(self):\n    return 9\n", "Thing().size", "9"),
        ("Thing.size", "@size.getter\ndef size(self):\n    return 7\n", "t = Thing(); t.size = 3; t.size", "7"),
        ("twice", "def twice(x: Undefined) -> Nothing:\n    return x\n", "twice(5)", "5"),
    ],
)
def test_replacing(sandbox: Sandbox, tmp_path: Path, replaces: str, source: str, example: str, output: str) -> None:
    (tmp_path / "own_things.py").write_text(MODULE)
    program = Program(source, module="own_things", replaces=replaces, paths=(str(tmp_path),))
    assert shown(sandbox, program, example)[-1].output == f"{output}\n"


def test_future_imports_of_the_module_are_honoured(sandbox: Sandbox) -> None:
    program = Program("from __future__ import annotations\n")
    assert shown(sandbox, program, "def f(x: Missing): pass\n", "f.__annotations__")[1].output == "{'x': 'Missing'}\n"


@pytest.mark.parametrize(
    ("program", "detail"),
    [
        (Program("def f(:\n"), "SyntaxError"),
        (Program("1 / 0"), "ZeroDivisionError: division by zero"),
        (Program("", module="no_such_module"), "ModuleNotFoundError: No module named 'no_such_module'"),
        (Program("x = 1", module="textwrap", replaces="dedent"), "NameError: the source does not define 'dedent'"),
        (Program("def no(self): pass", module="textwrap", replaces="Nope.no"), "NameError: name 'Nope' is not defined"),
        (Program("def pop(self): pass", module="builtins", replaces="list.pop"), "TypeError"),
        (Program("", paths=("/no/such/directory",)), "no such directory: /no/such/directory"),
    ],
)
def test_a_program_that_cannot_be_executed(sandbox: Sandbox, program: Program, detail: str) -> None:
    outcome = sandbox.run_examples(program, ["1\n"])
    assert outcome.status == "error"
    assert outcome.detail.startswith(detail)


def test_a_main_block_does_not_run(sandbox: Sandbox) -> None:
    assert shown(sandbox, Program("if __name__ == '__main__':\n    raise SystemExit\n"), "1")[0].output == "1\n"


def test_dataclasses_and_forward_references_work(sandbox: Sandbox) -> None:
    source = "import dataclasses, typing\n@dataclasses.dataclass\nclass A:\n    n: 'A | None' = None\n"
    assert shown(sandbox, Program(source), "A()", "typing.get_type_hints(A)['n'] == A | None")[1].output == "True\n"


def test_chance_is_the_same_in_each_run(sandbox: Sandbox) -> None:
    first, second = (sandbox.run_examples(Program("import random"), ["random.random()\n"]) for _ in range(2))
    assert first.shown == second.shown


def test_the_hash_seed_decides_the_order_of_sets() -> None:
    orders = set()
    for seed in range(4):
        with Sandbox(hash_seed=seed) as sandbox:
            orders.add(sandbox.run_examples(Program(""), ["set('abcdefgh')\n"]).shown)
    assert len(orders) > 1


def test_the_surroundings_are_empty(sandbox: Sandbox) -> None:
    lines = shown(
        sandbox,
        Program("import os, sys"),
        "dict(os.environ)",
        "sys.argv",
        "input()",
        "[p for p in sys.path if 'site' in p]",
    )
    assert [it.output for it in lines] == ["{}\n", "['']\n", "", "[]\n"]
    assert lines[2].exception == "EOFError: EOF when reading a line"


@pytest.mark.parametrize("module", ["textwrap", "statistics", "fractions", "heapq", "random", "difflib"])
def test_agrees_with_doctest_on_the_standard_library(sandbox: Sandbox, module: str) -> None:
    tests = doctest.DocTestFinder().find(__import__(module), module)
    for test in tests:
        if test.examples:
            outcome = sandbox.run_examples(Program("", module=module), [it.source for it in test.examples])
            assert outcome.status == "ok"
            runner = _Recorder(verbose=False)
            with contextlib.redirect_stdout(io.StringIO()):
                runner.run(test)
            assert [it for it in runner.seen if "0x" not in it] == [
                it.output for it in outcome.shown if it.exception is None and "0x" not in it.output
            ]


class _Recorder(doctest.DocTestRunner):
    def __init__(self, verbose: bool) -> None:
        super().__init__(verbose=verbose)
        self.seen: list[str] = []

    def report_success(self, out: object, test: object, example: object, got: str) -> None:
        self.seen.append(got)

    report_failure = report_success
