"""The mutation operators. Each is one kind of slip; `text.mutation` says what they may touch."""

import ast
import re
from collections.abc import Iterator, Sequence

from sterling.text.mutation import Code, Edit, operator

_ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.Div: ("/", "//"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "|"),
}
_OPPOSITE: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", ">"),
    ast.Gt: (">", "<"),
    ast.LtE: ("<=", ">="),
    ast.GtE: (">=", "<="),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
_BOUNDARY: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
}
_PAIRS = (
    "min max", "any all", "floor ceil", "startswith endswith", "lstrip rstrip", "lower upper", "find rfind",
    "index rindex", "partition rpartition", "split rsplit", "append appendleft", "pop popleft", "keys values",
    "isdigit isalpha", "ljust rjust", "union intersection", "bisect_left bisect_right", "match fullmatch",
)  # fmt: skip
_SIBLING = {a: b for pair in _PAIRS for a, b in (pair.split(), pair.split()[::-1])}
_LITERAL = re.compile(r"(?P<prefix>[rRbBuU]*)(?P<quote>'''|\"\"\"|'|\")(?P<body>.*)(?P=quote)", re.DOTALL)


# Operators between operands -------------------------------------------------------------------------------------------
@operator
def swapped_comparison(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`a < b` becomes `a > b`, `a == b` becomes `a != b`, `a in b` becomes `a not in b`."""
    yield from _comparison(code, node, _OPPOSITE)


@operator
def moved_boundary(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`a < b` becomes `a <= b`, and so on."""
    yield from _comparison(code, node, _BOUNDARY)


def _comparison(code: Code, node: ast.AST, table: dict[type[ast.cmpop], tuple[str, str]]) -> Iterator[Edit]:
    if isinstance(node, ast.Compare):
        for left, sign, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            if type(sign) in table:
                yield from code.between(left, right, *table[type(sign)])


@operator
def swapped_arithmetic(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`a + b` becomes `a - b`, `a // b` becomes `a / b`. Formatting with `%` is left alone."""
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_text(node.left):
        yield from code.between(node.left, node.right, *_ARITHMETIC[type(node.op)])


@operator
def swapped_update(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`a += b` becomes `a -= b`."""
    if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        sign, other = _ARITHMETIC[type(node.op)]
        yield from code.between(node.target, node.value, f"{sign}=", f"{other}=")


@operator
def swapped_logic(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`a and b` becomes `a or b`, and the other way round."""
    if isinstance(node, ast.BoolOp):
        sign, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from code.between(left, right, sign, other)


# Conditions -----------------------------------------------------------------------------------------------------------
@operator
def negated_condition(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`if a:` becomes `if not a:`. Comparisons have their own operator, and `not` is dropped rather than doubled."""
    tests: list[ast.expr] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    for test in tests:
        if not isinstance(test, ast.Compare | ast.Constant) and not _is_not(test):
            text = code.read(test)
            yield code.replace(test, f"not {text}" if _is_atom(test) else f"not ({text})")


@operator
def dropped_not(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`not a` becomes `a`."""
    if isinstance(node, ast.UnaryOp) and _is_not(node):
        yield code.replace(node, code.read(node).removeprefix("not").lstrip())


# Values ---------------------------------------------------------------------------------------------------------------
@operator
def off_by_one_constant(code: Code, node: ast.AST) -> Iterator[Edit]:
    """An integer becomes its neighbour."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield from (code.replace(node, str(n)) for n in (node.value + 1, node.value - 1) if n >= 0)


@operator
def flipped_boolean(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`True` becomes `False`."""
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield code.replace(node, str(not node.value))


@operator
def dropped_sign(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`-a` becomes `a`."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield code.replace(node, code.read(node).removeprefix("-").lstrip())


@operator
def changed_string(code: Code, node: ast.AST) -> Iterator[Edit]:
    """A string or bytes constant loses its last character; an empty one becomes a space."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        yield from _other_literal(code, node)


def _other_literal(code: Code, node: ast.Constant) -> Iterator[Edit]:
    found = _LITERAL.fullmatch(code.read(node))
    if found is None or not isinstance(node.value, str | bytes):
        return
    prefix, quote, body = found["prefix"], found["quote"], found["body"]
    if "\\" in body and "r" not in prefix.lower():
        yield code.replace(node, repr(node.value[:-1]))
    else:
        yield code.replace(node, f"{prefix}{quote}{body[:-1] if body else ' '}{quote}")


@operator
def wrong_variable(code: Code, node: ast.AST) -> Iterator[Edit]:
    """A variable becomes the one that was introduced after it; the last one becomes the first."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        names = code.variables(node)
        if node.id in names and len(names) > 1:
            yield code.replace(node, names[(names.index(node.id) + 1) % len(names)])


@operator
def changed_default(code: Code, node: ast.AST) -> Iterator[Edit]:
    """The default of a parameter becomes another value: a neighbour, the other truth value, 0 for None."""
    if isinstance(node, ast.arguments):
        for default in (*node.defaults, *node.kw_defaults):
            if isinstance(default, ast.Constant):
                yield from _other_default(code, default)


def _other_default(code: Code, default: ast.Constant) -> Iterator[Edit]:
    match default.value:
        case None:
            yield code.replace(default, "0")
        case bool(value):
            yield code.replace(default, str(not value))
        case int(value):
            yield code.replace(default, str(value + 1))
        case str() | bytes():
            yield from _other_literal(code, default)


# Positions ------------------------------------------------------------------------------------------------------------
@operator
def shifted_slice(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`a[i:j]` becomes `a[i + 1:j]` or `a[i:j - 1]`; `a[:]` becomes `a[1:]`. Constants have their own operator."""
    if not isinstance(node, ast.Slice):
        return
    start, end = code.span(node)
    if node.lower is None:
        yield Edit(start, start, "1")
    elif not _is_number(node.lower):
        yield code.replace(node.lower, _shifted(code, node.lower, "+"))
    if node.upper is not None and not _is_number(node.upper):
        yield code.replace(node.upper, _shifted(code, node.upper, "-"))
    elif node.upper is None and node.step is None and node.lower is not None:
        yield Edit(end, end, "-1")


@operator
def shifted_index(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`a[i]` becomes `a[i + 1]`, `a[i - 1]`."""
    index = node.slice if isinstance(node, ast.Subscript) else None
    if isinstance(index, ast.Name) and index.id in code.variables(index):
        yield from (code.replace(index, _shifted(code, index, sign)) for sign in "+-")


@operator
def shifted_range(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`range(n)` becomes `range(n + 1)` or `range(n - 1)`: the last step once more, or once less."""
    if isinstance(node, ast.Call) and _called(node) == "range" and node.args:
        stop = node.args[0] if len(node.args) == 1 else node.args[1]
        if not _is_number(stop) and not isinstance(stop, ast.Starred):
            yield from (code.replace(stop, _shifted(code, stop, sign)) for sign in "+-")


# Calls ----------------------------------------------------------------------------------------------------------------
@operator
def swapped_arguments(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`f(a, b)` becomes `f(b, a)`."""
    if not isinstance(node, ast.Call) or any(isinstance(a, ast.Starred) for a in node.args):
        return
    for left, right in zip(node.args, node.args[1:], strict=False):
        (start, left_end), (right_start, end) = code.span(left), code.span(right)
        gap = code.text[left_end:right_start].decode()
        yield Edit(start, end, code.read(right) + gap + code.read(left))


@operator
def sibling_call(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`min(a)` becomes `max(a)`, `a.lstrip()` becomes `a.rstrip()`: the other one of a pair."""
    if isinstance(node, ast.Call) and _called(node) in _SIBLING:
        _, end = code.span(node.func)
        name = _called(node)
        yield Edit(end - len(name.encode()), end, _SIBLING[name])


# Statements -----------------------------------------------------------------------------------------------------------
@operator
def swapped_jump(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`break` becomes `continue`, and the other way round."""
    if isinstance(node, ast.Break | ast.Continue):
        yield code.replace(node, "continue" if isinstance(node, ast.Break) else "break")


@operator
def dropped_return_value(code: Code, node: ast.AST) -> Iterator[Edit]:
    """`return a` becomes `return None`."""
    if isinstance(node, ast.Return) and node.value is not None:
        yield code.replace(node, "return None")


@operator
def deleted_statement(code: Code, node: ast.AST) -> Iterator[Edit]:
    """A call, an assignment, a jump or a guard's `raise` disappears; `pass` stands in for the last one of a block."""
    if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Raise | ast.Break | ast.Continue | ast.Delete):
        whole = code.lines(node) if code.block(node) > 1 else None
        yield whole or code.replace(node, "pass")


@operator
def dropped_handler(code: Code, node: ast.AST) -> Iterator[Edit]:
    """What an `except` clause does about an exception becomes `raise`."""
    if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[0], ast.Raise):
        yield _instead(code, node.body, "raise")


@operator
def dropped_finally(code: Code, node: ast.AST) -> Iterator[Edit]:
    """What a `finally` clause does becomes `pass`."""
    if isinstance(node, ast.Try) and node.finalbody:
        yield _instead(code, node.finalbody, "pass")


def _instead(code: Code, body: Sequence[ast.stmt], text: str) -> Edit:
    return Edit(code.span(body[0])[0], code.span(body[-1])[1], text)


# What nodes are -------------------------------------------------------------------------------------------------------
def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _is_atom(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _shifted(code: Code, node: ast.expr, sign: str) -> str:
    text = code.read(node)
    return f"{text} {sign} 1" if _is_atom(node) else f"({text}) {sign} 1"
