"""The entries of `anchor:`, `generate:` and `checks:`: one key names the part, the other keys are its options."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

from pydantic import ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from sterling.errors import InputError
from sterling.recipes.problems import Problem
from sterling.registry import Kind, Part, names

KINDS: Mapping[str, Kind] = {"anchor": "source", "target": "source", "generate": "strategy", "checks": "check"}
"""Which kind of part each list of a recipe holds; the kind is also the key that names the part."""
DEFAULTS: Mapping[Kind, str] = {"source": "files"}
"""The part that is meant when an entry does not say which."""

P = TypeVar("P", bound=Part)


class Entry(NamedTuple, Generic[P]):
    """A part, and how this recipe calls it."""

    name: str
    """Unique within its list. Records and verdicts refer to it."""
    part: P


class Unnamed(NamedTuple):
    """An entry as the user wrote it, with the name that it will have."""

    name: Any
    value: Any
    taken: bool


def refuse(problems: Sequence[Problem]) -> NoReturn:
    """Raise what a pydantic validator may raise, with our own path, words and mend for each problem."""
    raise ValidationError.from_exception_data(
        "recipe",
        [
            InitErrorDetails(
                type=PydanticCustomError("recipe", "{what}", {"what": p.what, "mend": p.mend}), loc=p.path, input=None
            )
            for p in problems
        ],
    )


def part_class(kind: Kind, entry: Mapping[Any, Any]) -> type[Part] | None:
    """The class an entry names, or None when it names none that is known."""
    name = entry.get(kind, DEFAULTS.get(kind))
    return names.available(kind).get(name) if isinstance(name, str) else None


def read_part(kind: Kind, value: Any, info: ValidationInfo) -> Any:
    """The part that one entry describes. A part that is made already passes as it is."""
    if isinstance(value, Part):
        return value
    if not isinstance(value, Mapping):
        refuse([Problem((), *_not_an_entry(kind, value))])
    options = {key: option for key, option in value.items() if key != kind}
    try:
        return _class_for(kind, value).model_validate(options, context=info.context)
    except InputError as error:
        refuse([Problem((), error.what, error.mend)])


def name_entries(kind: Kind) -> Callable[[Any], Any]:
    """A validator that gives every entry of a list its name: its own `name:`, else its part's, with -2, -3, ..."""

    def named(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        given = [_given_name(entry) for entry in value]
        taken = {name for name in given if isinstance(name, str)}
        result = []
        for index, (entry, name) in enumerate(zip(value, given, strict=True)):
            unique = _free(_part_name(kind, entry), taken) if name is None else name
            result.append(Unnamed(unique, entry, taken=name is not None and name in given[:index]))
            taken.add(unique) if isinstance(unique, str) else None
        return result

    return named


def read_entry(kind: Kind, unnamed: Any, info: ValidationInfo) -> Entry[Any]:
    """One entry with its name. `unnamed` comes from `name_entries`."""
    name, value, taken = unnamed
    if isinstance(value, Entry):
        value = value.part
    if taken:
        refuse([Problem(("name",), f"two entries are called `{name}`", "give one of them another `name:`")])
    if not isinstance(name, str) or not name.strip():
        refuse([Problem(("name",), f"`name` must be text, got {name!r}", None)])
    options = {k: v for k, v in value.items() if k != "name"} if isinstance(value, Mapping) else value
    return Entry(name, read_part(kind, options, info))


def _class_for(kind: Kind, entry: Mapping[Any, Any]) -> type[Part]:
    name = entry.get(kind, DEFAULTS.get(kind))
    if name is None:
        refuse([Problem((), f"this entry has no `{kind}:`", f"one of: {', '.join(sorted(names.available(kind)))}")])
    if not isinstance(name, str):
        refuse([Problem((kind,), f"`{kind}` must name a {kind}, got {name!r}", None)])
    try:
        return names.lookup(kind, name)
    except InputError as error:
        refuse([Problem((kind,), error.what, error.mend)])


def _not_an_entry(kind: Kind, value: Any) -> tuple[str, str]:
    example = (
        value
        if isinstance(value, str) and value in names.available(kind)
        else next(iter(sorted(names.available(kind))), "…")
    )
    return f"an entry must be a mapping, got {value!r}", f"write `- {{{kind}: {example}}}`"


def _given_name(entry: Any) -> Any:
    if isinstance(entry, Entry):
        return entry.name
    return entry.get("name") if isinstance(entry, Mapping) else None


def _part_name(kind: Kind, entry: Any) -> str:
    if isinstance(entry, Part):
        return entry.name_in_recipe
    return str(entry.get(kind, kind)) if isinstance(entry, Mapping) else kind


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate
