"""Rules about what providers allow: whose words leave the house, under which terms, and who has read them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from sterling.models import endpoints_of
from sterling.models.terms import Doubt, Registry, Served, Terms, doubts, registry, today
from sterling.policy.defaults import EVERY
from sterling.policy.rule import Situation, gate_of, met, rule, unmet
from sterling.recipes import Recipe
from sterling.registry import Part
from sterling.stats import Evidence

WRITTEN = "mix.written_by_models"
"""The evidence that tells whose words are in the mix: `inputs["makers"]` has `strategy`, `model`, `service`, `terms`,
`written` (records of that maker) and `mixed` (those in the mix) for each."""
_IMPORTED = ("model", "service", "terms")
"""Options of a strategy that brings in what models wrote elsewhere."""


class Named(NamedTuple):
    """A model where the recipe names it."""

    served: Served
    place: tuple[str | int, ...]
    strategy: str | None = None
    """Name of the strategy that asks it; None for one that judges."""


class Judged(NamedTuple):
    """What can be said of a model's terms."""

    served: Served
    entry: Terms | None
    doubts: tuple[Doubt, ...]


def writers(recipe: Recipe) -> list[Named]:
    """Every model whose words may enter the mix: those that strategies ask, and those whose answers are imported."""
    found = []
    for index, entry in enumerate(recipe.generate):
        name, place = entry.part.name_in_recipe, ("generate", index)
        found += [Named(Served.by(one), _place(recipe, one, place), name) for one in endpoints_of(entry.part)]
        if set(_IMPORTED) <= type(entry.part).model_fields.keys() and not endpoints_of(entry.part):
            found.append(Named(_imported(entry.part), place, name))
    return found


def judges(recipe: Recipe) -> list[Named]:
    """Every model that checks ask."""
    return [
        Named(Served.by(one), _place(recipe, one, ("checks", index)))
        for index, entry in enumerate(recipe.checks)
        for one in endpoints_of(entry.part)
    ]


def leaving(recipe: Recipe, makers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The makers whose words leave: those in the mix, and with `rejected: full` those of dropped records too."""
    counted = "written" if recipe.release.rejected == "full" else "mixed"
    return [maker for maker in makers if maker[counted] > 0]


def served_by(recipe: Recipe, maker: Mapping[str, Any]) -> Served:
    """A record's maker where the recipe says it is served; else as the record says it."""
    at = [one for entry in recipe.generate for one in endpoints_of(entry.part) if one.identity == maker["service"]]
    told = Served.said(maker["model"], maker["service"], maker["terms"])
    return told._replace(places=frozenset().union(*(Served.by(one).places for one in at))) if at else told


def judged(recipe: Recipe, served: Served, known: Registry, day: date) -> Judged:
    """Its terms, and what stands against them."""
    return Judged(served, known.get(served.terms or ""), tuple(doubts(served, recipe.use_kind, known, day)))


@rule(
    "models.terms",
    "required",
    EVERY,
    why="providers say what may be trained on what their models write, some by the kind of use, some by name",
    source="Longpre et al., arXiv 2310.16787; Llama 3.1 Community License, 1.b; OpenAI Services Agreement, 3.3",
    mend="name the entry that speaks of it (`terms: ID`), read its document, and sign: `sterling terms review ID`",
    holds_back="release",
)
def terms_are_reviewed(recipe: Recipe) -> Iterator[Situation]:
    """The terms of every model that may write are known, meant for it there, reviewed, and permit the use."""
    yield from _said_of(recipe, writers(recipe))


@gate_of(terms_are_reviewed)
def terms_permit_the_release(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The same of every model whose words leave, and of every other that took part in writing them."""
    named, measured = writers(recipe), evidence.get(WRITTEN)
    if measured is None:
        if named:
            yield unmet(f"the run left no evidence `{WRITTEN}`", mend="run it to its end")
        return
    makers = leaving(recipe, measured.inputs["makers"])
    if not makers:
        yield met("no record that leaves was written by a model", "generate")
        return
    by = {maker["strategy"] for maker in makers}
    places = {one.served: one.place for one in named}
    wrote = [served_by(recipe, maker) for maker in makers]
    found = [Named(one, places.get(one, ("generate",))) for one in wrote]
    found += [one for one in named if one.strategy in by and one.served.model is not None]
    yield from _said_of(recipe, found)


@rule(
    "models.judge_terms",
    "recommended",
    EVERY,
    why="only verdicts of a judge leave the house, but some terms speak of improving models with any result",
    source="Meta Llama 3 Community License, 1.b.v",
    mend="name the entry that speaks of it (`terms: ID`), read its document, and sign: `sterling terms review ID`",
)
def judges_have_terms(recipe: Recipe) -> Iterator[Situation]:
    """The same of every model that judges; it only warns."""
    yield from _said_of(recipe, judges(recipe))


def _said_of(recipe: Recipe, models: Iterable[Named]) -> Iterator[Situation]:
    once: dict[Served, Named] = {}
    for one in models:
        once.setdefault(one.served, one)
    known, day = registry(recipe.terms_folder) if once else {}, today()
    for named in once.values():
        said = judged(recipe, named.served, known, day)
        for doubt in said.doubts:
            yield unmet(doubt.what, *named.place, mend=_in_folder(recipe, doubt.mend))
        if said.entry is not None and not said.doubts:
            yield met(_sentence(recipe, said.served, said.entry), *named.place)


def _sentence(recipe: Recipe, served: Served, entry: Terms) -> str:
    use = "every use" if recipe.use_kind is None else f"`{recipe.use_kind}`"
    return f"{served}: `{entry.id}`, reviewed by {entry.reviewer} on {entry.reviewed}, permits {use}"


def _in_folder(recipe: Recipe, mend: str) -> str:
    """The mend with the folder that the recipe names already."""
    if recipe.terms is None:
        return mend.replace("FOLDER", "terms")
    return mend.replace("; the recipe says `terms: FOLDER`", "").replace("FOLDER", str(recipe.terms_folder))


def _place(recipe: Recipe, endpoint: object, used: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where the recipe describes it: under `models:`, or in place."""
    return next((("models", name) for name, one in recipe.models.items() if one == endpoint), used)


def _imported(part: Part) -> Served:
    return Served.said(*(getattr(part, name) for name in _IMPORTED))
