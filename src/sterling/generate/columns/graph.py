"""How columns depend on each other, inferred from what they refer to; and what is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Annotated

from pydantic import Field

from sterling.generate.columns.drawn import Category, Person, Range, Seed, Subcategory
from sterling.generate.columns.references import Reference
from sterling.generate.columns.written import Expression, Llm
from sterling.recipes.problems import Path, Problem, nearest

Column = Annotated[Category | Subcategory | Range | Person | Seed | Expression | Llm, Field(discriminator="kind")]
Columns = Mapping[str, Column]


def needs(columns: Columns) -> dict[str, list[str]]:
    """Each column with those that it refers to, by name."""
    return {name: list(dict.fromkeys(r.column for r in column.references())) for name, column in columns.items()}


def in_order(columns: Columns) -> list[str]:
    """Every column after those that it needs. CycleError when they go round in a circle."""
    return list(TopologicalSorter(needs(columns)).static_order())


def by_models(columns: Columns) -> frozenset[str]:
    """Columns that a model wrote, or that are worked out from one that it wrote."""
    found: set[str] = set()
    for name in in_order(columns):
        if isinstance(columns[name], Llm) or found.intersection(needs(columns)[name]):
            found.add(name)
    return frozenset(found)


def problems(columns: Columns, *, model: bool) -> Iterator[Problem]:
    """Everything that is wrong with the columns by themselves. `model`: whether the strategy names one."""
    for name, column in columns.items():
        path = ("columns", name)
        if not _is_name(name):
            yield Problem(path, f"`{name}` is no name of a column", "use a-z, 0-9 and _, and begin with a letter")
        yield from misread(columns, column.references(), path)
        if isinstance(column, Subcategory) and column.of in columns:
            yield from _of_category(column, columns[column.of], path)
        if isinstance(column, Llm) and column.model is None and not model:
            yield Problem(path, f"nobody writes `{name}`", "give the strategy or the column a `model:`")
    try:
        in_order(columns)
    except CycleError as error:
        circle: list[str] = error.args[1][::-1]
        what = f"columns need each other in a circle: {' → '.join(f'`{name}`' for name in circle)}"
        yield Problem(("columns", circle[0]), what, f"let `{circle[0]}` do without `{circle[1]}`")


def misread(columns: Columns, read: Iterable[Reference], path: Path) -> Iterator[Problem]:
    """References to columns that there are not, or to fields that they have not."""
    for one in read:
        fields = columns[one.column].fields() if one.column in columns else ()
        if one.column not in columns:
            yield Problem(path, f"there is no column `{one.column}`", nearest(one.column, columns))
        elif one.field is None and fields:
            yield Problem(path, f"`{one}` has several fields", f"name one of them: {_dotted(one.column, fields)}")
        elif one.field is not None and not fields:
            yield Problem(path, f"`{one.column}` has no fields", f"write `{one.column}`")
        elif one.field is not None and one.field not in fields:
            yield Problem(path, f"`{one.column}` has no field `{one.field}`", nearest(one.field, fields))


def _of_category(column: Subcategory, above: Column, path: Path) -> Iterator[Problem]:
    """It depends on another category, and says what it may be for each of that one's values."""
    if not isinstance(above, Category | Subcategory):
        yield Problem(path, f"`{column.of}` is no category", f"let `of:` name one, not a column of kind {above.kind}")
        return
    if lacking := sorted(above.every() - column.values.keys()):
        yield Problem(path, f"nothing is said for `{column.of}: {lacking[0]}`", f"add `{lacking[0]}: [...]`")
    if unknown := sorted(column.values.keys() - above.every()):
        yield Problem(path, f"`{column.of}` is never `{unknown[0]}`", nearest(unknown[0], above.every()))


def _dotted(column: str, fields: Sequence[str]) -> str:
    return ", ".join(f"`{column}.{field}`" for field in fields)


def _is_name(name: str) -> bool:
    return name.isascii() and name.isidentifier() and name == name.lower() and not name.startswith("_")
