"""The cases of one test, out of `pytest.mark.parametrize` and of loops over literals."""

import ast
from typing import NamedTuple

from sterling.sources.python_scope import Scope, Unread, dotted_name

MOST_CASES = 1_000
"""Of one loop or of one test."""
_SKIPPED = frozenset({"skip", "skipif", "xfail", "usefixtures"})


class Row(NamedTuple):
    """The values of one case of a parametrised test."""

    names: tuple[str, ...]
    values: ast.expr

    def enter(self, scope: Scope) -> None:
        """Bind them."""
        targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in self.names]
        scope.bind(targets[0] if len(targets) == 1 else ast.Tuple(targets, ast.Store()), self.values)


def table_of(decorator: ast.expr, scope: Scope) -> list[Row] | None:
    """The cases that a decorator gives to a test: none of a mark that changes nothing. None: it may change much."""
    call = decorator if isinstance(decorator, ast.Call) else None
    owner, _, mark = dotted_name(call.func if call else decorator).rpartition(".")
    if not owner.endswith("mark") or mark in _SKIPPED:
        return None
    if mark != "parametrize":
        return []
    if call is None or len(call.args) != 2:
        return None
    names, single = _argnames(call.args[0])
    values = elements_of(call.args[1], scope)
    if not names or not values:
        return None
    return [Row(names, _case(value, single=single)) for value in values]


def _argnames(node: ast.expr) -> tuple[tuple[str, ...], bool]:
    """The names, and whether the values stand alone instead of in tuples."""
    try:
        said = ast.literal_eval(node)
    except ValueError:
        return (), False
    names = tuple(name.strip() for name in said.split(",")) if isinstance(said, str) else tuple(said)
    return names, isinstance(said, str) and len(names) == 1


def _case(value: ast.expr, *, single: bool) -> ast.expr:
    """`pytest.param(1, 2)` as the tuple that it stands for; one with marks is unknown."""
    if isinstance(value, ast.Call) and dotted_name(value.func) == "pytest.param":
        if any(keyword.arg == "marks" for keyword in value.keywords):
            return ast.Name("", ast.Load())
        return value.args[0] if single and value.args else ast.Tuple(value.args, ast.Load())
    if not single and isinstance(value, ast.Tuple | ast.List) and len(value.elts) == 1:
        return value.elts[0]
    return value


def elements_of(node: ast.expr, scope: Scope) -> list[ast.expr]:
    """What a loop over this goes through; nothing where it is no literal, or too long."""
    if not isinstance(node, ast.List | ast.Tuple):
        try:
            closed = scope.close(node)
        except Unread:
            return []
        node = ast.Name("", ast.Load()) if closed.places else closed.expression
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Dict):
        table = node.func.value
        is_items = node.func.attr == "items" and all(table.keys)
        pairs = zip(filter(None, table.keys), table.values, strict=False)
        return [ast.Tuple([key, value], ast.Load()) for key, value in pairs] if is_items else []
    if isinstance(node, ast.Call) and dotted_name(node.func) == "range":
        return [ast.Constant(number) for number in _range(node)]
    found = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    return [] if len(found) > MOST_CASES or any(isinstance(one, ast.Starred) for one in found) else found


def _range(call: ast.Call) -> range:
    try:
        found = range(*map(ast.literal_eval, call.args))
    except (ValueError, TypeError):
        return range(0)
    return found if len(found) <= MOST_CASES else range(0)
