"""Expressions of a test as they would be typed into the tested module: names replaced by what they are bound to.

An expression is closed when it needs nothing but builtins and functions of one module of the package.
"""

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

from sterling.sources.python_names import Names, Place, imported

BUILTINS = frozenset(
    {
        *("abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr", "complex", "dict"),
        *("divmod", "enumerate", "filter", "float", "format", "frozenset", "hex", "int", "isinstance", "issubclass"),
        *("iter", "len", "list", "map", "max", "min", "next", "object", "oct", "ord", "pow", "range", "repr"),
        *("reversed", "round", "set", "slice", "sorted", "str", "sum", "tuple", "type", "zip"),
        *("ArithmeticError", "AttributeError", "Exception", "IndexError", "KeyError", "LookupError", "NameError"),
        *("NotImplemented", "OverflowError", "RuntimeError", "StopIteration", "TypeError", "ValueError"),
        "ZeroDivisionError",
    }
)
"""What a closed expression may use: no files, no input, no text that is executed, nothing of the interpreter."""
_LOOK = frozenset({"len", "isinstance", "repr", "str", "bool", "callable", "type"})
"""Builtins that take nothing out of their argument, even if it is an iterator."""
_CHANGE = frozenset(
    {
        *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse"),
        *("setdefault", "sort", "update"),
    }
)
_OPEN = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_ANEW = frozenset({"range", "set", "frozenset", "tuple", "list", "dict", "str", "bytes", "int", "float", "complex"})
"""Builtins that give an equal value each time that they are called with the same literals."""


class Unread(Exception):
    """An assertion, or a part of it, that cannot be read; the reason in snake_case."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Closed(NamedTuple):
    """An expression in which no name of the test file is left."""

    expression: ast.expr
    places: tuple[Place, ...] = ()
    """Functions of the package that it uses, in the order of the text."""
    builtins: frozenset[str] = frozenset()

    @property
    def once(self) -> bool:
        """Whether to evaluate it twice may be something else than to use its value twice."""
        inside = ast.walk(self.expression)
        return any(isinstance(node, ast.GeneratorExp) or _is_call(node) for node in inside)


def _is_call(node: ast.AST) -> bool:
    is_anew = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ANEW
    return isinstance(node, ast.Call) and not is_anew


class Scope:
    """What names mean at one line of a test."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.imports: dict[str, str] = {}
        self.stars: list[str] = []
        self.values: dict[str, Closed | None] = {}
        """What a name is bound to; None where nobody can say without running the test."""

    def inner(self) -> "Scope":
        """A scope that begins with all that is known here, and keeps what it learns to itself."""
        other = Scope(self.names)
        other.imports, other.stars, other.values = dict(self.imports), list(self.stars), dict(self.values)
        return other

    def learn(self, node: ast.Import | ast.ImportFrom, package: str) -> None:
        """Take the names of an import; `package` is the one that the test file lies in, as far as it lies in one."""
        for local, dotted in imported(node, package):
            if local == "*":
                self.stars.insert(0, dotted)
            else:
                self.imports[local] = dotted
                self.values.pop(local, None)

    def bind(self, target: ast.expr, value: ast.expr | None) -> None:
        """Bind a name, or names to the parts of a tuple. Whatever is not understood is bound to the unknown."""
        if isinstance(target, ast.Name):
            self.values[target.id] = self._tried(value)
            return
        targets = target.elts if isinstance(target, ast.Tuple | ast.List) else []
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        whole = len(targets) == len(parts) and not any(isinstance(one, ast.Starred) for one in [*targets, *parts])
        if whole and targets:
            for one, part in zip(targets, [self._settled(part) for part in parts], strict=True):
                self.bind(one, part)
        else:
            self.forget(target)

    def forget(self, tree: ast.AST) -> None:
        """The names that a statement binds mean nothing any more."""
        for name in stored_in(tree):
            self.values[name] = None

    def close(self, expression: ast.expr) -> Closed:
        """The expression with all names replaced. Unread where that cannot be done."""
        return _Closing(self).of(expression)

    def meaning(self, dotted: str) -> Place | None:
        """The function of the package that a dotted name of the test file stands for."""
        first, _, rest = dotted.partition(".")
        if first in self.imports:
            return self.names.find(".".join(filter(None, [self.imports[first], rest])))
        return next(filter(None, (self.names.find(f"{star}.{dotted}") for star in self.stars)), None)

    def _tried(self, value: ast.expr | None) -> Closed | None:
        try:
            return None if value is None else self.close(value)
        except Unread:
            return None

    def _settled(self, value: ast.expr) -> ast.expr:
        closed = self._tried(value)
        return value if closed is None or closed.places else closed.expression


class _Closing(ast.NodeTransformer):
    """One expression on its way to being closed."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._places: list[Place] = []
        self._builtins: set[str] = set()
        self._inner: frozenset[str] = frozenset()
        self._looked_at: frozenset[int] = frozenset()
        self._repeated: frozenset[int] = frozenset()

    def of(self, expression: ast.expr) -> Closed:
        self._inner = frozenset(_inner_names(expression))
        if self._inner & (self._scope.values.keys() | self._scope.imports.keys() | BUILTINS):
            raise Unread("shadowed_name")
        if any(isinstance(node, _OPEN) for node in ast.walk(expression)):
            raise Unread("unsupported_form")
        own = copy.deepcopy(expression)
        self._looked_at = frozenset(map(id, [own, *_looked_at(own)]))
        self._repeated = frozenset(map(id, _repeated(own)))
        closed = self.visit(own)
        return Closed(closed, tuple(self._places), frozenset(self._builtins))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        name = node.id
        if name in self._inner:
            return node
        if name in self._scope.values:
            return self._bound(name, id(node))
        place = self._scope.meaning(name)
        if place is not None:
            return self._placed(place)
        if name in self._scope.imports or name not in BUILTINS:
            raise Unread("unknown_name")
        self._builtins.add(name)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        dotted = dotted_name(node)
        first = dotted.partition(".")[0]
        if dotted and first not in self._scope.values and first not in self._inner:
            place = self._scope.meaning(dotted)
            if place is not None:
                return self._placed(place)
        changed = node.value.id if isinstance(node.value, ast.Name) and node.attr in _CHANGE else None
        visited = self.generic_visit(node)
        if changed in self._scope.values:
            self._scope.values[changed] = None
        return visited

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        spread = [part for argument in node.args for part in _spread(argument)]
        return ast.Call(node.func, spread, node.keywords)

    def _bound(self, name: str, node: int) -> ast.expr:
        value = self._scope.values[name]
        if value is None:
            raise Unread("unknown_name")
        if value.once and node in self._repeated:
            raise Unread("evaluated_again")
        if value.once and node not in self._looked_at:
            self._scope.values[name] = None  # an iterator that was handed on has nothing left
        self._places += value.places
        self._builtins |= value.builtins
        return copy.deepcopy(value.expression)

    def _placed(self, place: Place) -> ast.expr:
        self._places.append(place)
        return ast.parse(place.qualname, mode="eval").body


def _looked_at(tree: ast.expr) -> Iterator[ast.expr]:
    """Parts of an expression out of which nothing is taken, even if they are iterators."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            yield from (node.left, *node.comparators)
        elif isinstance(node, ast.Subscript):
            yield node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _LOOK:
            yield from node.args


def _repeated(tree: ast.expr) -> Iterator[ast.AST]:
    """Parts of an expression that are evaluated any number of times."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            yield from ast.walk(node)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            first = {id(part) for part in ast.walk(node.generators[0].iter)}
            yield from (part for part in ast.walk(node) if id(part) not in first)


def _spread(argument: ast.expr) -> list[ast.expr]:
    """`*[1, 2]` as the two arguments that it is."""
    if isinstance(argument, ast.Starred) and isinstance(argument.value, ast.List | ast.Tuple):
        return argument.value.elts
    return [argument]


def dotted_name(node: ast.expr) -> str:
    """`a.b.c` of attributes of a name; empty for every other expression."""
    if isinstance(node, ast.Name):
        return node.id
    before = dotted_name(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else ""


def stored_in(tree: ast.AST) -> Iterator[str]:
    """Names that a statement binds where it stands, and not inside a function or comprehension of its own."""
    if isinstance(tree, ast.Name) and not isinstance(tree.ctx, ast.Load):
        yield tree.id
    elif isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield tree.name
    elif not isinstance(tree, _OWN_NAMES):
        yield from (name for child in ast.iter_child_nodes(tree) for name in stored_in(child))


_OWN_NAMES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _inner_names(tree: ast.expr) -> Iterator[str]:
    """Parameters of lambdas and targets of comprehensions in an expression."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
