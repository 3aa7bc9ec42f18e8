"""`python_package`: documented functions of Python packages as training examples with executable oracles.

Signature + docstring are the prompt, the human body is the completion, and the docstring's own examples (if any) are
the reference, with those that test files hold. All of it is read as text; no line of it runs here.
"""

import os
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.registry import Item, Source, register
from sterling.sources.python_functions import Documented, documented
from sterling.sources.python_modules import (
    Facts,
    Module,
    folder_facts,
    in_folder,
    installed,
    installed_facts,
    standard_library,
)
from sterling.sources.python_names import Names, Place
from sterling.sources.python_tests import FromTests, files_of_tests, read_tests

Example = Mapping[str, Any]


@register("source", "python_package")
class PythonPackage(Source):
    """The documented functions of packages that are installed here, of a folder of Python files, or of both.

    Payload: `prompt` (decorators, signature, docstring) and `completion` (body); together they are the original text
    of the function or method, moved to column 0. Those whose docstring holds examples get a `reference` of doctest
    `examples`, and so do classes, which are taken for their examples only; whether the examples pass on this machine
    is for the check `tests` to say. The row is `module.qualname`; a redefinition gets the suffix
    `#2`. With `tests`, assertions about a function become examples of it as well, behind those of its docstring;
    `sources.python_tests` says which are read, and a fault for each file how many are not, and why.

    What is not seen: functions made at run time, in C, or inside other functions. `sources.python_functions` says
    what is left out by design. A file that cannot be decoded or parsed is one fault.
    """

    packages: list[str] = Field(default=[])
    """Importable names, taken with their submodules; `stdlib` is every public module of the standard library."""
    path: str | None = None
    """A folder of Python files: a package, or the folder it lies in."""
    tests: str | None = None
    """Test files of what is read: a folder, a file or a pattern. They are never run."""
    invisible: Literal["strip", "keep"] = "keep"
    """Program text stays as it is: a string that holds such a character would be another string."""
    split_by: Literal["function", "module", "package"] = "module"
    """What belongs together and gets one role as a whole."""

    @model_validator(mode="after")
    def _has_something_to_read(self) -> "PythonPackage":
        if not self.packages and self.path is None:
            raise ValueError("nothing to read: give `packages`, for instance `[stdlib]`, or `path`, a folder")
        return self

    def read(self) -> Iterator[Item | Fault]:
        """Every documented function, module by module in alphabetical order, in the order of each file."""
        modules = self._modules()
        tested = self._tested(modules)
        for module in modules:
            yield from self._items(module, tested.examples)
        yield from tested.faults

    def reads(self) -> Sequence[str]:
        """Every file of every package and of its tests, since each decides what is read."""
        tests = [] if self.tests is None else files_of_tests(self.locate(self.tests))
        return [*(str(module.file) for module in self._modules()), *map(str, tests)]

    def facts(self) -> Mapping[str, str]:
        """`version` of what was read, by name; `licence` where every part states one, joined by AND.

        With `tests`, how many of their assertions were read.
        """
        found = {name: installed_facts(name) for name in self._names()}
        if self.path is not None:
            found[self.path] = folder_facts(Path(self.locate(self.path)))
        versions = sorted({_version(name, facts) for name, facts in found.items()})
        licences = {facts.licence for facts in found.values()}
        stated = {} if None in licences else {"licence": " AND ".join(sorted(filter(None, licences)))}
        told = {} if self.tests is None else {"tests": self._tested(self._modules()).told()}
        return {"version": ", ".join(versions), **stated, **told}

    def _tested(self, modules: Sequence[Module]) -> FromTests:
        files = [] if self.tests is None else files_of_tests(self.locate(self.tests))
        return _read_once(tuple(map(_dated, files)), tuple((module, _dated(module.file)) for module in modules))

    def _names(self) -> list[str]:
        return [n for p in self.packages for n in (standard_library() if p == "stdlib" else [p])]

    def _modules(self) -> list[Module]:
        found: dict[str, Module] = {}
        for name in self._names():
            modules = installed(name)
            if modules is None:
                raise SourceError(
                    f"package `{name}` has no Python source in this environment",
                    where=self.name,
                    mend=f"install it, or give the folder it lies in as `path`; `python -c 'import {name}'` must work",
                )
            found |= {module.name: module for module in modules}
        found |= {module.name: module for module in self._own()}
        return [found[name] for name in sorted(found)]

    def _own(self) -> list[Module]:
        if self.path is None:
            return []
        folder = Path(self.locate(self.path))
        modules = list(in_folder(folder)) if folder.is_dir() else []
        if not modules:
            what = "holds no Python files" if folder.is_dir() else "is no folder"
            raise SourceError(
                f"`{self.path}` {what}", where=folder, mend="give the folder that holds the Python files as `path`"
            )
        return modules

    def _items(self, module: Module, tested: Mapping[Place, Sequence[Example]]) -> Iterator[Item | Fault]:
        try:
            with tokenize.open(module.file) as file:
                found = list(documented(file.read()))
        except OSError as error:
            yield Fault(str(module.file), "source", "unreadable", str(error.strerror or error))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None) or 1
            yield Fault(f"{module.file}:{line}", "source", "bad_python", f"{type(error).__name__}: {error}"[:500])
        else:
            for one in found:
                yield self._item(module, one, tested.get(Place(module.name, one.qualname), ()))

    def _item(self, module: Module, found: Documented, tested: Sequence[Example]) -> Item:
        name = f"{module.name}.{found.qualname}"
        row = name if found.ordinal == 1 else f"{name}#{found.ordinal}"
        tags = [f"module:{module.name}", f"kind:{found.kind}"]
        if found.examples:
            tags.append("has_examples")
        if tested:
            tags.append("has_tests")
        if not found.readable:
            tags.append("unreadable_examples")
        return Item(
            {"prompt": found.head, "completion": found.body},
            row,
            group={"function": row, "module": module.name, "package": module.name.partition(".")[0]}[self.split_by],
            reference=self._reference(module, found, tested),
            tags=tuple(tags),
        )

    def _reference(self, module: Module, found: Documented, tested: Sequence[Example]) -> dict[str, Any]:
        """Without `examples` there is nothing to verify, but a strategy still learns where the function lives."""
        place: dict[str, Any] = {"program": "continue", "module": module.name, "replaces": found.qualname}
        if module.root is not None and self.path is not None:
            place["paths"] = [self._as_given(module.root)]
        examples = [*found.examples, *(one for one in tested if one not in found.examples)]
        return place | ({"examples": examples} if examples else {})

    def _as_given(self, root: Path) -> str:
        """A folder in terms of `path`, so that a record's id does not depend on where the recipe lies."""
        given = str(self.path)
        between = os.path.relpath(root, self.locate(given))
        return os.path.normpath(Path(given) / between)


def _dated(file: Path) -> tuple[Path, int]:
    return file, file.stat().st_mtime_ns if file.exists() else 0


@lru_cache(maxsize=1)
def _read_once(files: Sequence[tuple[Path, int]], modules: Sequence[tuple[Module, Any]]) -> FromTests:
    """What the tests say, for facts and rows alike, and again when a file has changed."""
    return read_tests([file for file, _ in files], Names(module for module, _ in modules))


def _version(name: str, facts: Facts) -> str:
    return facts.version if " " in facts.version else f"{name} {facts.version}"
