"""Mistakes of an environment that can be seen without running it: types of a schema, and names that nothing defines."""

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
"""What JSON Schema knows as `type`."""
_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_ALONE = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")
_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")


def strange_types(schema: Any) -> Iterator[Any]:
    """Every `type` in a JSON Schema, and in the schemas within it, that is none."""
    if not isinstance(schema, Mapping):
        return
    said = schema.get("type", [])
    yield from (one for one in (said if isinstance(said, list | tuple) else [said]) if one not in TYPES)
    for inner in _inner(schema):
        yield from strange_types(inner)


def defined_in(code: str) -> frozenset[str]:
    """Names that a module defines, imports or assigns. SyntaxError or ValueError where it is no Python."""
    symbols = symtable.symtable(code, "<code>", "exec").get_symbols()
    return frozenset(one.get_name() for one in symbols if one.is_assigned() or one.is_imported() or one.is_namespace())


def unknown_names(expression: str, known: Iterable[str]) -> list[str]:
    """Names that a Python expression reads, and that are neither known, nor its own, nor built in."""
    nodes = list(ast.walk(ast.parse(expression.strip(), mode="eval")))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return sorted({node.id for node in names} - own - set(known) - set(dir(builtins)))


def _inner(schema: Mapping[str, Any]) -> Iterator[Any]:
    """The schemas within, not what stands under `enum`, `const`, `default` or `examples`."""
    for key in _BY_NAME:
        if isinstance(found := schema.get(key), Mapping):
            yield from found.values()
    yield from (schema[key] for key in _ALONE if key in schema)
    for key in _SEVERAL:
        if isinstance(found := schema.get(key), list | tuple):
            yield from found
