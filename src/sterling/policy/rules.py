"""The two moments at which the rules run: `lint` over the recipe before, `gate` over the evidence after."""

from collections.abc import Callable, Iterable, Sequence

from sterling.errors import RecipeError
from sterling.policy import (
    anchors,
    budget,
    checking,
    collapse,
    evaluation,
    experiment,
    generation,
    generations,
    mixing,
    ordering,
    releasing,
    target,
    terms,
    verifiers,
)
from sterling.policy.finding import SEVERITIES, Finding
from sterling.policy.rule import Rule, Situation, registered
from sterling.recipes import Recipe, Waiver, dotted, nearest
from sterling.recipes.problems import Path
from sterling.stats import Evidence

SUBJECTS = (
    anchors,
    budget,
    checking,
    collapse,
    evaluation,
    experiment,
    generation,
    generations,
    mixing,
    ordering,
    releasing,
    target,
    terms,
    verifiers,
)
"""The modules whose rules are registered by being imported here."""


def rules() -> list[Rule]:
    """Every rule, critical ones first."""
    return sorted((made for made, _ in registered()), key=lambda made: (SEVERITIES.index(made.severity), made.id))


def lint(recipe: Recipe, where: Callable[[Path], str] = dotted) -> list[Finding]:
    """What every rule of the recipe's purpose says before anything runs; what does not apply says nothing.

    `where` turns a path into words for errors (`Loaded.where`). RecipeError when a waiver names no rule.
    """
    waivers = _waivers(recipe, where)
    return [
        finding
        for made, _ in registered(recipe.purpose)
        for finding in _findings(made, made.lint(recipe), waivers.get(made.id))
    ]


def gate(recipe: Recipe, evidence: Sequence[Evidence], where: Callable[[Path], str] = dotted) -> list[Finding]:
    """What the rules that can be measured say of the finished run. `settled` joins it with the lint."""
    waivers, named = _waivers(recipe, where), {one.name: one for one in evidence}
    return [
        finding
        for made, measure in registered(recipe.purpose)
        if measure is not None
        for finding in _findings(made, measure(recipe, named), waivers.get(made.id))
    ]


def _waivers(recipe: Recipe, where: Callable[[Path], str]) -> dict[str, Waiver]:
    known = [made.id for made, _ in registered()]
    for index, waiver in enumerate(recipe.waive):
        if waiver.rule not in known:
            place = where(("waive", index, "rule"))
            raise RecipeError(f"there is no rule `{waiver.rule}`", where=place, mend=nearest(waiver.rule, known))
    return {waiver.rule: waiver for waiver in recipe.waive}


def _findings(made: Rule, situations: Iterable[Situation], waiver: Waiver | None) -> list[Finding]:
    return [_finding(made, situation, None if situation.met else waiver) for situation in situations]


def _finding(made: Rule, found: Situation, waiver: Waiver | None) -> Finding:
    return Finding(
        made.id,
        made.severity,
        "met" if found.met else "unmet" if waiver is None else "waived",
        found.what,
        made.why,
        made.source,
        found.mend or made.mend,
        found.path,
        None if waiver is None else waiver.by,
        None if waiver is None else waiver.because,
        made.holds_back,
    )
