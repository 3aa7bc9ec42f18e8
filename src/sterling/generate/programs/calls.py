"""Calls to trace: expressions that a function's doctest examples evaluate, and edge cases derived from them.

Everything is done on syntax trees; nothing is run.
"""

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, zip_longest
from typing import Any, Literal, NamedTuple

from sterling.sources.python_functions import parse

MOST_EDGES = 8
"""Edge cases derived from one call."""
_LONGEST = 1_000
"""Characters of an expression; longer ones are no sensible question."""


Input = Literal["doctest", "test", "edge"]
"""Where a call is from."""


class Call(NamedTuple):
    """One expression to evaluate after some statements."""

    expression: str
    setup: tuple[str, ...]
    input: Input


def calls_of(examples: Sequence[Mapping[str, Any]], qualname: str) -> list[Call]:
    """The distinct calls of a function in its examples, each followed by its edge cases.

    A call is an example that is one expression (or the one argument of a `print`) in which the function is called by
    its own name. Its setup is the earlier statements that its names depend on. Operators (`a + b`) call nothing by
    name, so `__add__` has none.
    """
    name = qualname.rpartition(".")[2]
    found: dict[tuple[str, tuple[str, ...]], Call] = {}
    earlier: list[ast.stmt] = []
    for example in examples:
        tree = _parsed(example)
        origin: Input = "test" if example.get("from") == "test" else "doctest"
        for call in _calls(tree, name, earlier, origin):
            if len(call.expression) <= _LONGEST:
                found.setdefault((call.expression, call.setup), call)
        earlier.extend(tree)
    return list(found.values())


def calls_in_tests(tests: str, entry_point: str) -> list[Call]:
    """The distinct calls of a function in assertions, each followed by its edge cases.

    Taken are calls of the function by its name, or by `candidate` as HumanEval has it, all of whose arguments are
    literals: what a test computes before is not known here.
    """
    try:
        tree = parse(tests)
    except (SyntaxError, ValueError, RecursionError):
        return []
    asserted = [node.test for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    sites = [node for test in asserted for node in ast.walk(test) if isinstance(node, ast.Call)]
    found: dict[str, Call] = {}
    for site in sites:
        if _called(site) in {entry_point, "candidate"} and _plain(site):
            for call in _with_edges(_renamed(site, entry_point)):
                found.setdefault(call.expression, call)
    return list(found.values())


def _plain(site: ast.Call) -> bool:
    try:
        for argument in (*site.args, *(keyword.value for keyword in site.keywords)):
            ast.literal_eval(argument)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return isinstance(site.func, ast.Name)


def _renamed(site: ast.Call, name: str) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), site.args, site.keywords)


def _with_edges(site: ast.Call) -> Iterator[Call]:
    expressions = [ast.unparse(site), *islice(_edges(site, [site]), MOST_EDGES)]
    for place, expression in enumerate(expressions):
        if len(expression) <= _LONGEST:
            yield Call(expression, (), "edge" if place else "test")


def _parsed(example: Mapping[str, Any]) -> list[ast.stmt]:
    try:
        return parse(str(example["source"])).body
    except (SyntaxError, ValueError):
        return []


def _calls(tree: list[ast.stmt], name: str, earlier: list[ast.stmt], origin: Input) -> Iterator[Call]:
    if len(tree) != 1 or not isinstance(tree[0], ast.Expr):
        return
    expression = _printed(tree[0].value) if origin == "doctest" else _compared(tree[0].value, name)
    sites = [node for node in ast.walk(expression) if isinstance(node, ast.Call) and _called(node) == name]
    if not sites:
        return
    setup = tuple(ast.unparse(statement) for statement in _needed(expression, earlier))
    yield Call(ast.unparse(expression), setup, origin)
    for edge in islice(_edges(expression, sites), MOST_EDGES):
        yield Call(edge, setup, "edge")


def _printed(expression: ast.expr) -> ast.expr:
    is_print = isinstance(expression, ast.Call) and _called(expression) == "print"
    if is_print and isinstance(expression, ast.Call) and len(expression.args) == 1 and not expression.keywords:
        return expression.args[0]
    return expression


def _compared(expression: ast.expr, name: str) -> ast.expr:
    """What a test compares or finds to be true: the answer to the whole is `True`, which asks nothing."""
    parts: list[ast.expr] = []
    if isinstance(expression, ast.Compare):
        parts = [expression.left, *expression.comparators]
    elif isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.Not):
        parts = [expression.operand]
    elif isinstance(expression, ast.Call) and _called(expression) == "bool":
        parts = expression.args
    nodes = ((part, node) for part in parts for node in ast.walk(part))
    asked = (part for part, node in nodes if isinstance(node, ast.Call) and _called(node) == name)
    return next(asked, expression)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


# Setup ----------------------------------------------------------------------------------------------------------------
def _needed(expression: ast.expr, earlier: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The earlier statements that bind a name which is needed, or may change what it stands for; in their order."""
    wanted, needed = _names(expression), []
    for statement in reversed(earlier):
        names = _names(statement)
        binds = bool(_bound(statement) & wanted)
        changes = isinstance(statement, ast.Expr) and bool(names & wanted & _bound(*earlier))
        if binds or changes:
            needed.append(statement)
            wanted |= names
    return needed[::-1]


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _bound(*statements: ast.stmt) -> set[str]:
    nodes = list(chain.from_iterable(map(ast.walk, statements)))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imported = {
        a.asname or a.name.partition(".")[0]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for a in node.names
    }
    return stored | defined | imported


# Edge cases -----------------------------------------------------------------------------------------------------------
def _edges(expression: ast.expr, sites: Sequence[ast.Call]) -> Iterator[str]:
    """One literal argument replaced at a time, the literals in turn, so that a bound leaves something of each."""
    literals = [literal for site in sites for literal in _literals(site)]
    others = ([_with(expression, literal, other) for other in _others(literal)] for literal in literals)
    for row in zip_longest(*others):
        yield from (edge for edge in row if edge is not None)


def _literals(site: ast.Call) -> Iterator[ast.expr]:
    for argument in (*site.args, *(keyword.value for keyword in site.keywords)):
        yield from _outermost(argument)


def _outermost(node: ast.AST) -> Iterator[ast.expr]:
    """Literals from the outside in: a list itself, then its elements."""
    if isinstance(node, ast.List | ast.Tuple) and isinstance(node.ctx, ast.Load):
        yield node
        yield from chain.from_iterable(map(_outermost, node.elts[:2]))
    elif _number(node) is not None or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes | bool)):
        assert isinstance(node, ast.expr)  # noqa: S101 - for the type checker
        yield node
    elif not isinstance(node, ast.JoinedStr | ast.Lambda):
        yield from chain.from_iterable(map(_outermost, ast.iter_child_nodes(node)))


def _number(node: ast.AST) -> int | float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _others(node: ast.expr) -> list[ast.expr]:
    """Edge values near a literal, the most telling first."""
    number = _number(node)
    if number is not None:
        return [_literal(n) for n in (0, number + 1, -number, number * 100) if n != number]
    if isinstance(node, ast.List | ast.Tuple):
        parts = node.elts
        variants: tuple[list[ast.expr], ...] = ([], parts[::-1], parts + parts, parts[:1])
        return [type(node)(list(variant), ast.Load()) for variant in variants if variant != parts]
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bool):
        return [_literal(not value)]
    if isinstance(value, str | bytes):
        return [_literal(v) for v in (value[:0], value[::-1], value * 2, value.swapcase()) if v != value]
    return []


def _literal(value: object) -> ast.expr:
    return ast.parse(repr(value), mode="eval").body


def _with(expression: ast.expr, literal: ast.expr, other: ast.expr) -> str:
    return ast.unparse(copy.deepcopy(expression, {id(literal): other}))
