"""Assertions of test files become examples: what is read, what is left out and why, and what comes of it in a run."""

import json
from pathlib import Path
from typing import Any

import pytest

import sterling
from sterling.errors import PolicyRefused, SourceError
from sterling.records import Fault, Record
from sterling.registry import Item
from sterling.sources.anchor import anchor_records
from sterling.sources.python_package import PythonPackage
from sterling.verify.tests import Tests

CORE = '''"""Small functions."""
from functools import partial


def clamp(number, low=0, high=10):
    """Move a number into a range."""
    if low > high:
        raise ValueError(f"{low} is above {high}")
    return max(low, min(number, high))


def pairs(items):
    """Neighbours.

    >>> list(pairs([1, 2, 3]))
    [(1, 2), (2, 3)]
    """
    items = list(items)
    yield from zip(items, items[1:])


def half(number):
    """A number divided by two."""
    return number / 2


def find(items, wanted):
    """The first place of an item, or None."""
    for place, item in enumerate(items):
        if item == wanted:
            return place
    return None


class Word:
    """A word."""

    @staticmethod
    def swap(text):
        """Capitals for small letters."""
        return text.swapcase()


def hidden(number):
    return number


def sorted(items):
    """Not the builtin."""
    return items


low = partial(clamp, high=1)
'''

INIT = "from .core import *\nfrom .core import half as halved\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "src" / "small").mkdir(parents=True)
    (folder / "src" / "small" / "__init__.py").write_text(INIT)
    (folder / "src" / "small" / "core.py").write_text(CORE)
    (folder / "tests").mkdir()
    (folder / "LICENSE").write_text("Permission is hereby granted, free of charge, to any person obtaining a copy\n")
    (folder / "setup.py").write_text("raise RuntimeError('executed')\n")
    return folder


def _source(repository: Path, **more: Any) -> PythonPackage:
    return PythonPackage.model_validate(
        {"name": "small", "path": "src", "tests": "tests", **more}, context={"base": repository}
    )


def _said(repository: Path, *tests: str) -> tuple[list[tuple[str, str]], str]:
    """Source and want of every example from one test file, and what was left out of it."""
    (repository / "tests" / "test_core.py").write_text("\n".join(tests))
    found = list(_source(repository).read())
    items = [one for one in found if isinstance(one, Item)]
    every = [e for item in items for e in (item.reference or {}).get("examples", ()) if e.get("from") == "test"]
    told = [one.message.partition(": ")[2] for one in found if isinstance(one, Fault)]
    return [(e["source"].rstrip(), e["want"].rstrip()) for e in every], "; ".join(told)


def _in_test(body: str, head: str = "from small import *\nimport small\n") -> str:
    return f"{head}def test_it():\n" + "".join(f"    {line}\n" for line in body.splitlines())


ERROR = "Traceback (most recent call last):\n    ...\nValueError"


@pytest.mark.parametrize(
    ("body", "example"),
    [
        ("assert clamp(12) == 10", ("clamp(12)", "10")),
        ("assert 'aB' == small.Word.swap('Ab')", ("Word.swap('Ab')", "'aB'")),
        ("assert small.core.clamp(12, high=11) == 11", ("clamp(12, high=11)", "11")),
        ("assert small.halved(5) == 2.5", ("half(5)", "2.5")),
        ("assert half(4) == 2.0", ("half(4) == 2.0", "True")),  # 2 would be as right
        ("assert list(pairs('abc')) == [('a', 'b'), ('b', 'c')]", ("list(pairs('abc'))", "[('a', 'b'), ('b', 'c')]")),
        ("assert set(pairs('abc')) == {('a', 'b')}", ("set(pairs('abc')) == {('a', 'b')}", "True")),
        ("assert find([], 1) is None", ("find([], 1) is None", "True")),
        ("assert find([1], 1) is True", ("find([1], 1)", "True")),
        ("assert find([1], 1) == True", ("find([1], 1) == True", "True")),
        ("assert find('ab', 'b')", ("bool(find('ab', 'b'))", "True")),
        ("assert not find('ab', 'a')", ("not find('ab', 'a')", "True")),
        ("assert clamp(3) in (3, 4), 'why'", ("clamp(3) in (3, 4)", "True")),
        ("assert clamp(-1) == min(0, 1)", ("clamp(-1) == min(0, 1)", "True")),
        ("self.assertEqual(clamp(12), 10, 'why')", ("clamp(12)", "10")),
        ("self.assertListEqual([(1, 2)], list(pairs([1, 2])))", ("list(pairs([1, 2]))", "[(1, 2)]")),
        ("self.assertIs(find([1], 1), False)", ("find([1], 1)", "False")),
        ("self.assertIsNone(find([], 1))", ("find([], 1) is None", "True")),
        ("self.assertIn((1, 2), pairs([1, 2]))", ("(1, 2) in pairs([1, 2])", "True")),
        ("self.assertTrue(find('ab', 'b'))", ("bool(find('ab', 'b'))", "True")),
        ("self.assertFalse(find('ab', 'a'))", ("not find('ab', 'a')", "True")),
        ("self.assertIsInstance(half(1), float)", ("isinstance(half(1), float)", "True")),
        ("self.assertAlmostEqual(half(1), 0.5)", ("round(half(1) - 0.5, 7) == 0.0", "True")),
        (
            "import pytest\nwith pytest.raises(ValueError, match='above'):\n    clamp(1, 2, 1)",
            ("clamp(1, 2, 1)", ERROR),
        ),
        ("with self.assertRaises(ValueError):\n    x = clamp(1, 2, 1)", ("clamp(1, 2, 1)", ERROR)),
        ("self.assertRaises(ValueError, clamp, 1, low=2, high=1)", ("clamp(1, low=2, high=1)", ERROR)),
        ("self.assertRaises(ValueError, lambda: clamp(1, 2, 1))", ("clamp(1, 2, 1)", ERROR)),
        ("n, top = 12, 11\nassert clamp(n, high=top) == top", ("clamp(12, high=11)", "11")),
        ("n = 12\nfound = clamp(n)\nassert found == 10", ("clamp(12)", "10")),
        ("args = [12, 0]\nassert clamp(*args) == 10", ("clamp(12, 0)", "10")),
        ("keys = [k for k in 'ab']\nassert find(keys, 'b') == 1", ("find([k for k in 'ab'], 'b')", "1")),
    ],
)
def test_an_assertion_is_an_example(repository: Path, body: str, example: tuple[str, str]) -> None:
    assert _said(repository, _in_test(body)) == ([example], "")


def test_cases_and_loops_are_written_out(repository: Path) -> None:
    found, unread = _said(
        repository,
        "import pytest, small",
        "CASES = ((1, 1), (12, 10))",
        "@pytest.mark.slow",
        "@pytest.mark.parametrize(('n', 'want'), CASES)",
        "def test_clamp(n, want): assert small.clamp(n) == want",
        "@pytest.mark.parametrize('low', [2, 3])",
        "@pytest.mark.parametrize('n, want', [pytest.param(1, 'x', id='a'), [0, 'y']])",
        "def test_stacked(n, want, low): assert small.clamp(n, low) == want",
        "class TestFind:",
        "    @pytest.mark.parametrize('item', ['a', small.unknown])",
        "    def test_find(self, item):",
        "        for text, place in {'ab': 0, 'ca': 1}.items():",
        "            with self.subTest(text=text):",
        "                assert small.find(text, item) == place",
    )
    assert found == [
        ("clamp(1)", "1"), ("clamp(12)", "10"),
        ("clamp(1, 2)", "'x'"), ("clamp(0, 2)", "'y'"), ("clamp(1, 3)", "'x'"), ("clamp(0, 3)", "'y'"),
        ("find('ab', 'a')", "0"), ("find('ca', 'a')", "1"),
    ]  # fmt: skip
    assert unread == "unknown_name 2"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("assert clamp(other) == 1", "unknown_name"),
        ("assert open('x') == clamp(1)", "unknown_name"),
        ("assert small.low(3) == 1", "unknown_name"),  # made at run time
        ("assert len('ab') == 2", "no_function"),
        ("assert small.core.hidden(1) == 1", "undocumented"),
        ("assert list(sorted([2])) == [2] == __builtins__.sorted([2])", "unknown_name"),
        ("x = [1]\nassert clamp(x) is x", "identity"),
        ("set_up()\nassert clamp(1) == 1", "after_other_code"),
        ("small.core.partial = None\nassert clamp(1) == 1", "after_other_code"),
        ("if clamp(2):\n    return\nassert clamp(1) == 1", "after_other_code"),
        ("if clamp(2):\n    assert clamp(1) == 1", "inside_block"),
        ("with patched():\n    assert clamp(1) == 1", "inside_block"),
        ("def inner():\n    assert clamp(1) == 1", "nested"),
        ("it = pairs('abc')\nlist(it) == []\nassert next(it) == 1", "after_other_code"),
        ("assert [next(pairs(x)) for x in 'ab'] == clamp(y)", "unknown_name"),
        ("x = [1]\nx.append(2)\nassert find(x, 2) == 1", "after_other_code"),
        ("x = [1]\ny = x.pop()\nassert find(x, 2) == 1", "unknown_name"),
        ("n = 1\nn += 1\nassert clamp(n) == 2", "unknown_name"),
        ("import pytest\nwith pytest.raises(LookupError):\n    clamp(1)", "wide_exception"),
        ("import pytest\nwith pytest.raises((KeyError, ValueError)):\n    clamp(1)", "several_exceptions"),
        ("import pytest\nwith pytest.raises(ValueError):\n    x = 1\n    clamp(x)", "several_statements"),
        ("self.assertCountEqual(clamp(1), [1])", "unsupported_form"),
        (f"assert find('{'a' * 1000}', 'a') == 0", "too_long"),
    ],
)
def test_what_cannot_be_read_is_left_out_with_a_reason(repository: Path, body: str, reason: str) -> None:
    assert _said(repository, _in_test(body)) == ([], f"{reason} 1")


def test_an_iterator_is_used_once(repository: Path) -> None:
    body = "it = pairs('abc')\nassert next(it) == ('a', 'b')\nassert next(it) == ('b', 'c')"
    assert _said(repository, _in_test(body)) == ([("next(pairs('abc'))", "('a', 'b')")], "unknown_name 1")
    body = "it = pairs('abc')\nassert [next(it) for _ in range(2)] == [1, 2]"
    assert _said(repository, _in_test(body)) == ([], "evaluated_again 1")
    body = "found = list(pairs('abc'))\nassert len(found) == 2\nassert found[0] == ('a', 'b')"
    assert len(_said(repository, _in_test(body))[0]) == 2


def test_a_name_that_the_module_uses_otherwise_is_not_the_builtin(repository: Path) -> None:
    head = "from small import clamp\n"
    assert _said(repository, _in_test("assert sorted([clamp(1)]) == [1]", head)) == ([], "shadowed_name 1")


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("@pytest.mark.skip\ndef test_it():\n    assert clamp(1) == 1", "decorated"),
        ("@freeze_time('2020')\ndef test_it():\n    assert clamp(1) == 1", "decorated"),
        ("def test_it(fixture):\n    assert clamp(1) == 1", "fixture"),
        ("def check():\n    assert clamp(1) == 1", "outside_tests"),
        ("@pytest.mark.parametrize('n', range(2000))\ndef test_it(n):\n    assert clamp(n) == 1", "decorated"),
        ("def test_it():\n    for n in range(900):\n        for m in range(900): assert clamp(n) == m", "inside_block"),
    ],
)
def test_what_may_have_been_prepared_elsewhere_is_left_out(repository: Path, test: str, reason: str) -> None:
    found, unread = _said(repository, f"import pytest\nfrom small import clamp\n{test}")
    assert (found, unread.partition(" ")[0]) == ([], reason)


def test_relative_and_local_imports_are_followed(repository: Path) -> None:
    inside = repository / "src" / "small" / "tests"
    inside.mkdir()
    (inside / "__init__.py").write_text("")
    (inside / "test_core.py").write_text("def test_it():\n    from ..core import clamp as c\n    assert c(1) == 1\n")
    found = list(_source(repository, tests="src/**/test_*.py").read())
    examples = [e for one in found if isinstance(one, Item) for e in (one.reference or {}).get("examples", ())]
    assert [e["source"] for e in examples if e.get("from")] == ["clamp(1)\n"]


def test_examples_of_tests_follow_those_of_the_docstring(repository: Path) -> None:
    (repository / "tests" / "test_core.py").write_text(
        _in_test("assert list(pairs('ab')) == [('a', 'b')]\nassert list(pairs('ab')) == [('a', 'b')]")
    )
    item = next(one for one in _source(repository).read() if isinstance(one, Item) and one.row == "small.core.pairs")
    assert {"has_examples", "has_tests"} <= set(item.tags)
    assert (item.reference or {})["examples"] == [
        {"source": "list(pairs([1, 2, 3]))\n", "want": "[(1, 2), (2, 3)]\n", "options": []},
        {"source": "list(pairs('ab'))\n", "want": "[('a', 'b')]\n", "options": [], "from": "test"},
    ]


def test_no_function_gets_more_examples_than_a_record_can_carry(repository: Path) -> None:
    found, unread = _said(repository, _in_test("for n in range(150):\n    assert clamp(n) == n"))
    assert len(found) == 100
    assert unread == "more_than_enough 50"


def test_what_was_read_is_told_and_is_no_bad_row(repository: Path) -> None:
    (repository / "tests" / "test_a.py").write_text(_in_test("assert clamp(1) == 1\nassert clamp(x) == 1"))
    (repository / "tests" / "test_b.py").write_text("def test(:\n")
    source = _source(repository, max_bad_share=0.2)
    told = "1 of 2 assertions are examples of 1 functions; left out: unknown_name 1"
    assert source.facts() == {"version": "src unknown", "licence": "MIT", "tests": told}
    faults = [one for one in anchor_records(source, {}) if isinstance(one, Fault)]
    assert [(Path(one.where).name, one.reason) for one in faults] == [
        ("test_a.py", "unread_assertions"), ("test_b.py:1", "bad_python"),
    ]  # fmt: skip
    assert faults[0].message == "1 of 2 assertions are left out: unknown_name 1"
    assert {Path(file).name for file in source.reads()} == {"__init__.py", "core.py", "test_a.py", "test_b.py"}


def test_nothing_of_the_tests_is_executed(repository: Path) -> None:
    head = "from small import clamp\nraise RuntimeError('executed')\n"
    assert _said(repository, _in_test("assert clamp(1) == 1", head))[0] == [("clamp(1)", "1")]


@pytest.mark.parametrize("tests", ["nowhere", "nowhere/*.py", "LICENSE"])
def test_tests_that_are_not_there_are_an_error_with_a_mend(repository: Path, tests: str) -> None:
    with pytest.raises(SourceError, match="mend:"):
        list(_source(repository, tests=tests).read())


def test_an_example_from_a_test_that_is_wrong_fails_the_function(repository: Path) -> None:
    (repository / "tests" / "test_core.py").write_text(_in_test("assert clamp(1) == 1\nassert half(3) == 1"))
    check = Tests.model_validate({}, context={"base": repository})
    rulings = {}
    for item in _source(repository).read():
        if isinstance(item, Item) and "has_tests" in item.tags:
            record = Record.real(item.payload, source="s", row=item.row, origin="unknown", reference=item.reference)
            ruling = check._judge(record)
            rulings[item.row] = ruling.reason
    assert rulings == {"small.core.clamp": "passed", "small.core.half": "failed_example"}


# A whole run ----------------------------------------------------------------------------------------------------------
ATTESTED = {"origin": "human", "attested_by": "the test", "attested_because": "its author typed it"}

SUITE = """
import unittest
import pytest
from small import clamp, find

@pytest.mark.parametrize("n, want", [(-1, 0), (0, 0), (5, 5), (10, 10), (12, 10)])
def test_clamp(n, want):
    assert clamp(n) == want
    assert clamp(n, 0, 3) in range(0, 4)

def test_order():
    with pytest.raises(ValueError):
        clamp(1, 2, 1)

class TestFind(unittest.TestCase):
    def test_find(self):
        word = "abc"
        self.assertEqual(find(word, "c"), 2)
        self.assertIsNone(find(word, "d"))
"""


def _recipe(repository: Path, **attested: str) -> Path:
    (repository / "tests" / "test_core.py").write_text(SUITE)
    recipe = {
        "name": "small", "purpose": "fine-tuning", "release": {"licence": "MIT"}, "mix": {"synthetic_cap": 0.3},
        "anchor": [{"source": "python_package", "name": "own", "path": "src", "tests": "tests", "licence": "MIT",
                    "split_by": "function", **attested}],
        "roles": {"train": 1, "test": 0, "monitor": 0, "holdout": 0},
        "generate": [{"strategy": "mutations", "seeds": "own", "count": 12}, {"strategy": "traces", "count": 90}],
        "checks": [{"check": "tests"}, {"check": "replay"}],
        "engine": {"workers": 1},
    }  # fmt: skip
    path = repository / "recipe.yaml"
    path.write_text(json.dumps(recipe, indent=1))
    return path


def test_a_repository_that_nobody_attests_counts_nothing_as_real(repository: Path, tmp_path: Path) -> None:
    recipe = _recipe(repository)
    unmet = {finding.rule for finding in sterling.lint(recipe) if finding.status == "unmet"}
    assert {"anchor.attested", "mix.anchor", "generate.seeds"} <= unmet
    assert {one.origin for one in anchor_records(_source(repository), {}) if isinstance(one, Record)} == {"unknown"}
    with pytest.raises(PolicyRefused, match="no anchor is attested as human"):
        sterling.run(recipe, out=tmp_path)


def test_an_attested_repository_becomes_repairs_and_traces_out_of_its_tests(repository: Path, tmp_path: Path) -> None:
    recipe = _recipe(repository, **ATTESTED)
    assert "anchor.attested" not in {finding.rule for finding in sterling.lint(recipe) if finding.status == "unmet"}
    run = sterling.run(recipe, out=tmp_path)
    assert run.release is not None
    (anchor,) = run.report["anchors"]
    assert anchor["facts"]["tests"] == "13 of 13 assertions are examples of 2 functions"
    checks = {step["name"]: step for step in run.report["steps"] if step["name"].startswith("check:")}
    assert set(checks["check:tests"]["reasons"]) <= {"no_reference", "survived"}
    assert checks["check:replay"]["dropped"] == 0
    rows = run.records.arrow.to_pylist()
    repairs = [row for row in rows if "task:repair" in row["tags"]]
    traces = [row for row in rows if "input:test" in row["tags"]]
    assert any("def clamp" in row["completion"] for row in repairs)
    assert {row["completion"] for row in traces} == {"0", "5", "10", "3", "2", "raises ValueError: 2 is above 1"}
