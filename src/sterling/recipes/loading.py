"""From a file, or from Python, to a `Recipe`; every mistake with its file, its line and its mend."""

import copy
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from sterling.errors import RecipeError
from sterling.recipes import overrides as overriding
from sterling.recipes.diagnosis import diagnose
from sterling.recipes.lock import recipe_digest
from sterling.recipes.models import Recipe
from sterling.recipes.overrides import Override
from sterling.recipes.problems import Path as Place
from sterling.recipes.problems import Places, Problem, as_error
from sterling.recipes.reading import Document, SyntaxProblem, read_yaml

_MOST_BYTES = 2 << 20
"""A recipe has a few kilobytes. More is a file of data given by mistake."""


class Loaded(NamedTuple):
    """A recipe, and where each of its words stands."""

    recipe: Recipe
    path: Path
    """As the user typed it."""
    text: str
    """The file as it is, without overrides."""
    lines: Mapping[Place, int]
    """First line, from 1, of every key and list entry by its path."""
    overrides: tuple[Override, ...] = ()

    def where(self, place: Place) -> str:
        """`recipe.yaml:14` or `--set ...` for a path into the recipe: the nearest enclosing place that was written."""
        return Places(str(self.path), self.lines, [(o.path, o.where) for o in self.overrides]).where(place)


def load(path: Path, overrides: Sequence[str] = ()) -> Loaded:
    """Read, override (`key=value`, see `overrides`), validate. RecipeError lists every mistake with its line.

    Relative paths in the recipe are meant from the folder it lies in.
    """
    text = _read(path)
    document = _parse(path, text)
    sets = tuple(overriding.parse(text) for text in overrides)
    data = copy.deepcopy(document.data)
    overriding.apply(sets, data)
    places = Places(str(path), document.lines, [(o.path, o.where) for o in sets])
    recipe = _validate(data, path.parent, document.problems, places)
    return Loaded(recipe, path, text, document.lines, sets)


def from_mapping(data: Mapping[str, Any], base: Path | None = None) -> Recipe:
    """The recipe that a Python user wrote as a dictionary. Entries may be parts that are made already.

    Relative paths are meant from `base`, by default the current folder.
    """
    if not isinstance(data, Mapping):
        raise RecipeError(f"a recipe is a mapping of keys, got {type(data).__name__}", where="recipe")
    folder = Path.cwd() if base is None else base
    recipe = _validate(data, folder, [], Places("recipe", {}))
    try:
        recipe_digest(recipe)
    except ValueError as error:
        raise RecipeError(f"an option holds what JSON cannot say: {error}", where="recipe") from None
    return recipe


def _validate(data: Any, base: Path, found: Sequence[Problem], places: Places) -> Recipe:
    problems = list(found)
    try:
        recipe = Recipe.model_validate(data, context={"base": base.absolute()})
    except ValidationError as error:
        spoilt = {problem.path for problem in problems}
        problems += [problem for problem in diagnose(error, data) if problem.path not in spoilt]
        raise as_error(problems, places) from None
    if problems:
        raise as_error(problems, places)
    return recipe


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise RecipeError("there is no such file", where=path, mend=_near_files(path)) from None
    except IsADirectoryError:
        raise RecipeError("this is a folder", where=path, mend=_recipes_in(path)) from None
    except OSError as error:
        raise RecipeError(f"cannot be read: {error.strerror}", where=path) from None
    if len(data) > _MOST_BYTES:
        raise RecipeError("over 2 MiB is no recipe", where=path, mend="name a data file under `anchor:` instead")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}"
        raise RecipeError(what, where=f"{path}:{line}", mend="save the file as UTF-8") from None


def _parse(path: Path, text: str) -> Document:
    document = read_yaml(text)
    if isinstance(document, SyntaxProblem):
        where = str(path) if document.line is None else f"{path}:{document.line}"
        raise RecipeError(document.what, where=where, mend=document.mend)
    if document.data is None and not document.problems:
        raise RecipeError("the file says nothing", where=path, mend="`sterling init` writes a recipe to start from")
    if not isinstance(document.data, dict):
        kind = type(document.data).__name__
        raise RecipeError(f"a recipe is a mapping of keys (`name: …`), this is a {kind}", where=f"{path}:1")
    return document


def _near_files(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder} either"
    names = sorted(entry.name for entry in folder.iterdir())
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
    recipes = [name for name in names if name.endswith((".yaml", ".yml"))]
    if near or recipes:
        return f"{folder} has {', '.join(near or recipes[:5])}"
    return "`sterling init` writes a recipe to start from"


def _recipes_in(folder: Path) -> str:
    recipes = sorted(entry.name for entry in folder.iterdir() if entry.suffix in {".yaml", ".yml"})
    return f"name a recipe in it: {', '.join(recipes[:5])}" if recipes else "`sterling init` writes a recipe there"
