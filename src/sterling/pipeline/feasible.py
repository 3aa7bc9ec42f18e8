"""A recipe's demands on its mix as the planner takes them, and in words where they cannot hold together."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, combinations
from pathlib import Path
from typing import NamedTuple

from sterling.errors import InputError, RecipeError
from sterling.mix import (
    OTHERS,
    Cap,
    Cell,
    Conflict,
    Demand,
    Infeasible,
    Program,
    Rules,
    demands_of,
    place_of_domain,
    read_ratios,
)
from sterling.policy import caps, weights
from sterling.recipes import Loaded, Recipe, nearest
from sterling.recipes.problems import Places, Problem, as_error
from sterling.recipes.reading import Document, read_yaml

_MOST_TAGS = 6
"""Named domains whose every combination is tried before the run; with more, the mix step finds out."""


def rules_of(recipe: Recipe, *, preview: bool = False) -> Rules:
    """What the recipe says about its mix, defaults of its purpose included. InputError for a bad file of ratios.

    A preview has too few records for minimums, and asks for none.
    """
    mix, bounds, factors = recipe.mix, caps(recipe), weights(recipe)
    return Rules(
        real=mix.real, synthetic_cap=bounds.synthetic_cap, real_floor=bounds.real_floor, unit=mix.unit,
        budget=mix.budget, weights=(factors.real, factors.synthetic), caps=tuple(_caps(recipe)),
        minimum={} if preview else dict(mix.minimum),
        ratios=_ratios(recipe), epochs=mix.epochs, draw=mix.draw,
        per_depth=factors.per_depth or 1, per_generation=factors.per_generation or 1, generations=mix.generations,
        real_share=mix.real_share or 0, ends_on_real=mix.ends_on_real,
    )  # fmt: skip


def _ratios(recipe: Recipe) -> Mapping[str, Fraction]:
    named = recipe.mix.ratios
    return {} if named is None else read_ratios(str(recipe.located(named)))


def _caps(recipe: Recipe) -> Iterator[Cap]:
    said = recipe.mix.caps
    yield from (Cap("strategy", name, share) for name, share in said.strategy.items())
    yield from (Cap("depth", str(depth), share) for depth, share in sorted(said.depth.items()))
    yield from (Cap("domain", name, share) for name, share in said.domain.items())


def require_mix(loaded: Loaded) -> None:
    """Whether some data could satisfy the recipe's mix; RecipeError with line, conflict and mend where none could."""
    recipe = loaded.recipe
    try:
        rules = rules_of(recipe)
    except InputError as error:
        what = error.what if error.where is None else f"{error.where}: {error.what}"
        raise RecipeError(what, where=loaded.where(("mix", "ratios")), mend=error.mend) from None
    size = None if rules.budget == "anchor" else rules.budget
    demands = [*demands_of(rules, size), *_of_all_clusters(recipe)]
    places = Places(str(loaded.path), loaded.lines, [(one.path, one.where) for one in loaded.overrides])
    if not rules.solved and recipe.mix.per_cluster is None:
        return
    if conflicts := _program(recipe, rules, demands).conflicts():
        raise refusal(Infeasible(conflicts), rules.unit, places)


def _of_all_clusters(recipe: Recipe) -> Iterator[Demand]:
    """Any record may lie in any one cluster, so before the run their minimums are one for all together."""
    asked = recipe.mix.per_cluster
    if asked is not None:
        yield Demand(("per_cluster",), "at_least", Fraction(asked.clusters * asked.least), "all")


def _program(recipe: Recipe, rules: Rules, demands: Sequence[Demand]) -> Program:
    """Every kind of record that this recipe might yield, as much of each as one likes."""
    kinds = list(_kinds(recipe, demands))
    cells = [Cell(real, None) for real, _, _ in kinds]
    inside = {
        demand.path: frozenset(number for number, kind in enumerate(kinds) if _concerns(demand, *kind))
        for demand in demands
    }
    return Program(cells, demands, inside, epochs=rules.epochs)


def _kinds(recipe: Recipe, demands: Sequence[Demand]) -> Iterator[tuple[bool, frozenset[str], int]]:
    """Side, names and depth. Any record may have any tags, so tags that demands name are tried in every combination."""
    entries = {name for entry in recipe.generate for name in (entry.name, entry.part.name_in_recipe)}
    known = entries | {source.name for source in recipe.anchor}
    tags = sorted({d.name for d in demands if d.about == "domain"} - known)
    sets = chain.from_iterable(combinations(tags, n) for n in range(len(tags) + 1))
    depths = sorted({1, *(int(d.name) for d in demands if d.about == "depth")})
    for carried in sets if len(tags) <= _MOST_TAGS else [()]:
        for source in recipe.anchor:
            if recipe.mix.real == "include" and source.yields() == "human":
                yield True, frozenset({source.name, *carried}), 0
            yield False, frozenset({source.name, *carried}), 0
        for entry in recipe.generate:
            for depth in depths:
                yield False, frozenset({entry.name, entry.part.name_in_recipe, *carried}), depth
        if recipe.continues is not None:
            yield from ((False, frozenset(carried), depth) for depth in depths)


def _concerns(demand: Demand, real: bool, names: frozenset[str], depth: int) -> bool:
    match demand.about:
        case "all":
            return True
        case "real" | "synthetic":
            return real == (demand.about == "real")
        case "depth":
            return not real and depth >= int(demand.name)
        case "strategy":
            return not real and demand.name in names
        case "domain":
            return demand.name in names
        case "cluster" | "others":
            return False


class Names(NamedTuple):
    """What a cap or a ratio on a domain may name, as a run finds out."""

    may_enter: Collection[str]
    """Of the records that the mix chooses from."""
    left: Collection[str]
    """Of all that the checks left."""
    ever: Callable[[], Collection[str]]
    """Of all that were ever read or written; looked up only where a name is in neither of the others."""


def require_names(recipe: Recipe, rules: Rules, names: Names, places: Places) -> None:
    """RecipeError for a cap on a domain, or a ratio of one, that no record has as a tag or came in by."""
    strange = {name for name in recipe.mix.caps.domain if name not in names.left}
    empty = {name for name, share in rules.ratios.items() if share and name not in names.may_enter}
    if not strange | empty:
        return
    ever = {*names.ever(), *(source.name for source in recipe.anchor)}
    ever |= {name for entry in recipe.generate for name in (entry.name, entry.part.name_in_recipe)}
    problems = [*_misspelt(strange - ever, ever), *_without_records(recipe, sorted(empty), ever)]
    if problems:
        raise as_error(problems, places)


def _misspelt(names: Collection[str], valid: Collection[str]) -> Iterator[Problem]:
    for name in sorted(names):
        what = f"`caps.domain.{name}`: no record has this tag or came in by this name"
        yield Problem(("mix", "caps", "domain", name), what, nearest(name, valid))


def _without_records(recipe: Recipe, names: Sequence[str], valid: Collection[str]) -> Iterator[Problem]:
    """Domains of a file of ratios."""
    for name in names:
        said = f"{place_of_domain(str(recipe.located(str(recipe.mix.ratios))), name)}: `{name}`"
        if name in valid:
            what, mend = "no record of it is left for the mix", "`sterling status` says where they went"
        else:
            what, mend = "no record has this tag or came in by this name", nearest(name, valid)
        yield Problem(("mix", "ratios"), f"{said}: {what}", mend)


def refusal(found: Infeasible, unit: str, places: Places, domains: Sequence[str] = ()) -> RecipeError:
    """Which demands conflict and what each would need, as a mistake of the recipe. `domains` are names there are."""
    if not found.conflicts:
        mend = "`sterling status` says where the records went"
        return RecipeError("there is nothing to mix: no record is left that may enter", where=places.file, mend=mend)
    lines = [f"  {places.where(('mix', *c.demand.path))}: {_sentence(c, unit, domains)}" for c in found.conflicts]
    n = len(found.conflicts)
    if found.proved:
        head = "these demands on the mix conflict" if n > 1 else "this demand on the mix cannot hold"
        mend = f"change {'one of them' if n > 1 else 'it'} so far, or bring more of the data that is asked for"
    else:
        head = "shares that satisfy the recipe exist, but no choice of whole records was found that has them"
        mend = "loosen one of these a little, or bring more and shorter records"
    return RecipeError("\n".join([head, *lines]), where=places.where(("mix",)), mend=mend)


def _sentence(conflict: Conflict, unit: str, domains: Sequence[str]) -> str:
    demand, needed = conflict.demand, conflict.needed
    if demand.about == "cluster":
        said = f"`per_cluster.least` asks for at least {_amount(demand, demand.value, unit)} of cluster {demand.name} "
        said += f"({demand.words})"
        return said if needed is None else f"{said}; {_NEEDED[demand.kind].format(_amount(demand, needed, unit))}"
    if demand.path == OTHERS:
        said = "records of no named domain are to stay out, as the file of `ratios` says"
        more = (
            ""
            if needed is None
            else f"; beside the others they would have to be {_amount(demand, needed, unit)} or more"
        )
        return said + more
    said = f"`{'.'.join(demand.path)}` {_SAID[demand.kind]} {_amount(demand, demand.value, unit)}"
    if demand.about == "domain" and demand.kind == "at_least" and domains and demand.name not in domains:
        return f"{said}, and no record has this tag or came in by this name; {nearest(demand.name, domains)}"
    if needed is None:
        return said
    return f"{said}; {_NEEDED[demand.kind].format(_amount(demand, needed, unit))}"


_SAID = {
    "share_at_most": "allows at most",
    "share_at_least": "asks for at least",
    "at_most": "allows at most",
    "at_least": "asks for at least",
}
_NEEDED = {
    "share_at_most": "beside the others it would have to be {} or more",
    "share_at_least": "beside the others {} can be had at most",
    "at_most": "beside the others it would have to be {} or more",
    "at_least": "beside the others {} can be had at most",
}


def _amount(demand: Demand, value: Fraction, unit: str) -> str:
    if demand.kind.startswith("share"):
        return f"{float(value):.4%}".rstrip("%").rstrip("0").rstrip(".") + "%"
    return f"{math.ceil(value) if demand.kind == 'at_most' else math.floor(value):,} {unit}"


def places_of(path: Path) -> Places:
    """Where the words of a recipe stand, read anew; without lines where there is no such file any more."""
    try:
        document = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return Places(str(path), {})
    return Places(str(path), document.lines if isinstance(document, Document) else {})
