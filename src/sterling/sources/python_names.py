"""What a dotted name means in a package, read from the text of its files: re-exports are followed, nothing is imported.

What is made at run time (`f = curry(g)`, a lazy `__getattr__`) means nothing here.
"""

import ast
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from sterling.sources.python_functions import Function, definitions, documented, parse
from sterling.sources.python_modules import Module


class Place(NamedTuple):
    """A function of a package."""

    module: str
    qualname: str


class Names:
    """The functions of a package by every dotted name that leads to them. A file is parsed when a name leads there."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._surfaces = {module.name: _Surface(module) for module in modules}
        self._found: dict[str, Place | None] = {}

    def find(self, dotted: str) -> Place | None:
        """The function or method that is meant; None where it is none, or where the text does not tell."""
        if dotted not in self._found:
            self._found[dotted] = None  # the answer to whoever asks in a circle
            self._found[dotted] = self._looked_up(dotted.split("."))
        return self._found[dotted]

    def _looked_up(self, parts: Sequence[str]) -> Place | None:
        for cut in range(len(parts) - 1, 0, -1):
            surface = self._surfaces.get(".".join(parts[:cut]))
            if surface is not None:
                return self._on(surface, parts[cut:])
        return None

    def _on(self, surface: "_Surface", parts: Sequence[str]) -> Place | None:
        name, qualname = parts[0], ".".join(parts)
        if name in surface.assigned:
            return None
        if qualname in surface.functions:
            return Place(surface.module.name, qualname)
        if name in surface.imports:
            return self.find(".".join([surface.imports[name], *parts[1:]]))
        return next(filter(None, (self.find(f"{star}.{qualname}") for star in surface.stars)), None)

    def binds(self, module: str, name: str) -> bool:
        """Whether a module gives a meaning of its own to a name that is a builtin elsewhere."""
        surface = self._surfaces[module]
        return name in surface.assigned | surface.defined or name in surface.imports

    def is_documented(self, place: Place) -> bool:
        """Whether the source has an item for this function."""
        return place.qualname in self._surfaces[place.module].documented


class _Surface:
    """What one module offers by name."""

    def __init__(self, module: Module) -> None:
        self.module = module

    @cached_property
    def _text(self) -> str:
        try:
            with tokenize.open(self.module.file) as file:
                text = file.read()
            parse(text)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return ""  # the source has a fault for this file
        return text

    @cached_property
    def _body(self) -> list[ast.stmt]:
        return list(flat(parse(self._text).body))

    @cached_property
    def functions(self) -> frozenset[str]:
        found = definitions(parse(self._text).body, "")
        return frozenset(name for name, node in found if isinstance(node, Function))

    @cached_property
    def documented(self) -> frozenset[str]:
        return frozenset(found.qualname for found in documented(self._text))

    @cached_property
    def defined(self) -> frozenset[str]:
        return frozenset(node.name for node in self._body if isinstance(node, Function | ast.ClassDef))

    @cached_property
    def assigned(self) -> frozenset[str]:
        targets = (target for node in self._body if isinstance(node, ast.Assign) for target in node.targets)
        return frozenset(target.id for target in targets if isinstance(target, ast.Name))

    @cached_property
    def _imported(self) -> list[tuple[str, str]]:
        is_package = self.module.file.name == "__init__.py"
        package = self.module.name if is_package else self.module.name.rpartition(".")[0]
        return [pair for node in self._body for pair in imported(node, package)]

    @cached_property
    def imports(self) -> dict[str, str]:
        return {local: dotted for local, dotted in self._imported if local != "*"}

    @cached_property
    def stars(self) -> list[str]:
        return [dotted for local, dotted in self._imported if local == "*"][::-1]


def flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, also those under `if`, `try` and `with`, of which one branch or another runs."""
    for node in body:
        if isinstance(node, ast.If):
            yield from flat(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            handled = [statement for handler in node.handlers for statement in handler.body]
            yield from flat(node.body + handled + node.orelse + node.finalbody)
        elif isinstance(node, ast.With):
            yield from flat(node.body)
        else:
            yield node


def imported(node: ast.stmt, package: str) -> Iterator[tuple[str, str]]:
    """The names that an import statement binds, each with what it stands for; `*` for all of a module.

    `package` is where a relative import starts: the importing module's own package.
    """
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (first, first)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        origin = ".".join([*filter(None, above), *([node.module] if node.module else [])])
        for alias in node.names:
            yield (alias.asname or alias.name, origin if alias.name == "*" else f"{origin}.{alias.name}")
