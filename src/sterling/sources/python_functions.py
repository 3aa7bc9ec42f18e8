"""Documented functions and classes of one Python file, read from its text alone: nothing is imported or run.

A definition becomes two pieces of its own source text: the head (decorators, signature, docstring) and the body. Head +
body is the original text, comments included, moved to column 0 for methods. Lines inside strings that span several
lines keep their indentation, so moving never changes a value; the docstring is the exception: there indentation is
layout.
"""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from sterling.text.doctests import examples_in

MOST_LINES = 200
"""Longer definitions are left out: too long for one training example, and doctests seldom reach far into them."""

_REBINDS = frozenset({"setter", "getter", "deleter", "register"})
"""Decorators that extend an earlier definition, so that the function cannot stand for itself."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


class Documented(NamedTuple):
    """One documented function, method or class."""

    kind: Literal["function", "method", "class"]
    qualname: str
    """Inside its module: `dedent`, `NormalDist.cdf`."""
    ordinal: int
    """1, or more for a definition that repeats an earlier qualname (under `if` / `else`, say)."""
    line: int
    head: str
    body: str
    examples: tuple[dict[str, Any], ...]
    """Doctest examples: `source`, `want`, and `options`, the names of the flags that are set."""
    readable: bool
    """False when the docstring holds examples that doctest cannot parse."""


def documented(source: str) -> Iterator[Documented]:
    """Functions, methods of module-level classes, and classes whose docstring has examples, in the order of the file.

    Such a class is an example of its own, besides its methods, because its examples say how they work together.

    Left out by design: what is defined inside functions, definitions without a body of their own (a docstring alone,
    `pass`, `...`, `raise NotImplementedError`), longer ones than `MOST_LINES`, property setters and their like, and
    one-liners whose body starts on the line of the docstring. SyntaxError or ValueError when the text is no Python of
    this interpreter's version.
    """
    lines = [line + "\n" for line in source.split("\n")]
    seen: Counter[str] = Counter()
    for qualname, node in definitions(parse(source).body, ""):
        seen[qualname] += 1
        if _is_wanted(node):
            found = _documented(node, qualname, seen[qualname], lines)
            if found.kind != "class" or found.examples:
                yield found


def parse(source: str) -> ast.Module:
    """The syntax tree, without the warnings that the text may deserve: they are not ours to give."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def definitions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Definition]]:
    """Functions, methods and module-level classes with their qualnames, documented or not; `prefix` ends in a dot."""
    for node in body:
        if isinstance(node, Function):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef) and not prefix:
            yield node.name, node
            yield from definitions(node.body, f"{node.name}.")
        elif isinstance(node, ast.If) and not _never_runs(node.test):
            yield from definitions(node.body + node.orelse, prefix)
        elif isinstance(node, ast.Try):
            handled = [statement for handler in node.handlers for statement in handler.body]
            yield from definitions(node.body + handled + node.orelse + node.finalbody, prefix)


def _never_runs(test: ast.expr) -> bool:
    """Whether the branch is for a script or for a type checker, and so absent from the imported module."""
    text = ast.unparse(test)
    return text.startswith("__name__ ==") or text.rpartition(".")[2] == "TYPE_CHECKING"


def _is_wanted(node: Definition) -> bool:
    if ast.get_docstring(node, clean=False) is None or len(node.body) < 2:
        return False
    return (
        node.body[1].lineno > _last_line(node.body[0])
        and _last_line(node) - _first_line(node) < MOST_LINES
        and not any(isinstance(d, ast.Attribute) and d.attr in _REBINDS for d in map(_callee, node.decorator_list))
        and not (len(node.body) == 2 and _is_stub(node.body[1]))
    )


def _is_stub(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        return ast.unparse(_callee(statement.exc)) == "NotImplementedError"
    is_ellipsis = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass) or is_ellipsis


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _documented(node: Definition, qualname: str, ordinal: int, lines: list[str]) -> Documented:
    first, last, split = _first_line(node), _last_line(node), _last_line(node.body[0])
    indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
    fixed = set(_inside_strings(node))
    moved = [
        line if number in fixed else line.removeprefix(indent)
        for number, line in enumerate(lines[first - 1 : last], first)
    ]
    examples = examples_in(ast.get_docstring(node) or "")
    return Documented(
        kind="class" if isinstance(node, ast.ClassDef) else "method" if "." in qualname else "function",
        qualname=qualname,
        ordinal=ordinal,
        line=node.lineno,
        head="".join(moved[: split - first + 1]),
        body="".join(moved[split - first + 1 :]),
        examples=tuple(examples or ()),
        readable=examples is not None,
    )


def _first_line(node: Definition) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _inside_strings(node: Definition) -> Iterator[int]:
    """Numbers of the lines that begin inside a string, where indentation is part of the value."""
    for part in (p for statement in node.body[1:] for p in ast.walk(statement)):
        if isinstance(part, ast.JoinedStr) or (isinstance(part, ast.Constant) and isinstance(part.value, str | bytes)):
            yield from range(part.lineno + 1, (part.end_lineno or part.lineno) + 1)
