"""Which Python files a package or folder consists of, and what they say of their version and licence.

Nothing is imported: a submodule is found by walking the folder, since asking the import system for it would run its
parent.
"""

import importlib.util
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, NamedTuple

_NO_ANCHOR = frozenset(
    {
        "__phello__",
        "antigravity",
        "distutils",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "test",
        "this",
        "tkinter",
        "turtle",
        "turtledemo",
        "venv",
    }
)
"""Public modules of the standard library that are tests, data, demonstrations or user interfaces, or act on import."""
_NOT_SOURCE = frozenset({"__pycache__", "build", "dist", "node_modules", "site-packages", "test", "tests", "venv"})

_LICENCES = (
    (re.compile(r"apache license\s+version 2\.0"), "Apache-2.0"),
    (re.compile(r"gnu affero general public license\s+version 3"), "AGPL-3.0-only"),
    (re.compile(r"gnu lesser general public license\s+version 3"), "LGPL-3.0-only"),
    (re.compile(r"gnu general public license\s+version 3"), "GPL-3.0-only"),
    (re.compile(r"gnu general public license\s+version 2"), "GPL-2.0-only"),
    (re.compile(r"mozilla public license,? version 2\.0"), "MPL-2.0"),
    (re.compile(r"permission is hereby granted, free of charge, to any person obtaining a copy"), "MIT"),
    (re.compile(r"redistribution and use in source and binary forms.*neither the name", re.DOTALL), "BSD-3-Clause"),
    (re.compile(r"redistribution and use in source and binary forms"), "BSD-2-Clause"),
)
"""The words by which a licence is known, the narrower before the wider."""


class Module(NamedTuple):
    """One file and the name it is imported by."""

    name: str
    """Dotted."""
    file: Path
    root: Path | None = None
    """What must be on `sys.path` for that; None when it is there already."""


class Facts(NamedTuple):
    """What a package says of itself."""

    version: str
    licence: str | None


# The standard library and installed packages --------------------------------------------------------------------------
def standard_library() -> list[str]:
    """Public top-level modules of this interpreter that have Python source and no effect when imported."""
    public = sorted(name for name in sys.stdlib_module_names if not name.startswith("_") and name not in _NO_ANCHOR)
    return [name for name in public if installed(name) is not None]


def installed(name: str) -> list[Module] | None:
    """The modules of an importable package, or the one module. None when there is no Python source by that name."""
    top, _, below = name.partition(".")
    origin = _origin(top)
    if origin is None:
        return None
    if origin.name != "__init__.py":
        return None if below else [Module(top, origin)]
    place = origin.parent.joinpath(*below.split(".")) if below else origin.parent
    if place.is_dir():
        return list(_walk(place, place, name))
    file = place.with_suffix(".py")
    return [Module(name, file)] if file.is_file() else None


def _origin(top: str) -> Path | None:
    spec = PathFinder.find_spec(top) or importlib.util.find_spec(top)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


def installed_facts(name: str) -> Facts:
    """Version and licence of the distribution that an importable name belongs to."""
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return Facts(f"CPython {sys.version.partition(' ')[0]}", "PSF-2.0")
    for distribution in metadata.packages_distributions().get(top, ()):
        fields = metadata.metadata(distribution)
        licence = next(iter(fields.get_all("License-Expression") or ()), None) or _from_classifiers(
            fields.get_all("Classifier") or ()
        )
        return Facts(f"{distribution} {fields['Version']}", licence)
    return Facts("unknown", None)


# A user's own folder --------------------------------------------------------------------------------------------------
def in_folder(folder: Path) -> Iterator[Module]:
    """The modules below a folder, each named from the first folder above it that is no package.

    Tests, hidden folders, builds and environments are left out.
    """
    for file in _files(folder):
        root = file.parent
        while (root / "__init__.py").is_file() and root != root.parent:
            root = root.parent
        yield Module(_dotted(file, root), file, root)


def folder_facts(folder: Path) -> Facts:
    """Version and licence that the folder, or the project around it, states in so many words."""
    project = next(filter(_is_project, (folder, *folder.resolve().parents[:3])), folder)
    stated = _pyproject(project / "pyproject.toml")
    licence = stated.get("license")
    if isinstance(licence, Mapping):
        licence = licence.get("text")
    known = licence or _from_classifiers(stated.get("classifiers", ())) or _from_text(project)
    return Facts(str(stated.get("version", "unknown")), known if isinstance(known, str) else None)


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg"))


def _pyproject(file: Path) -> Mapping[str, Any]:
    try:
        project = tomllib.loads(file.read_text("utf-8")).get("project")
    except (OSError, ValueError):
        return {}
    return project if isinstance(project, Mapping) else {}


def _from_classifiers(classifiers: Any) -> str | None:
    known = {
        "License :: OSI Approved :: MIT License": "MIT",
        "License :: OSI Approved :: Apache Software License": "Apache-2.0",
        "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
        "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    }
    return next((known[c] for c in classifiers if c in known), None)


def _from_text(project: Path) -> str | None:
    for name in ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"):
        file = project / name
        if file.is_file():
            text = " ".join(file.read_text("utf-8", errors="replace").lower().split())
            return next((spdx for words, spdx in _LICENCES if words.search(text)), None)
    return None


# Walking --------------------------------------------------------------------------------------------------------------
def _walk(folder: Path, package: Path, name: str) -> Iterator[Module]:
    for file in _files(folder):
        below = _dotted(file, package)
        yield Module(f"{name}.{below}" if below else name, file)


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(
            f for f in folders if f not in _NOT_SOURCE and f[0] not in "._" and not (here / f / "pyvenv.cfg").exists()
        )
        yield from (here / n for n in sorted(names) if _is_source(n))


def _is_source(name: str) -> bool:
    is_test = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return name.endswith(".py") and name not in {"__main__.py", "setup.py"} and not is_test


def _dotted(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
