"""Expressions over columns, in the expression language of Jinja, in its sandbox: no attribute of Python is reached.

`price * 1.19 | round(2)`, `'Dear ' ~ buyer.name`, `'senior' if buyer.age >= 65 else 'adult'`. Filters take the place of
functions (`[a, b] | max`, `name | length`), and there is no chance in them. Not guaranteed: that one ends soon or needs
little memory; who writes a recipe is trusted with that.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.environment import TemplateExpression
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sterling.generate.columns.references import Reference
from sterling.records import canonical_json


class Failed(Exception):
    """An expression that has no value in this row, and why."""


class _Expressions(ImmutableSandboxedEnvironment):
    """Names are columns and nothing else; a column's field goes before a method of its value."""

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False)
        self.globals.clear()
        del self.filters["random"]

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute) if isinstance(obj, Mapping) else super().getattr(obj, attribute)


_EXPRESSIONS = _Expressions()


def problem_with(source: str) -> str | None:
    """Why this is no expression; None when it is one."""
    try:
        _compiled(source)
    except TemplateSyntaxError as error:
        return f"`{source}` is no expression: {error.message}"
    return None


def references(source: str) -> tuple[Reference, ...]:
    """Every column, and field of a column, that an expression reads. TemplateSyntaxError when it is none."""
    tree = _EXPRESSIONS.parse(f"{{{{ {source} }}}}")
    return tuple(dict.fromkeys(_read(tree)))


def evaluated(source: str, row: Mapping[str, Any]) -> Any:
    """Its value in a row, as a JSON value. Failed when there is none."""
    try:
        value = _compiled(source)(dict(row))
        canonical_json(value)
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise Failed(f"`{source}`: {type(error).__name__}: {error}"[:300]) from None
    if isinstance(value, Undefined):
        raise Failed(f"`{source}` has no value in this row")
    return value


@cache
def _compiled(source: str) -> TemplateExpression:
    return _EXPRESSIONS.compile_expression(source, undefined_to_none=False)


def _read(tree: nodes.Template) -> Iterator[Reference]:
    inner = {id(part.node): part.attr for part in tree.find_all(nodes.Getattr) if isinstance(part.node, nodes.Name)}
    for name in tree.find_all(nodes.Name):
        yield Reference(name.name, inner.get(id(name)))
