"""Examples of functions out of the assertions in test files, which are read as text: no line of them runs here.

Read are assertions about one function of the package whose arguments can be known without running the test: literals,
names that were bound to them before, the values of `pytest.mark.parametrize` and of loops over literals. What comes
after a statement of unknown effect is left out, and so is what a fixture, a patch or a condition may change.

Not guaranteed: that an example passes where its test does. A `setUp`, a fixture that applies by itself, or a plug-in
may have prepared something. The check `tests` tells, since it runs the original.
"""

import ast
import itertools
import math
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.sources.python_cases import MOST_CASES, Row, elements_of, table_of
from sterling.sources.python_claims import Example, assertions_in, claims_of, example_of
from sterling.sources.python_functions import Function, parse
from sterling.sources.python_names import Names, Place, flat
from sterling.sources.python_scope import Scope, Unread, dotted_name, stored_in

MOST_EXAMPLES = 100
"""Examples of one function that are taken from tests, the first ones: each is in every record about the function."""


class FromTests(NamedTuple):
    """What test files say of a package."""

    examples: dict[Place, list[dict[str, Any]]]
    faults: list[Fault]
    """One for each file with assertions that were not read, and for each that is no Python."""
    read: int
    """Assertions that became examples, each case of a loop or a parametrised test by itself."""
    unread: Counter[str]
    """The others by reason."""

    def told(self) -> str:
        """The numbers in a line."""
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in self.unread.most_common())
        total = self.read + self.unread.total()
        shown = f"{self.read:,} of {total:,} assertions are examples of {len(self.examples):,} functions"
        return f"{shown}; left out: {reasons}" if reasons else shown


def files_of_tests(given: str) -> list[Path]:
    """The Python files behind a file, a folder or a pattern. SourceError when there is none."""
    place = Path(given)
    fixed = next((n for n, part in enumerate(place.parts) if set(part) & set("*?[")), len(place.parts))
    root, pattern = Path(*place.parts[:fixed]), "/".join(place.parts[fixed:])
    found = root.glob(pattern) if pattern else place.rglob("*.py") if place.is_dir() else [place]
    files = sorted(file for file in found if file.suffix == ".py" and file.is_file())
    if not files:
        raise SourceError(
            "there are no Python files", where=given, mend="give `tests` the folder, or a pattern, of the test files"
        )
    return files


def read_tests(files: Sequence[Path], names: Names) -> FromTests:
    """All that is asserted in these files about documented functions, in the order of the files."""
    tested = FromTests({}, [], 0, Counter())
    for file in files:
        found = _in_file(file, names)
        if isinstance(found, Fault):
            tested.faults.append(found)
        else:
            tested = _joined(tested, file, found)
    return tested


def _joined(tested: FromTests, file: Path, found: Sequence[Example | Unread]) -> FromTests:
    unread = Counter(one.reason for one in found if isinstance(one, Unread))
    read = 0
    for one in found:
        if isinstance(one, Example):
            known = tested.examples.setdefault(one.place, [])
            example = one.as_reference()
            if example not in known and len(known) >= MOST_EXAMPLES:
                unread["more_than_enough"] += 1
                continue
            known += [] if example in known else [example]
            read += 1
    if unread:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in unread.most_common())
        told = f"{unread.total():,} of {read + unread.total():,} assertions are left out: {reasons}"
        tested.faults.append(Fault(str(file), "source", "unread_assertions", told))
    return tested._replace(read=tested.read + read, unread=tested.unread + unread)


def _in_file(file: Path, names: Names) -> list[Example | Unread] | Fault:
    try:
        with tokenize.open(file) as text:
            return list(_File(parse(text.read()), _package_of(file), names).examples())
    except OSError as error:
        return Fault(str(file), "source", "unreadable", str(error.strerror or error))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return Fault(f"{file}:{line}", "source", "bad_python", f"{type(error).__name__}: {error}"[:500])


def _package_of(file: Path) -> str:
    """The package that a test file lies in, for its relative imports; empty outside of packages."""
    parts: list[str] = []
    for folder in file.resolve().parents:
        if not (folder / "__init__.py").is_file():
            break
        parts.append(folder.name)
    return ".".join(reversed(parts))


class _File:
    """One test file."""

    def __init__(self, tree: ast.Module, package: str, names: Names) -> None:
        self._tree = tree
        self._package = package
        self._scope = Scope(names)

    def examples(self) -> Iterator[Example | Unread]:
        """The examples of its tests, and for each other assertion why it is none."""
        body = list(flat(self._tree.body))
        self._bind_constants(body)
        for node in body:
            yield from self._of(node)

    def _bind_constants(self, body: Sequence[ast.stmt]) -> None:
        bound = Counter(name for node in body for name in stored_in(node))
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._scope.learn(node, self._package)
            elif isinstance(node, ast.Assign) and len(node.targets) == 1:
                target = node.targets[0]
                is_constant = isinstance(target, ast.Name) and bound[target.id] == 1
                self._scope.bind(target, node.value) if is_constant else self._scope.forget(target)
            elif isinstance(node, Function | ast.ClassDef):
                self._scope.values[node.name] = None
            else:
                self._scope.forget(node)

    def _of(self, node: ast.stmt) -> Iterator[Example | Unread]:
        if isinstance(node, ast.ClassDef) and not node.decorator_list:
            for inner in node.body:
                yield from self._of(inner)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield from self._test(node)
        else:
            yield from _left_out(node, "outside_tests")

    def _test(self, node: ast.FunctionDef) -> Iterator[Example | Unread]:
        tables: list[Sequence[Row]] = []
        for decorator in node.decorator_list:
            table = table_of(decorator, self._scope)
            if table is None:
                yield from _left_out(node, "decorated")
                return
            tables += [table] if table else []
        given = {name for table in tables for name in table[0].names}
        wanted = {argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        if wanted - given - {"self", "cls"}:
            yield from _left_out(node, "fixture")
            return
        if math.prod(map(len, tables)) > MOST_CASES:
            yield from _left_out(node, "too_many_cases")
            return
        for rows in itertools.product(*tables):
            scope = self._scope.inner()
            for row in rows:
                row.enter(scope)
            yield from _Body(scope, self._package).read(node.body)


# Statements -----------------------------------------------------------------------------------------------------------
class _Body:
    """The statements of one test, in one case of its parameters."""

    def __init__(self, scope: Scope, package: str) -> None:
        self._scope = scope
        self._package = package
        self._left = MOST_CASES
        self._lost = False
        """Whether something has happened whose effect is unknown."""

    def read(self, body: Sequence[ast.stmt]) -> Iterator[Example | Unread]:
        """Statement by statement."""
        for statement in body:
            if self._lost:
                yield from _left_out(statement, "after_other_code")
            elif claims := claims_of(statement):
                for claim in claims:
                    yield claim if isinstance(claim, Unread) else self._tried(claim)
                self._scope.forget(statement)
            else:
                yield from self._other(statement)

    def _tried(self, claim: Any) -> Example | Unread:
        try:
            return example_of(claim, self._scope)
        except Unread as why:
            return why

    def _turns(self, loop: ast.For) -> list[ast.expr]:
        elements = elements_of(loop.iter, self._scope)
        if len(elements) > self._left:
            return []
        self._left -= len(elements)
        return elements

    def _other(self, statement: ast.stmt) -> Iterator[Example | Unread]:
        match statement:
            case ast.Import() | ast.ImportFrom():
                self._scope.learn(statement, self._package)
            case ast.Assign(targets=[ast.Name() | ast.Tuple() as target], value=value):
                self._scope.bind(target, value)
            case ast.AnnAssign(target=ast.Name() as target, value=value):
                self._scope.bind(target, value)
            case ast.AugAssign(target=ast.Name() as target):
                self._scope.forget(target)
            case ast.For(orelse=[]) if elements := self._turns(statement):
                for element in elements:
                    self._scope.bind(statement.target, element)
                    yield from self.read(statement.body)
            case ast.With(items=[ast.withitem(context_expr=ast.Call(func=func), optional_vars=None)]) if (
                dotted_name(func) == "self.subTest"
            ):
                yield from self.read(statement.body)
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._scope.values[statement.name] = None
                yield from _left_out(statement, "nested")
            case _:
                yield from _left_out(statement, "inside_block")
                self._scope.forget(statement)
                self._lost = any(map(_acts, ast.walk(statement)))


def _acts(node: ast.AST) -> bool:
    """Whether a statement may change more than names of the test, or decide whether what follows is run."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant) and not claims_of(node)
    is_store = isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
    return is_store or isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue | ast.Global | ast.Nonlocal)


def _left_out(tree: ast.AST, reason: str) -> Iterator[Unread]:
    yield from (Unread(reason) for statement in assertions_in(tree) for _ in claims_of(statement))
