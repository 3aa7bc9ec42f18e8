"""How columns depend on each other, inferred from what they refer to; and what is wrong with them, before any is made."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from sterling.generate.columns.column import Category, Choices, Column, Llm
from sterling.generate.columns.references import Reference
from sterling.recipes.problems import Path, Problem, nearest

Columns = Mapping[str, Column]


def needs(columns: Columns) -> dict[str, list[str]]:
    """Each column with those that it refers to, by name."""
    return {name: list(dict.fromkeys(r.column for r in column.references())) for name, column in columns.items()}


def in_order(columns: Columns) -> list[str]:
    """Every column after those that it needs. CycleError when they go round in a circle."""
    return list(TopologicalSorter(needs(columns)).static_order())


def problems(columns: Columns, *, model: bool) -> Iterator[Problem]:
    """Everything that is wrong with the columns by themselves. `model`: whether the strategy names one."""
    for name, column in columns.items():
        path = ("columns", name)
        if not _is_name(name):
            yield Problem(path, f"`{name}` is no name of a column", "use a-z, 0-9 and _, and begin with a letter")
        yield from _of_references(columns, column.references(), path)
        if isinstance(column, Category) and column.by in columns:
            yield from _of_category(columns, column, path)
        if isinstance(column, Llm) and column.model is None and not model:
            yield Problem(path, f"nobody writes `{name}`", "give the strategy or the column a `model:`")
    try:
        in_order(columns)
    except CycleError as error:
        circle = error.args[1][::-1]
        what = f"columns need each other in a circle: {' → '.join(f'`{name}`' for name in circle)}"
        yield Problem(("columns", circle[0]), what, f"let `{circle[0]}` do without `{circle[1]}`")


def _of_references(columns: Columns, read: Iterable[Reference], path: Path) -> Iterator[Problem]:
    for one in read:
        if (found := problem_with(columns, one)) is not None:
            yield Problem(path, *found)


def problem_with(columns: Columns, read: Reference) -> tuple[str, str] | None:
    """What is wrong with a reference, and its mend; None when there is such a column, or such a field of it."""
    if read.column not in columns:
        return f"there is no column `{read.column}`", nearest(read.column, columns)
    fields = columns[read.column].fields()
    if read.field is None and fields:
        return f"`{read.column}` has several fields", f"name one of them: {_dotted(read.column, fields)}"
    if read.field is not None and not fields:
        return f"`{read.column}` has no fields", f"write `{read.column}`"
    if read.field is not None and read.field not in fields:
        return f"`{read.column}` has no field `{read.field}`", nearest(read.field, fields)
    return None


def _of_category(columns: Columns, column: Category, path: Path) -> Iterator[Problem]:
    """A category depends on another one, and says what it may be for each of its values."""
    above = columns[column.by or ""]
    if not isinstance(above, Category):
        yield Problem(path, f"`by` names a category, and `{column.by}` is of type {above.type}", "name a category")
        return
    values = {str(value) for choices in above.every() for value in _drawable(choices)}
    said = set(column.values) if isinstance(column.values, Mapping) else set[str]()
    if lacking := sorted(values - said):
        yield Problem(path, f"nothing is said for `{column.by}: {lacking[0]}`", f"add `{lacking[0]}: [...]`")
    if unknown := sorted(said - values):
        yield Problem(path, f"`{column.by}` is never `{unknown[0]}`", nearest(unknown[0], values))


def _drawable(choices: Choices) -> list[object]:
    if isinstance(choices, Mapping):
        return [value for value, weight in choices.items() if weight > 0]
    return [*choices]


def _dotted(column: str, fields: Sequence[str]) -> str:
    return ", ".join(f"`{column}.{field}`" for field in fields)


def _is_name(name: str) -> bool:
    return name.isascii() and name.isidentifier() and name == name.lower() and not name.startswith("_")
