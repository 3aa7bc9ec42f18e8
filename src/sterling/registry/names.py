"""By which names parts are known: ours by decorator, others' by entry point."""

import difflib
import importlib
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Literal, TypeVar

from sterling.errors import InputError
from sterling.registry.part import Part

Kind = Literal["source", "strategy", "check"]
_GROUPS: dict[Kind, str] = {"source": "sterling.sources", "strategy": "sterling.strategies", "check": "sterling.checks"}
_ROOMS: dict[Kind, tuple[str, ...]] = {
    "source": ("sterling.sources",),
    "strategy": ("sterling.generate",),
    "check": ("sterling.verify", "sterling.curate"),
}

P = TypeVar("P", bound=Part)
_registered: dict[Kind, dict[str, type[Part]]] = {"source": {}, "strategy": {}, "check": {}}


def register(kind: Kind, name: str) -> Callable[[type[P]], type[P]]:
    """Decorate the class that a recipe calls by `name`."""

    def decorate(part: type[P]) -> type[P]:
        holder = _registered[kind].get(name)
        if holder is not None and holder.__qualname__ != part.__qualname__:
            raise ValueError(f"{kind} `{name}` is {holder.__module__}.{holder.__qualname__} already")
        part.name_in_recipe = name
        _registered[kind][name] = part
        return part

    return decorate


def lookup(kind: Kind, name: str) -> type[Part]:
    """The class registered under `name`. InputError with the nearest name when there is none."""
    known = available(kind)
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"one of: {', '.join(sorted(known))}"
    raise InputError(f"there is no {kind} `{name}`", mend=hint)


@cache
def available(kind: Kind) -> Mapping[str, type[Part]]:
    """Every registered class of a kind by name, ours first, so that a plug-in cannot take one of our names."""
    for room in _ROOMS[kind]:
        importlib.import_module(room)
    return {**_plugins(kind), **_registered[kind]}


def _plugins(kind: Kind) -> dict[str, type[Part]]:
    found: dict[str, type[Part]] = {}
    for point in entry_points(group=_GROUPS[kind]):
        try:
            part = point.load()
        except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything
            warnings.warn(f"plug-in {point.name} ({point.value}) was left out: {error}", stacklevel=3)
            continue
        part.name_in_recipe = point.name
        found[point.name] = part
    return found
