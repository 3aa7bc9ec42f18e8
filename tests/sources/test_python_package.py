"""Functions are read from text: what is found, where it is cut, and what is left out."""

import ast
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.registry import Item
from sterling.sources.python_package import PythonPackage
from sterling.text.doctests import display, examples_in, holds

SHAPES = '''"""Docstring of the module."""
import sys


def area(side, *, scale=1):
    """The area of a square.

    >>> area(3)
    9
    >>> area(2.5)  # doctest: +ELLIPSIS
    6.2...
    """
    # a square has equal sides
    return scale * side ** 2


def undocumented(side):
    return side


def stub():
    """Nothing but this."""
    raise NotImplementedError


class Box:
    """A box."""

    @property
    def text(self):
        """What is written on it."""
        value = """two
    lines"""
        return value

    @text.setter
    def text(self, value):
        """Ignored."""
        del value

    def outer(self):
        """Has an inner function.

        >>> Box().outer()
        1
        """
        def inner():
            """Documented, but inside."""
            return 1
        return inner()


if sys.platform == "none":
    def redefined():
        """One."""
        return 1
else:
    def redefined():
        """Two."""
        return 2

if __name__ == "__main__":
    def main():
        """Never imported."""
        return 3
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "shapes"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "plane.py").write_text(SHAPES)
    return folder


def _read(source: PythonPackage) -> tuple[dict[str, Item], list[Fault]]:
    found = list(source.read())
    items = [one for one in found if isinstance(one, Item)]
    assert len({item.row for item in items}) == len(items)
    return {item.row: item for item in items}, [one for one in found if isinstance(one, Fault)]


def _own(folder: Path) -> PythonPackage:
    return PythonPackage(name="own", path=str(folder))


def test_finds_documented_functions_and_methods_only(package: Path) -> None:
    items, faults = _read(_own(package))
    assert faults == []
    assert list(items) == [
        "shapes.plane.area",
        "shapes.plane.Box.text",
        "shapes.plane.Box.outer",
        "shapes.plane.redefined",
        "shapes.plane.redefined#2",
    ]


def test_an_item_says_all_that_a_verifier_needs(package: Path) -> None:
    item = _read(_own(package))[0]["shapes.plane.area"]
    assert item.payload["prompt"].endswith('    """\n')
    assert item.payload["completion"] == "    # a square has equal sides\n    return scale * side ** 2\n"
    assert item.group == "shapes.plane"
    assert item.tags == ("module:shapes.plane", "kind:function", "has_examples")
    assert item.reference == {
        "program": "continue",
        "module": "shapes.plane",
        "replaces": "area",
        "paths": [str(package.parent)],
        "examples": [
            {"source": "area(3)\n", "want": "9\n", "options": []},
            {"source": "area(2.5)  # doctest: +ELLIPSIS\n", "want": "6.2...\n", "options": ["ELLIPSIS"]},
        ],
    }


def test_without_examples_there_is_no_oracle(package: Path) -> None:
    item = _read(_own(package))[0]["shapes.plane.redefined"]
    assert "examples" not in (item.reference or {})
    assert "has_examples" not in item.tags


def test_moving_a_method_keeps_the_values_of_its_strings(package: Path) -> None:
    item = _read(_own(package))[0]["shapes.plane.Box.text"]
    assert item.payload["prompt"].startswith("@property\ndef text(self):\n")
    assert 'value = """two\n    lines"""\n' in item.payload["completion"]


@pytest.mark.parametrize(
    ("split_by", "group"),
    [("function", "shapes.plane.Box.outer"), ("module", "shapes.plane"), ("package", "shapes")],
)
def test_what_belongs_together_is_an_option(package: Path, split_by: str, group: str) -> None:
    source = PythonPackage.model_validate({"name": "own", "path": str(package), "split_by": split_by})
    assert _read(source)[0]["shapes.plane.Box.outer"].group == group


def test_paths_in_references_do_not_depend_on_where_the_recipe_lies(package: Path) -> None:
    source = PythonPackage.model_validate(
        {"name": "own", "path": "project/shapes"}, context={"base": package.parents[1]}
    )
    reference = _read(source)[0]["shapes.plane.area"].reference
    assert reference is not None
    assert reference["paths"] == ["project"]


def test_a_file_that_is_no_python_is_one_fault(package: Path) -> None:
    (package / "broken.py").write_text("def f(:\n")
    (package / "latin.py").write_bytes(b"x = '\xe9'\n")
    (package / "zero.py").write_bytes(b"x = 1\0\n")
    items, faults = _read(_own(package))
    assert len(items) == 5
    assert [(Path(fault.where).name, fault.reason) for fault in faults] == [
        ("broken.py:1", "bad_python"),
        ("latin.py:1", "bad_python"),
        ("zero.py:1", "bad_python"),
    ]


def test_nothing_of_the_package_is_executed(package: Path) -> None:
    (package / "bomb.py").write_text('raise RuntimeError("imported")\ndef f():\n    """Doc."""\n    return 1\n')
    assert "shapes.bomb.f" in _read(_own(package))[0]


def test_examples_that_doctest_cannot_read_cost_the_examples_only(package: Path) -> None:
    (package / "odd.py").write_text('def f():\n    """Doc.\n\n    >>>1\n    1\n    """\n    return 1\n')
    item = _read(_own(package))[0]["shapes.odd.f"]
    assert "unreadable_examples" in item.tags
    assert "examples" not in (item.reference or {})


def test_tests_environments_and_hidden_folders_are_left_out(package: Path) -> None:
    for name in ("tests", ".hidden", "venv", "env"):
        (package / name).mkdir()
        (package / name / "mod.py").write_text('def f():\n    """Doc."""\n    return 1\n')
    (package / "env" / "pyvenv.cfg").write_text("")
    (package / "test_it.py").write_text('def f():\n    """Doc."""\n    return 1\n')
    assert {Path(path).name for path in _own(package).reads()} == {"__init__.py", "plane.py"}


def test_a_folder_states_its_version_and_licence(package: Path) -> None:
    assert "licence" not in _own(package).facts()
    (package.parent / "LICENSE").write_text(
        "Permission is hereby granted, free of charge, to any person obtaining a copy\n"
    )
    (package.parent / "pyproject.toml").write_text('[project]\nname = "shapes"\nversion = "1.2"\n')
    assert _own(package).facts() == {"version": f"{package} 1.2", "licence": "MIT"}


@pytest.mark.parametrize("options", [{}, {"packages": []}])
def test_nothing_to_read_is_refused(options: dict[str, Sequence[str]]) -> None:
    with pytest.raises(ValueError, match="nothing to read"):
        PythonPackage.model_validate({"name": "own", **options})


@pytest.mark.parametrize("options", [{"packages": ["math"]}, {"packages": ["no_such_module"]}, {"path": "nowhere"}])
def test_what_has_no_source_is_an_error_with_a_mend(options: dict[str, object], tmp_path: Path) -> None:
    source = PythonPackage.model_validate({"name": "own", **options}, context={"base": tmp_path})
    with pytest.raises(SourceError, match="mend:"):
        list(source.read())


def test_the_standard_library_is_found_without_importing_it() -> None:
    source = PythonPackage(name="std", packages=["textwrap", "statistics", "json", "bisect"])
    items, faults = _read(source)
    assert faults == []
    assert {"textwrap.dedent", "statistics.NormalDist.cdf", "json.decoder.JSONDecoder.decode"} <= items.keys()
    facts = source.facts()
    assert facts["licence"] == "PSF-2.0"
    assert facts["version"].startswith("CPython 3.")


def test_head_and_body_are_the_original_text() -> None:
    text = Path(textwrap.__file__).read_text()
    item = _read(PythonPackage(name="std", packages=["textwrap"]))[0]["textwrap.dedent"]
    assert item.payload["prompt"] + item.payload["completion"] in text


def test_every_item_of_the_standard_library_is_one_definition() -> None:
    items, faults = _read(PythonPackage(name="std", packages=["stdlib"]))
    assert faults == []
    for row, item in items.items():
        assert len(ast.parse(item.payload["prompt"] + item.payload["completion"]).body) == 1, row
    assert sum("has_examples" in item.tags for item in items.values()) > 100
    assert not any(row.startswith(("test.", "idlelib.", "this.")) for row in items)


def _body(definition: ast.AST) -> str:
    return "".join(ast.dump(statement) for statement in getattr(definition, "body", [])[1:])


@pytest.mark.parametrize("package_name", ["email", "zipfile", "configparser", "argparse"])
def test_moving_keeps_the_meaning_of_every_body(package_name: str) -> None:
    source = PythonPackage(name="std", packages=[package_name])
    originals = {
        _body(node)
        for file in source.reads()
        for node in ast.walk(ast.parse(Path(file).read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    items = _read(source)[0].values()
    bodies = [_body(ast.parse(item.payload["prompt"] + item.payload["completion"]).body[0]) for item in items]
    assert bodies
    assert set(bodies) <= originals


# Oracles --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("want", "options", "output", "exception", "verdict"),
    [
        ("1\n", [], "1\n", None, True),
        ("1\n", [], "2\n", None, False),
        ("", [], "", None, True),
        ("", [], "1\n", None, False),
        ("1", [], "1\n", None, True),
        ("a...z\n", ["ELLIPSIS"], "abcz\n", None, True),
        ("a...z\n", [], "abcz\n", None, False),
        ("a  b\n", ["NORMALIZE_WHITESPACE"], "a b\n", None, True),
        ("True\n", [], "1\n", None, False),
        ("1\n", [], "True\n", None, True),
        ("1\n", [], "1\n", "ValueError: late", False),
        ("Traceback (most recent call last):\n  ...\nValueError: no\n", [], "", "ValueError: no", True),
        ("Traceback (most recent call last):\n  ...\nValueError: no\n", [], "", "ValueError: yes", False),
        ("Traceback (most recent call last):\n  ...\nValueError: no\n", [], "", "TypeError: no", False),
        (
            "Traceback (most recent call last):\nValueError: no\n",
            ["IGNORE_EXCEPTION_DETAIL"],
            "",
            "a.ValueError: x",
            True,
        ),
        (
            "Traceback (most recent call last):\nValueError: no\n",
            ["IGNORE_EXCEPTION_DETAIL"],
            "",
            "TypeError: no",
            False,
        ),
        ("Traceback (most recent call last):\n  ...\nValueError: no\n", [], "no exception\n", None, False),
    ],
)
def test_examples_hold_as_doctest_says(
    want: str, options: list[str], output: str, exception: str | None, verdict: bool
) -> None:
    assert holds({"source": "f()\n", "want": want, "options": options}, output, exception) is verdict


def test_a_docstring_with_lone_surrogates_has_no_readable_examples() -> None:
    assert examples_in(">>> f('\ud800')\n1\n") is None


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(plain)
def test_data_without_sets_is_displayed_as_repr(value: object) -> None:
    assert display(value) == repr(value)


@given(st.sets(st.text(max_size=3), min_size=1))
def test_sets_are_displayed_in_one_order(value: set[str]) -> None:
    shown = display(value)
    assert shown == "{" + ", ".join(sorted(map(repr, value))) + "}"
    assert ast.literal_eval(shown) == value
    assert display(frozenset(value)) == f"frozenset({shown})"
