"""Builds the namespace in which a program's examples, expressions and calls are evaluated.

Runs inside the sandbox, loaded by path: standard library only. Nothing here is trusted by anyone outside.
"""

import __future__

import ast
import importlib
import sys
import types
from collections.abc import Mapping
from typing import Any

CANDIDATE = "candidate"
"""`__name__` of a program without a module. Not `__main__`: its own main block is not part of the question."""


def load(source: str, module: str | None, replaces: str | None, paths: tuple[str, ...]) -> dict[str, Any]:
    """Execute a program. What it raises goes through to the caller."""
    if module is None:
        return execute(compile(source, "<candidate>", "exec", dont_inherit=True), CANDIDATE, paths)
    sys.path[:0] = paths
    real = importlib.import_module(module)
    if source and replaces:
        _replace(real, replaces, source)
    elif source:
        exec(_compiled(source, real.__dict__), real.__dict__)  # noqa: S102
    # A copy, as doctest's globals are: an example that assigns a name does not change the module.
    return real.__dict__.copy()


def execute(code: types.CodeType, name: str, paths: tuple[str, ...]) -> dict[str, Any]:
    """Execute a program as a module of this name. What it raises goes through to the caller."""
    sys.path[:0] = paths
    space = _fresh(name).__dict__
    exec(code, space)  # noqa: S102 - what the sandbox is for
    return space


def future_flags(space: Mapping[str, Any]) -> int:
    """The compiler flags of the `from __future__` imports that this namespace has seen, as doctest computes them."""
    flags = 0
    for name in __future__.all_feature_names:
        feature: __future__._Feature = getattr(__future__, name)
        if space.get(name) is feature:
            flags |= int(feature.compiler_flag)
    return flags


def resolve(space: Mapping[str, Any], qualified: str) -> Any:
    """What a dotted name means in this namespace; NameError or AttributeError where it means nothing."""
    first, *rest = qualified.split(".")
    if first not in space:
        raise NameError(f"name {first!r} is not defined")
    found = space[first]
    for name in rest:
        found = getattr(found, name)
    return found


def _fresh(name: str) -> types.ModuleType:
    # Registered, so that dataclasses and typing find the names that the program's classes refer to.
    module = types.ModuleType(name)
    sys.modules[name] = module
    return module


def _compiled(tree: str | ast.Module, space: Mapping[str, Any]) -> types.CodeType:
    code = compile(tree, "<candidate>", "exec", flags=future_flags(space), dont_inherit=True)
    assert isinstance(code, types.CodeType)  # noqa: S101 - no flag asks for a tree
    return code


def _replace(module: types.ModuleType, qualified: str, source: str) -> None:
    *owners, name = qualified.split(".")
    space = module.__dict__
    tree = ast.parse(source, "<candidate>")
    wanted = [node for node in tree.body if _defines(node, name)]
    if not wanted:
        raise NameError(f"the source does not define {name!r}")
    if not owners:
        exec(_compiled(tree, space), space)  # noqa: S102
        return
    rest = ast.Module([node for node in tree.body if node not in wanted], [])
    exec(_compiled(rest, space), space)  # noqa: S102
    owner = resolve(space, ".".join(owners))
    setattr(owner, name, _in_class(owner, wanted, space)[name])


def _defines(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name == name
    return isinstance(node, ast.Assign) and any(isinstance(it, ast.Name) and it.id == name for it in node.targets)


class _Shell:
    """Stands as the metaclass of a class statement that yields an existing class and keeps the names it defined.

    So the new definition sees what it would see inside the class: private names, `super()`, and the other attributes
    that a decorator such as `@name.setter` refers to.
    """

    def __init__(self, owner: type) -> None:
        self.owner = owner
        self.body = dict(vars(owner))

    def __prepare__(self, name: str, bases: tuple[type, ...]) -> dict[str, Any]:
        return self.body

    def __call__(self, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        cell = body.get("__classcell__")
        if cell is not None:
            cell.cell_contents = self.owner
        return self.owner


def _in_class(owner: type, body: list[ast.stmt], space: dict[str, Any]) -> dict[str, Any]:
    """The attributes of the class after these statements have run in its body. The class itself is not changed."""
    tree = ast.parse(f"class {owner.__name__}(metaclass=shell): pass")
    statement = tree.body[0]
    assert isinstance(statement, ast.ClassDef)  # noqa: S101 - it was written two lines above
    statement.body = body
    shell = _Shell(owner)
    exec(_compiled(tree, space), space, {"shell": shell})  # noqa: S102
    return shell.body
