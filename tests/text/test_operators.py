"""Each mutation operator by a golden before and after, and what all of them must leave alone."""

import ast
import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.sources.python_package import PythonPackage
from sterling.text import operators
from sterling.text.mutation import OPERATORS, Code, breaks_of, change_of

assert operators.__name__ == "sterling.text.operators"

GOLDEN = [
    ("swapped_comparison", "return a < b", ["return a > b"]),
    ("swapped_comparison", "return a  not  in b", ["return a  in b"]),
    ("swapped_comparison", "return a is (b)", ["return a is not (b)"]),
    ("swapped_comparison", "return a == b != a", ["return a != b != a", "return a == b == a"]),
    ("moved_boundary", "return a >= b", ["return a > b"]),
    ("moved_boundary", "return a == b", []),
    ("swapped_arithmetic", "return (a) + b  # sum", ["return (a) - b  # sum"]),
    ("swapped_arithmetic", "return a // b", ["return a / b"]),
    ("swapped_arithmetic", "return '%s' % a", []),
    ("swapped_update", "a += b", ["a -= b"]),
    ("swapped_logic", "return a and b", ["return a or b"]),
    ("negated_condition", "if a: b()", ["if not a: b()"]),
    ("negated_condition", "return [x for x in b if x or a]", ["return [x for x in b if not (x or a)]"]),
    ("negated_condition", "while a < b: pass", []),
    ("dropped_not", "return not (a)", ["return (a)"]),
    ("off_by_one_constant", "return a + 0", ["return a + 1"]),
    ("off_by_one_constant", "return a + 7", ["return a + 6", "return a + 8"]),
    ("off_by_one_constant", "return True", []),
    ("flipped_boolean", "return True", ["return False"]),
    ("dropped_sign", "return -a", ["return a"]),
    ("changed_string", "return 'abc'", ["return 'ab'"]),
    ("changed_string", 'return ""', ['return " "']),
    ("changed_string", r"return r'\d+'", [r"return r'\d'"]),
    ("changed_string", r"return 'a\n'", ["return 'a'"]),
    ("changed_string", "return f'{a}x'", []),
    ("wrong_variable", "return a", ["return b"]),
    ("wrong_variable", "c = a\n    return c", ["c = b\n    return c", "c = a\n    return a"]),
    ("wrong_variable", "return print", []),
    ("shifted_slice", "return a[b:]", ["return a[b + 1:]", "return a[b:-1]"]),
    ("shifted_slice", "return a[:b]", ["return a[1:b]", "return a[:b - 1]"]),
    ("shifted_slice", "return a[::-1]", ["return a[1::-1]"]),
    ("shifted_index", "return a[b]", ["return a[b + 1]", "return a[b - 1]"]),
    ("shifted_range", "return range(a)", ["return range(a + 1)", "return range(a - 1)"]),
    ("shifted_range", "return range(1, a or b)", ["return range(1, (a or b) + 1)", "return range(1, (a or b) - 1)"]),
    ("swapped_arguments", "return f(a,  b, *a)", []),
    ("swapped_arguments", "return f(a,  1)", ["return f(1,  a)"]),
    ("sibling_call", "return min(a.lstrip())", ["return max(a.lstrip())", "return min(a.rstrip())"]),
    ("swapped_jump", "for x in a: break", ["for x in a: continue"]),
    ("dropped_return_value", "return a + b", ["return None"]),
    ("dropped_return_value", "return None", []),
    ("deleted_statement", "if a:\n        f(b)", ["if a:\n        pass"]),
    ("deleted_statement", "f(a)  # call\n    return b", ["return b"]),
    ("deleted_statement", "f(a); f(b)", ["f(a); pass", "pass; f(b)"]),
    ("deleted_statement", "if a: raise f(b)", ["if a: pass"]),
    ("dropped_handler", "try: f(a)\n    except f: return b", ["try: f(a)\n    except f: raise"]),
    ("dropped_handler", "try: f(a)\n    except f: raise", []),
    ("dropped_finally", "try: f(a)\n    finally: f(b); f(a)", ["try: f(a)\n    finally: pass"]),
]  # fmt: skip
HEAD = 'def g(a, b):\n    """Docstring with 1 < 2 and not "x"."""\n    '


@pytest.mark.parametrize(("name", "body", "expected"), GOLDEN)
def test_operator_breaks_exactly_there(name: str, body: str, expected: list[str]) -> None:
    source = f"{HEAD}{body}\n"
    texts = [Code(source).apply(b.edit) for b in breaks_of(source) if b.operator == name]
    assert sorted(texts) == sorted(f"{HEAD}{text}\n" for text in expected)


def test_every_operator_has_a_golden_example() -> None:
    assert {name for name, _, expected in GOLDEN if expected} | {"changed_default"} == OPERATORS.keys()
    assert len(OPERATORS) >= 14


@pytest.mark.parametrize(
    ("default", "other"),
    [("None", "0"), ("True", "False"), ("3", "4"), ("'ab'", "'a'"), ("1.5", None), ("b'x'", "b''")],
)
def test_defaults_change_but_names_do_not(default: str, other: str | None) -> None:
    source = f"def g(a, *, b: int = {default}):\n    return a\n"
    texts = [Code(source).apply(b.edit) for b in breaks_of(source) if b.operator == "changed_default"]
    assert texts == ([] if other is None else [f"def g(a, *, b: int = {other}):\n    return a\n"])


def test_decorators_annotations_and_docstrings_are_left_alone() -> None:
    source = '@cache(1)\ndef g(a: "x" = f(2), *b: 3) -> 4:\n    """Five 5."""\n    c: "6"\n    def h(d: 7): "8"\n'
    assert [b for b in breaks_of(source) if b.operator in {"off_by_one_constant", "changed_string"}] == []


def test_inside_f_strings_nothing_is_broken() -> None:
    source = "def g(a, b):\n    yield f'{a + 1}'\n    yield f'{b[1:]}'\n"
    assert {b.operator for b in breaks_of(source)} == {"deleted_statement"}


def test_positions_are_right_after_wide_characters() -> None:
    source = "def g(a):\n    return 'äöü€😀' + a\n"
    assert "def g(a):\n    return 'äöü€😀' - a\n" not in [Code(source).apply(b.edit) for b in breaks_of(source)]
    source = "def g(a):\n    return f('äöü€😀') + a\n"
    assert "def g(a):\n    return f('äöü€😀') - a\n" in [Code(source).apply(b.edit) for b in breaks_of(source)]


def test_a_class_is_broken_method_by_method() -> None:
    source = "class C:\n    def f(self, a, b):\n        return a\n    def g(self, c):\n        return c\n"
    texts = [Code(source).apply(b.edit) for b in breaks_of(source) if b.operator == "wrong_variable"]
    assert texts == [source.replace("return a", "return b")]


@pytest.mark.parametrize("source", ["", "x = 1\n", "def f(): pass\ndef g(): pass\n"])
def test_anything_but_one_definition_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="not one function"):
        breaks_of(source)


def test_a_change_quotes_the_whole_lines() -> None:
    source = "def g(a):\n    b = a  # note\n    return b\n"
    found = {b.operator: change_of(source, b.edit) for b in breaks_of(source)}
    assert found["deleted_statement"] == (2, "    b = a  # note", "")
    assert found["dropped_return_value"] == (3, "    return b", "    return None")


def _standard_functions() -> list[str]:
    source = PythonPackage(name="std", packages=["textwrap", "bisect", "statistics", "fractions", "colorsys", "json"])
    items = (item for item in source.read() if hasattr(item, "payload"))
    return [item.payload["prompt"] + item.payload["completion"] for item in items]


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(_standard_functions()))
def test_a_mutant_parses_and_differs_only_where_it_says(source: str) -> None:
    original = ast.dump(ast.parse(source))
    seen = set()
    for broken in breaks_of(source):
        text = Code(source).apply(broken.edit)
        assert ast.dump(ast.parse(text)) != original
        assert text not in seen
        seen.add(text)
        change = change_of(source, broken.edit)
        kept_before, kept_after = source.split("\n"), text.split("\n")
        height = change.before.count("\n") + 1
        del kept_before[change.line - 1 : change.line - 1 + height]
        del kept_after[change.line - 1 : change.line - 1 + len(kept_after) - len(kept_before)]
        assert kept_before == kept_after, "\n".join(difflib.unified_diff(source.split("\n"), text.split("\n")))


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(_standard_functions()))
def test_sites_count_up_per_operator(source: str) -> None:
    numbers: dict[str, list[int]] = {}
    for broken in breaks_of(source):
        numbers.setdefault(broken.operator, []).append(broken.site)
    assert all(found == list(range(len(found))) for found in numbers.values())
