"""Assertions of pytest and unittest as doctest examples: what is asserted, about which function, and what is wanted."""

import ast
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sterling.sources.python_names import Place
from sterling.sources.python_scope import BUILTINS, Closed, Scope, Unread, dotted_name

LONGEST = 1_000
"""Characters of an example's source or want; nobody learns from longer ones."""

_COMPARED: dict[str, type[ast.cmpop]] = {
    **dict.fromkeys(("Equal", "Equals", "ListEqual", "TupleEqual", "DictEqual", "SetEqual"), ast.Eq),
    **dict.fromkeys(("MultiLineEqual", "SequenceEqual"), ast.Eq),
    "NotEqual": ast.NotEq, "Is": ast.Is, "IsNot": ast.IsNot, "In": ast.In, "NotIn": ast.NotIn,
    "Greater": ast.Gt, "GreaterEqual": ast.GtE, "Less": ast.Lt, "LessEqual": ast.LtE,
}  # fmt: skip
"""Methods of unittest.TestCase, without `assert`, that compare their first two arguments."""
_TRUTHS = frozenset({"bool", "isinstance", "issubclass", "callable", "all", "any"})
_TOO_WIDE = frozenset({"Exception", "BaseException", "LookupError", "ArithmeticError", "OSError", "Warning"})
"""What is raised is seldom one of these but a subclass, whose name doctest would want to know."""


class Claim(NamedTuple):
    """One thing that a test asserts."""

    expression: ast.expr
    raises: ast.expr | None = None
    """The exception that evaluating it must raise; None: it must be true."""


class Example(NamedTuple):
    """A claim that was read."""

    place: Place
    source: str
    want: str
    options: tuple[str, ...]

    def as_reference(self) -> dict[str, Any]:
        """As doctest examples stand in a reference; `from` tells them apart."""
        return {"source": self.source, "want": self.want, "options": list(self.options), "from": "test"}


# What is asserted -----------------------------------------------------------------------------------------------------
def claims_of(statement: ast.stmt) -> list[Claim | Unread]:
    """What a statement asserts: nothing where it is no assertion, Unread where its form is not known."""
    if isinstance(statement, ast.Assert):
        return [Claim(part) for part in _parts(statement.test)]
    if isinstance(statement, ast.With) and len(statement.items) == 1:
        return _block(statement)
    call = statement.value if isinstance(statement, ast.Expr) else None
    return _called(call) if isinstance(call, ast.Call) else []


def _parts(test: ast.expr) -> list[ast.expr]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [part for value in test.values for part in _parts(value)]
    return [test]


def _block(statement: ast.With) -> list[Claim | Unread]:
    call = statement.items[0].context_expr
    if not isinstance(call, ast.Call) or not _raising(call) or not call.args:
        return []
    body = statement.body[0]
    inside = body.test if isinstance(body, ast.Assert) else getattr(body, "value", None)
    if len(statement.body) > 1 or not isinstance(inside, ast.expr) or not isinstance(body, _SIMPLE):
        return [Unread("several_statements")]
    return [Claim(inside, call.args[0])]


_SIMPLE = (ast.Assert, ast.Expr, ast.Assign)


def _raising(call: ast.Call) -> bool:
    name = dotted_name(call.func)
    return name == "pytest.raises" or name.rpartition(".")[2] in {"assertRaises", "assertRaisesRegex"}


def _called(call: ast.Call) -> list[Claim | Unread]:
    owner, _, method = dotted_name(call.func).rpartition(".")
    args = call.args
    if _raising(call) and not method.endswith("Regex") and len(args) > 1:
        return [Claim(_delayed(args[1:], call.keywords), args[0])]
    if owner not in {"self", "cls"} or not method.startswith("assert"):
        return []
    found = _truth(method.removeprefix("assert"), args) if len(call.keywords) == _messages(call) else None
    return [Unread("unsupported_form")] if found is None else [Claim(part) for part in _parts(found)]


def _messages(call: ast.Call) -> int:
    return sum(keyword.arg == "msg" for keyword in call.keywords)


def _delayed(args: Sequence[ast.expr], keywords: list[ast.keyword]) -> ast.expr:
    """The call that `assertRaises(E, function, *args)` makes."""
    first = args[0]
    if isinstance(first, ast.Lambda) and len(args) == 1 and not ast.unparse(first.args):
        return first.body
    return ast.Call(first, list(args[1:]), keywords)


def _truth(method: str, args: Sequence[ast.expr]) -> ast.expr | None:
    """What must be true; None where the method is not known."""
    match method, args:
        case "True" | "False", [one, *_]:
            truth: ast.expr | None = one if method == "True" else ast.UnaryOp(ast.Not(), one)
        case "IsNone" | "IsNotNone", [one, *_]:
            truth = ast.Compare(one, [_COMPARED[method.removesuffix("None")]()], [ast.Constant(None)])
        case "IsInstance", [one, kind, *_]:
            truth = _builtin("isinstance", one, kind)
        case "AlmostEqual", [one, other]:
            apart = _builtin("round", ast.BinOp(one, ast.Sub(), other), ast.Constant(7))
            truth = ast.Compare(apart, [ast.Eq()], [ast.Constant(0.0)])
        case _, [one, other, *_] if method in _COMPARED:
            truth = ast.Compare(one, [_COMPARED[method]()], [other])
        case _:
            truth = None
    return truth


def _builtin(name: str, *args: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


# As an example --------------------------------------------------------------------------------------------------------
def example_of(claim: Claim, scope: Scope) -> Example:
    """The example that a claim is at its line. Unread where it is about no one function, or cannot be closed."""
    closed = scope.close(claim.expression)
    place = _subject(closed, scope)
    options: tuple[str, ...] = ()
    if claim.raises is None:
        source, want = _asked(closed)
    else:
        source, want = ast.unparse(closed.expression), _traceback(claim.raises)
        options = ("IGNORE_EXCEPTION_DETAIL",)
    if len(source) > LONGEST or len(want) > LONGEST:
        raise Unread("too_long")
    try:
        f"{source}{want}".encode()
    except UnicodeEncodeError:
        raise Unread("unsupported_form") from None
    return Example(place, f"{source}\n", f"{want}\n", options)


def _subject(closed: Closed, scope: Scope) -> Place:
    """The outermost function that is called; every other one must be known where that one lives."""
    called = [dotted_name(node.func) for node in ast.walk(closed.expression) if isinstance(node, ast.Call)]
    found = [place for name in called for place in closed.places if place.qualname == name]
    if not found:
        raise Unread("no_function")
    first = found[0]
    if any(place.module != first.module for place in closed.places):
        raise Unread("several_modules")
    if any(scope.names.binds(first.module, name) for name in closed.builtins):
        raise Unread("shadowed_name")
    if not scope.names.is_documented(first):
        raise Unread("undocumented")
    return first


def _asked(closed: Closed) -> tuple[str, str]:
    """What to evaluate, and what must be displayed."""
    truth = closed.expression
    if isinstance(truth, ast.Compare) and len(truth.ops) == 1:
        return _compared(closed, truth.left, truth.ops[0], truth.comparators[0])
    is_bool = isinstance(truth, ast.Compare) or (isinstance(truth, ast.UnaryOp) and isinstance(truth.op, ast.Not))
    is_bool |= isinstance(truth, ast.Call) and dotted_name(truth.func) in _TRUTHS
    shown = ast.unparse(truth)
    return (shown if is_bool else f"bool({shown})"), "True"


def _compared(truth: Closed, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> tuple[str, str]:
    if isinstance(sign, ast.Is | ast.IsNot):
        constants = [side.value for side in (left, right) if isinstance(side, ast.Constant)]
        if not any(value is None or isinstance(value, bool) for value in constants):
            raise Unread("identity")  # a value that was written a second time is another object
        if isinstance(sign, ast.Is) and isinstance(right, ast.Constant) and isinstance(right.value, bool):
            return ast.unparse(left), repr(right.value)
    for one, other in ((left, right), (right, left)) if isinstance(sign, ast.Eq) else ():
        want = _displayed(other)
        if want is not None and _is_plain(one, truth.places):
            return ast.unparse(one), want
    return ast.unparse(truth.expression), "True"


def _is_plain(expression: ast.expr, places: Sequence[Place]) -> bool:
    """Whether it gives what a function of the package or a builtin returns, and not what a method of that does."""
    name = dotted_name(expression.func) if isinstance(expression, ast.Call) else ""
    return name in BUILTINS or any(name == place.qualname for place in places)


def _displayed(expression: ast.expr) -> str | None:
    """How a literal is displayed, if what equals it is displayed alike; None where that is not certain."""
    try:
        value = ast.literal_eval(expression)
        return repr(value) if _has_one_display(value) else None
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _has_one_display(value: object) -> bool:
    match value:
        case bool() | None | set() | frozenset():
            return False
        case list() | tuple():
            return all(map(_has_one_display, value))
        case float():
            return not value.is_integer()  # which an integer equals
        case dict():
            return len(value) < 2 and all(map(_has_one_display, [*value, *value.values()]))
    return True


def _traceback(kind: ast.expr) -> str:
    name = dotted_name(kind).rpartition(".")[2]
    if not name:
        raise Unread("several_exceptions")
    if name in _TOO_WIDE:
        raise Unread("wide_exception")
    return f"Traceback (most recent call last):\n    ...\n{name}"


def assertions_in(tree: ast.AST) -> Iterator[ast.stmt]:
    """Every statement somewhere in a tree that asserts something."""
    if isinstance(tree, ast.stmt) and claims_of(tree):
        yield tree
    else:
        for child in ast.iter_child_nodes(tree):
            yield from assertions_in(child)
