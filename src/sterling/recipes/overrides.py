"""`--set checks.1.threshold=0.7`: one value of the recipe said on the command line."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sterling.errors import RecipeError
from sterling.recipes.problems import Path, dotted
from sterling.recipes.reading import SyntaxProblem, read_yaml


class Override(NamedTuple):
    """One `--set`."""

    text: str
    """As the user typed it."""
    path: Path
    value: Any

    @property
    def where(self) -> str:
        """How an error refers to it."""
        return f"--set {self.text}"


def parse(text: str) -> Override:
    """`key.key.index=value`, the value read as YAML. RecipeError when it is not of that form."""
    key, equals, value = text.partition("=")
    steps = key.strip().split(".")
    if not equals or not all(steps):
        raise RecipeError("this is not `key=value`", where=f"--set {text}", mend="--set mix.synthetic_cap=0.2")
    document = read_yaml(value)
    if isinstance(document, SyntaxProblem):
        raise RecipeError(f"the value is {document.what}", where=f"--set {text}", mend=document.mend or "quote it")
    if document.problems:
        problem = document.problems[0]
        raise RecipeError(problem.what, where=f"--set {text}", mend=problem.mend)
    return Override(text, tuple(int(s) if s.isascii() and s.isdigit() else s for s in steps), document.data)


def apply(overrides: Sequence[Override], data: dict[str, Any]) -> None:
    """Put every value in its place in `data`, in order. RecipeError when the recipe has no such place."""
    for override in overrides:
        holder: Any = data
        for depth, step in enumerate(override.path[:-1]):
            _require_place(holder, step, override, depth)
            if isinstance(holder, dict) and holder.get(str(step)) is None:
                holder[str(step)] = {}
            holder = holder[step if isinstance(holder, list) else str(step)]
        last = override.path[-1]
        _require_place(holder, last, override, len(override.path) - 1)
        holder[last if isinstance(holder, list) else str(last)] = override.value


def _require_place(holder: Any, step: str | int, override: Override, depth: int) -> None:
    name = dotted(override.path[:depth])
    if isinstance(holder, dict):
        return
    if not isinstance(holder, list):
        raise RecipeError(f"`{name}` holds a value, so nothing is inside it", where=override.where, mend=None)
    if not isinstance(step, int) or step >= len(holder):
        choices = ", ".join(f"{name}.{i}{_called(entry)}" for i, entry in enumerate(holder)) or "nothing"
        what = f"`{name}` is a list and has no `{step}`"
        raise RecipeError(what, where=override.where, mend=f"it has {choices}")


def _called(entry: Any) -> str:
    """What a person would call a list entry: ` (near_duplicates)`."""
    words = entry if isinstance(entry, dict) else {}
    called = next((words[key] for key in ("name", "check", "strategy", "source", "rule") if key in words), None)
    return "" if called is None else f" ({called})"
