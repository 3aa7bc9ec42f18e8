"""`{column}` and `{column.field}` in a text: which columns it names, and the text with their values in place."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from sterling.records import canonical_json

_NAME = re.compile(r"\{([a-z_][a-z0-9_]*)(?:\.([a-z_][a-z0-9_]*))?\}")
"""Braces around anything else, JSON for instance, stand for themselves."""
_SPELT = re.compile(r"([a-z_][a-z0-9_]*)(?:\.([a-z_][a-z0-9_]*))?")


class Reference(NamedTuple):
    """A column, or one field of it."""

    column: str
    field: str | None = None

    def __str__(self) -> str:
        return self.column if self.field is None else f"{self.column}.{self.field}"

    def value(self, row: Mapping[str, Any]) -> Any:
        """What a row has there. KeyError when it has nothing."""
        found = row[self.column]
        return found if self.field is None else found[self.field]


def spelt(text: str) -> Reference:
    """`column` or `column.field` as a recipe writes it; anything else is a column that there cannot be."""
    found = _SPELT.fullmatch(text)
    return Reference(found[1], found[2]) if found else Reference(text)


def named_in(text: str) -> tuple[Reference, ...]:
    """Every reference in braces, once, in order."""
    return tuple(dict.fromkeys(Reference(found[1], found[2]) for found in _NAME.finditer(text)))


def filled(text: str, row: Mapping[str, Any]) -> str:
    """The text with every reference replaced, once: braces in a value are left alone."""
    return _NAME.sub(lambda found: said(Reference(found[1], found[2]).value(row)), text)


def said(value: Any) -> str:
    """A value as text: what is no text as JSON."""
    return value if isinstance(value, str) else canonical_json(value)
