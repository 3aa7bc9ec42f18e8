"""Tests whose asserts are plain data, read instead of run: what is called, and what is said of the answers.

Such tests need no process of their own: the candidate's answers come out as plain data, and what is said of them is a
comparison that can be made outside. Only what means the same when it is read is read: the verdict is the one that
`run_tests` would give. For anything else `claims_of` is None.
"""

import ast
import copy
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sterling.sandbox import Answer

Action = Callable[[Any, Any], Any]
_COMPARES: dict[type[ast.cmpop], Action] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_SUMS: dict[type[ast.operator], Action] = {ast.Add: operator.add, ast.Sub: operator.sub}
_ARITHMETIC: dict[type[ast.operator], Action] = {
    **_SUMS,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[[Any], object]] = {"abs": abs, "len": len}
_WORD = 1 << 64
_DEEPEST = 200

BUILTIN = " and ".join(f"{name} is __import__('builtins').{name}" for name in _FUNCTIONS)
"""An expression that is true in a namespace where the functions that claims use are Python's own."""

Value = Callable[[Sequence[object]], object]
"""An expression as a function of the answers that the calls in it got."""
Call = tuple[list[Any], dict[str, Any]]


class Claim(NamedTuple):
    """One assert: the calls in it, in the order in which Python makes them, and what is said of their answers."""

    calls: tuple[Call, ...]
    holds: Value
    line: int
    said: str
    """The assert's condition as source text."""
    message: str = ""
    """Its message, where that is a constant."""


def claims_of(tests: str, entry_point: str) -> tuple[Claim, ...] | None:
    """The asserts of `tests` in the order of their execution, or None where they cannot be read as plain data."""
    try:
        read = _Reader(entry_point).module(ast.parse(tests).body)
    except (_NotPlain, SyntaxError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError):
        return None
    return tuple(claim for claim in read if claim.calls) or None


class _NotPlain(Exception):
    """Something that must be run to know what it means."""


class _Reader:
    """Reads the statements of one test module."""

    def __init__(self, entry_point: str) -> None:
        if entry_point in {"check", *_FUNCTIONS} or not entry_point.isidentifier():
            raise _NotPlain
        self._entry = entry_point
        self._check: list[Claim] | None = None

    def module(self, body: Sequence[ast.stmt]) -> list[Claim]:
        """The asserts at top level, then those of `check`, which is called at the end."""
        claims: list[Claim] = []
        for statement in body:
            if isinstance(statement, ast.FunctionDef):
                self._define(statement)
            elif self._is_call_of_check(statement):
                claims += self._check or []
            else:
                claims += self._statement(statement, {self._entry})
        return claims + (self._check or [])

    def _define(self, node: ast.FunctionDef) -> None:
        arguments = node.args
        others = (*arguments.posonlyargs, *arguments.kwonlyargs, *arguments.defaults, *arguments.kw_defaults)
        plain = not (others or arguments.vararg or arguments.kwarg or node.decorator_list or node.returns)
        if node.name != "check" or self._check is not None or not plain or len(arguments.args) != 1:
            raise _NotPlain
        name = arguments.args[0]
        if name.annotation is not None or name.arg in _FUNCTIONS:
            raise _NotPlain
        names = {name.arg, self._entry}
        self._check = [claim for statement in node.body for claim in self._statement(statement, names)]

    def _is_call_of_check(self, node: ast.stmt) -> bool:
        match node:
            case ast.Expr(ast.Call(ast.Name("check"), [ast.Name(name)], [])):
                return name == self._entry and self._check is not None
        return False

    def _statement(self, node: ast.stmt, names: set[str]) -> list[Claim]:
        match node:
            case ast.Assert():
                return [_Assertion(names).read(node)]
            case ast.Pass() | ast.Expr(ast.Constant()):
                return []
            case ast.Assign([ast.Name(name)], value) if name not in {*names, "check", *_FUNCTIONS}:
                _constant(value)
                return []
        raise _NotPlain


@dataclass
class _Assertion:
    """Reads one assert."""

    names: set[str]
    """What the candidate is called here."""
    calls: list[Call] = field(default_factory=list)

    def read(self, node: ast.Assert) -> Claim:
        """The claim. A message is not worked out: Python does so after the assert has failed."""
        holds = self._value(node.test, _DEEPEST)
        if not self.calls and not holds(()):
            raise _NotPlain  # it fails, whatever the candidate is
        message = str(node.msg.value) if isinstance(node.msg, ast.Constant) else ""
        return Claim(tuple(self.calls), holds, node.lineno, ast.unparse(node.test), message)

    def _value(self, node: ast.expr, depth: int) -> Value:
        match node:
            case ast.Call(ast.Name(name), arguments, keywords) if name in self.names:
                return self._call(arguments, keywords)
            case ast.Call(ast.Name(name), [argument], []) if name in _FUNCTIONS and depth:
                return _applied(_FUNCTIONS[name], self._value(argument, depth - 1))
            case ast.UnaryOp(ast.Not(), operand) if depth:
                return _applied(operator.not_, self._value(operand, depth - 1))
            case ast.Compare(left, [sign], [right]) if depth:
                _compares_by_value(sign, left, right)
                return self._pair(_COMPARES[type(sign)], left, right, depth)
            case ast.BinOp(left, sum_, right) if type(sum_) in _SUMS and depth and _numeric(left, right):
                return self._pair(_SUMS[type(sum_)], left, right, depth)
        value = _constant(node)
        return lambda _: value

    def _pair(self, action: Action, left: ast.expr, right: ast.expr, depth: int) -> Value:
        one, other = self._value(left, depth - 1), self._value(right, depth - 1)
        return lambda answers: action(one(answers), other(answers))

    def _call(self, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Value:
        names = [it.arg for it in keywords]
        if None in names or len(set(names)) < len(names):
            raise _NotPlain
        values = {str(it.arg): _constant(it.value) for it in keywords}
        self.calls.append(([_constant(it) for it in arguments], values))
        number = len(self.calls) - 1
        return lambda answers: answers[number]


class _Sums(ast.NodeTransformer):
    """Works out arithmetic with numbers as large as a machine word."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """The number that a sum of two numbers is."""
        match self.generic_visit(node):
            case ast.BinOp(ast.Constant(int() | float() as one), sign, ast.Constant(int() | float() as other)):
                if type(sign) not in _ARITHMETIC or max(abs(one), abs(other)) > _WORD:
                    raise _NotPlain
                if isinstance(sign, ast.Pow) and abs(other) > 32:
                    raise _NotPlain
                return ast.copy_location(ast.Constant(_ARITHMETIC[type(sign)](one, other)), node)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """A number below nought."""
        match self.generic_visit(node):
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
                return ast.copy_location(ast.Constant(-value), node)
        return node


def _constant(node: ast.expr) -> Any:
    """The value of a literal in which numbers may be written as sums: `[2 / 3, 2 * 57]`."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.literal_eval(_Sums().visit(copy.deepcopy(node)))


def _applied(action: Callable[[Any], object], value: Value) -> Value:
    return lambda answers: action(value(answers))


def _compares_by_value(sign: ast.cmpop, left: ast.expr, right: ast.expr) -> None:
    """Identity is read only with what there is one of."""
    if isinstance(sign, ast.Is | ast.IsNot) and not any(
        isinstance(it, ast.Constant) and (it.value is None or isinstance(it.value, bool)) for it in (left, right)
    ):
        raise _NotPlain


def _numeric(left: ast.expr, right: ast.expr) -> bool:
    """Whether one side is a number: then a sum of them is never large."""
    for node in (left, right):
        try:
            if type(_constant(node)) in (int, float):
                return True
        except (ValueError, TypeError):
            continue
    return False


class Hearing:
    """Compares answers with claims as they come, and stops at the first claim that does not hold."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self.passed = 0
        self.failure: str | None = None
        self.got: list[str] = []
        """Displays of the answers of the assert that did not hold."""
        self._claims = claims
        self._answers: list[object] = []

    def heed(self, number: int, answer: Answer) -> bool:
        """Take the next answer; False when the matter is decided."""
        claim = self._claims[self.passed]
        if answer.kind == "raised":
            return self._fail(raised(answer), claim)
        self._answers.append(object() if answer.kind == "iterator" else answer.value)
        if len(self._answers) < len(claim.calls):
            return True
        answers, self._answers = self._answers, []
        try:
            held = bool(claim.holds(answers))
        except Exception as mishap:  # noqa: BLE001 - a comparison of what does not compare
            return self._fail(f"{type(mishap).__name__}: {mishap}", claim)
        if not held:
            self.got = [repr(it) for it in answers]
            return self._fail(f"AssertionError: {claim.message}" if claim.message else "AssertionError", claim)
        self.passed += 1
        return self.passed < len(self._claims)

    def _fail(self, what: str, claim: Claim) -> bool:
        self.failure = f"{what} (tests, line {claim.line})"
        return False


def raised(answer: Answer) -> str:
    """`ValueError: message`, as the last line of a traceback has it."""
    if not answer.arguments:
        return answer.raised
    first = answer.arguments[0] if len(answer.arguments) == 1 else answer.arguments
    return f"{answer.raised}: {first if isinstance(first, str) and answer.raised != 'KeyError' else repr(first)}"
