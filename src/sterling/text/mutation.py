"""Mutation operators: ways to break a Python function or class in one place, as edits of its text.

An operator looks at one node of the syntax tree and yields the edits by which it would break it. The text outside the
edit stays as it was, formatting and comments included. The docstring, annotations, decorators and the names in the
signature are never touched. After Jia and Harman, "An Analysis and Survey of the Development of Mutation Testing"
(2011); the classic operators of Offutt et al. and slips that people make in Python.

Not guaranteed: that an edit changes the behaviour. Equivalent mutants exist, and only execution tells them apart.
"""

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Edit(NamedTuple):
    """Bytes `start` to `end` of the UTF-8 text become `text`."""

    start: int
    end: int
    text: str


class Break(NamedTuple):
    """One edit that still parses and changes the syntax tree."""

    operator: str
    site: int
    """Number of the edit among those of its operator, in the order of the text."""
    edit: Edit


class Code:
    """The text of one function or class, or of a whole program, and where its nodes are in it."""

    def __init__(self, source: str, *, whole: bool = False) -> None:
        self.text = source.encode()
        tree = parse(source)
        self._root = tree if whole else _only_definition(tree)
        self._starts = [0]
        for line in self.text.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._blocks = dict(_block_sizes(self._root))
        scopes = [self._root] if isinstance(self._root, Function) else self._root.body if not whole else ast.walk(tree)
        self._scopes = [(scope, sorted(_assignments(scope))) for scope in scopes if isinstance(scope, Function)]

    def nodes(self) -> Iterator[ast.AST]:
        """Every node that may be broken."""
        if isinstance(self._root, Function):
            yield self._root.args
        for statement in self._root.body:
            yield from _below(statement)

    def block(self, node: ast.stmt) -> int:
        """How many statements stand in the block of this one, itself included."""
        return self._blocks[node]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """First byte and the one after the last."""
        last, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[last - 1] + end

    def read(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node as it was written."""
        start, end = self.span(node)
        return self.text[start:end].decode()

    def replace(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """The edit that puts `text` in the place of a node."""
        return Edit(*self.span(node), text)

    def between(self, left: ast.expr, right: ast.expr, token: str, text: str) -> Iterator[Edit]:
        """The edit that replaces the operator between two operands, unless a comment stands there, too."""
        start, end = self.span(left)[1], self.span(right)[0]
        gap = self.text[start:end].decode()
        found = re.search(r"\s+".join(map(re.escape, token.split())), gap)
        if found and "#" not in gap:
            yield Edit(start + found.start(), start + found.end(), text)

    def lines(self, node: ast.stmt) -> Edit | None:
        """The edit that removes a statement with its lines; None when it shares a line with another."""
        first, last = node.lineno, node.end_lineno or node.lineno
        start, end = self._starts[first - 1], self._starts[last]
        before, after = self.text[start : self.span(node)[0]], self.text[self.span(node)[1] : end]
        is_alone = not before.strip() and (not after.strip() or after.strip().startswith(b"#"))
        return Edit(start, end, "") if is_alone else None

    def variables(self, node: ast.Name) -> list[str]:
        """Parameters, and the local names that are assigned above the line of `node`."""
        for scope, assigned in self._scopes:
            if scope.lineno <= node.lineno <= (scope.end_lineno or scope.lineno):
                names = (name for line, name in assigned if line < node.lineno or line == scope.lineno)
                return list(dict.fromkeys(name for name in names if name not in {"self", "cls", "_"}))
        return []

    def apply(self, edit: Edit) -> str:
        """The text with the edit made."""
        return (self.text[: edit.start] + edit.text.encode() + self.text[edit.end :]).decode()


def parse(source: str) -> ast.Module:
    """The syntax tree, without the warnings that the text may deserve: they are not ours to give."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _only_definition(tree: ast.Module) -> Function | ast.ClassDef:
    if len(tree.body) == 1 and isinstance(tree.body[0], Function | ast.ClassDef):
        return tree.body[0]
    raise ValueError("the source is not one function or class")


def _below(node: ast.AST) -> Iterator[ast.AST]:
    # Positions of what is inside f-strings are wrong before Python 3.12; a bare constant is a docstring or a comment.
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    yield node
    for name, field in ast.iter_fields(node):
        if name not in {"annotation", "returns", "decorator_list", "type_params", "ctx"}:
            for child in field if isinstance(field, list) else [field]:
                if isinstance(child, ast.AST):
                    yield from _below(child)


def _block_sizes(root: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    for node in ast.walk(root):
        for _, field in ast.iter_fields(node):
            if isinstance(field, list):
                yield from ((child, len(field)) for child in field if isinstance(child, ast.stmt))


def _assignments(function: Function) -> Iterator[tuple[int, str]]:
    arguments = function.args
    parameters = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    yield from ((function.lineno, p.arg) for p in parameters if p is not None)
    inner: set[ast.AST] = set()
    for node in ast.walk(function):
        is_scope = isinstance(node, Function | ast.Lambda | ast.comprehension) and node is not function
        if is_scope or node in inner:
            inner.update(ast.iter_child_nodes(node))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


# The registry ---------------------------------------------------------------------------------------------------------
Operator = Callable[[Code, ast.AST], Iterator[Edit]]
"""From a node to the edits that break it."""
OPERATORS: dict[str, Operator] = {}
"""Every operator by its name, filled where they are defined (`text.operators`)."""


def operator(function: Operator) -> Operator:
    """Decorate an operator. Its name is what recipes, tags and reports call it."""
    OPERATORS[function.__name__] = function
    return function


@lru_cache(maxsize=256)
def breaks_of(source: str, *, whole: bool = False) -> tuple[Break, ...]:
    """Every break of a function or class, in the order of the text. Of two that give the same text, the first stays.

    ValueError or SyntaxError when the source is not exactly one of them, unless it is a `whole` program, of which
    everything may be broken.
    """
    code = Code(source, whole=whole)
    original = ast.dump(parse(source))
    found = (
        (edit, name) for node in code.nodes() for name, breaking in OPERATORS.items() for edit in breaking(code, node)
    )
    seen, sites, broken = {source}, dict.fromkeys(OPERATORS, 0), []
    for edit, name in sorted(found):
        text = code.apply(edit)
        if text not in seen and _differs(text, original):
            broken.append(Break(name, sites[name], edit))
            sites[name] += 1
        seen.add(text)
    return tuple(broken)


def _differs(text: str, original: str) -> bool:
    try:
        return ast.dump(parse(text)) != original
    except (SyntaxError, ValueError):
        return False


class Change(NamedTuple):
    """The lines that a break changed."""

    line: int
    """Of the broken text, 1 is the first."""
    before: str
    after: str

    def told(self) -> str:
        """`2 → 1`: what differs, word by word, without what both have at their beginning and end."""
        before, after = _WORD.findall(self.before), _WORD.findall(self.after)
        start = _shared(before, after)
        end = _shared(before[start:][::-1], after[start:][::-1])
        return " ".join([*before[start : len(before) - end], "→", *after[start : len(after) - end]])


_WORD = re.compile(r"\w+|[^\w\s]+")


def _shared(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def change_of(source: str, edit: Edit) -> Change:
    """The whole lines around an edit, before and after it."""
    data = source.encode()
    start = data.rfind(b"\n", 0, edit.start) + 1
    # A removed line ends with its newline; the line after it has not changed.
    end = edit.end if edit.end > start and data[edit.end - 1 : edit.end] == b"\n" else _line_end(data, edit.end)
    after = data[start : edit.start] + edit.text.encode() + data[edit.end : end]
    return Change(data.count(b"\n", 0, start) + 1, data[start:end].decode().rstrip(), after.decode().rstrip())


def _line_end(data: bytes, at: int) -> int:
    found = data.find(b"\n", at)
    return len(data) if found < 0 else found
