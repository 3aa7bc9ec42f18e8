"""Whose model it is, and who taught it: families, lineage, and how many distillations are stacked.

A judge is independent of a writer when their lineages share nothing, so a student belongs to its base's family and to
those of all its teachers. What the registry does not know is the empty set, which is not independence. A name that
says nothing (a deployment called `prod-2`) needs `family` in the recipe.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib import resources
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from sterling.models import yaml_file
from sterling.models.endpoint import Endpoint
from sterling.models.yaml_file import OwnFile, Patterns


class Family(BaseModel):
    """One family of models."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    by: str | None = None
    aliases: tuple[str, ...] = ()
    """Other words that a recipe may say for it."""
    names: Patterns = ()
    """Regular expressions, matched from the start of a word of a model's name, case apart."""


class Distillation(BaseModel):
    """Models that were taught by models."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True)

    names: Patterns
    of: tuple[str, ...] = ()
    """Families of the base, where the name does not say them."""
    teachers: tuple[str, ...] = Field(default=(), alias="from")
    depth: int = Field(default=1, ge=0)
    """How many distillations this entry stacks on those of other entries that match; 0 for none."""
    source: str = Field(min_length=1)
    """Where its makers say so."""


class Registry(BaseModel):
    """Everything that is known of families."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    families: Mapping[str, Family] = {}
    distilled: tuple[Distillation, ...] = ()

    def joined(self, other: "Registry") -> "Registry":
        """Both; a family that both name has the aliases and names of both."""
        families = dict(self.families)
        for name, family in other.families.items():
            known = families.get(name, Family())
            families[name] = Family(
                by=family.by or known.by,
                aliases=(*known.aliases, *family.aliases),
                names=(*known.names, *family.names),
            )
        return Registry(families=families, distilled=(*self.distilled, *other.distilled))

    def called(self, word: str) -> frozenset[str]:
        """The families meant by what a person wrote: a family, an alias (`gpt`), or a model's name. Else the word."""
        plain = word.strip().lower()
        if plain in self.families:
            return frozenset({plain})
        aliased = {name for name, entry in self.families.items() if plain in entry.aliases}
        return frozenset(aliased) or self.families_of(plain) or frozenset({plain})

    def families_of(self, name: str) -> frozenset[str]:
        """Families that the name itself tells."""
        return frozenset(family for family, entry in self.families.items() if _matches(entry.names, name))

    def distillations_of(self, name: str) -> Iterator[Distillation]:
        """Every entry that speaks of a model of this name."""
        return (entry for entry in self.distilled if _matches(entry.names, name))


def _matches(patterns: tuple[str, ...], name: str) -> bool:
    return any(_from_word(pattern).search(name) for pattern in patterns)


@cache
def _from_word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{pattern})", re.IGNORECASE)


@cache
def _ours() -> Registry:
    text = (resources.files("sterling.models") / "families.yaml").read_text(encoding="utf-8")
    return Registry.model_validate(yaml.safe_load(text))


_loaded: list[Registry] = []
_trained: dict[str, int] = {}
_own = OwnFile("STERLING_FAMILIES", Registry, "docs/models.md shows one")


def registry() -> Registry:
    """What is known in this process: ours, what `load` added, and the file that `added` names."""
    known = _ours()
    for more in (*_loaded, *_own.known()):
        known = known.joined(more)
    return known


def added(path: str | Path | None) -> AbstractContextManager[None]:
    """Know one more file while this lasts, in the processes that are started meanwhile too. InputError as `load`."""
    return _own.added(path)


def load(path: str | Path) -> Registry:
    """Add a file of the same shape as families.yaml to what this process knows. InputError names what is wrong."""
    more = _read(path)
    if more not in _loaded:
        _loaded.append(more)
    return registry()


def _read(path: str | Path) -> Registry:
    return yaml_file.read(Registry, path, "docs/models.md shows one")


def reset() -> None:
    """Forget what `load` added."""
    _loaded.clear()


def lineage(model: Endpoint | str) -> frozenset[str]:
    """Every family that a model belongs to: its own, its base's and its teachers'. Empty when nothing is known.

    An endpoint's `family` replaces what its name tells; its `distilled_from` adds to what the registry knows.
    """
    if isinstance(model, str):
        return lineage_of(model)
    return lineage_of(model.model, model.family) | _added(registry(), model)


def lineage_of(model: str, family: str | None = None) -> frozenset[str]:
    """The same for a model's name, and its family where somebody said it."""
    known = registry()
    own = known.families_of(model) if family is None else known.called(family)
    return own | _taught(known, model)


def depth_of(model: Endpoint | str) -> int:
    """How many distillations are stacked in it, as far as is known; a teacher adds them to a record's depth.

    The endpoint's `distilled_from` counts as one more where the registry knows of none from those families, and what
    it was `trained_on` as much as `trained` says.
    """
    known = registry()
    name = model if isinstance(model, str) else model.model
    entries = list(known.distillations_of(name))
    told = frozenset() if isinstance(model, str) else _added(known, model)
    teachers = frozenset().union(*(known.called(family) for entry in entries for family in entry.teachers))
    data = 0 if isinstance(model, str) or model.trained_on is None else _trained.get(model.trained_on, 0)
    return sum(entry.depth for entry in entries) + bool(told - teachers) + data


@contextmanager
def trained(depths: Mapping[str, int]) -> Iterator[None]:
    """Know, while this lasts and in this process, the depth of the data behind each `trained_on`."""
    _trained.update(depths)
    try:
        yield
    finally:
        _trained.clear()


def _taught(known: Registry, name: str) -> frozenset[str]:
    entries = known.distillations_of(name)
    return frozenset().union(*(known.called(family) for entry in entries for family in (*entry.of, *entry.teachers)))


def _added(known: Registry, endpoint: Endpoint) -> frozenset[str]:
    return frozenset().union(*(known.called(family) for family in endpoint.distilled_from))
