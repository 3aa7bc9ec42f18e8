"""What is wrong with a recipe, in words that say what to type instead."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sterling.errors import RecipeError

Path = tuple[str | int, ...]
"""Where in a recipe: keys, and indices of lists, from the top."""


class Problem(NamedTuple):
    """One mistake."""

    path: Path
    what: str
    mend: str | None


def dotted(path: Path) -> str:
    """The path as `--set` wants it: `checks.2.threshold`."""
    return ".".join(map(str, path))


def nearest(word: object, valid: Iterable[str]) -> str:
    """`did you mean `x`? (valid: ...)`, or only the valid words when none is near."""
    words = sorted(valid)
    listed = ", ".join(words) or "none"
    near = difflib.get_close_matches(str(word), words, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`? valid: {listed}" if near else f"valid: {listed}"


class Places(NamedTuple):
    """Where the words of a recipe stand."""

    file: str
    """As the user typed it; `recipe` when there is no file."""
    lines: Mapping[Path, int]
    """First line, from 1, of every key and list entry by its path."""
    sets: Sequence[tuple[Path, str]] = ()
    """What `--set` said: the path, and how to refer to it. The last one wins."""

    def where(self, path: Path) -> str:
        """`recipe.yaml:14` or `--set ...`: the nearest enclosing place that was written."""
        for said, text in reversed(self.sets):
            if path[: len(said)] == said or (path not in self.lines and said[: len(path)] == path != ()):
                return text
        line = self.line(path)
        if line is not None:
            return f"{self.file}:{line}"
        return self.file if self.lines else f"{self.file} {dotted(path)}".rstrip()

    def line(self, path: Path) -> int | None:
        """The line of the nearest enclosing place that was written; None without a file."""
        return next((self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines), None)


def as_error(problems: Sequence[Problem], places: Places) -> RecipeError:
    """One exception for all problems: one line each, in the order of the file."""
    if len(problems) == 1:
        return RecipeError(problems[0].what, where=places.where(problems[0].path), mend=problems[0].mend)
    ordered = sorted(problems, key=lambda problem: places.line(problem.path) or 0)
    lines = [f"  {places.where(p.path)}: {p.what}" + (f"; {p.mend}" if p.mend else "") for p in ordered]
    return RecipeError("\n".join([f"{len(problems)} mistakes", *lines]), where=places.file)
