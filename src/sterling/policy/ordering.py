"""Rules about how checks work together: which stands before which, and which options of theirs do nothing."""

from collections.abc import Iterator

from sterling.models import endpoints_of
from sterling.policy.defaults import EVERY
from sterling.policy.rule import Situation, met, rule, unmet
from sterling.recipes import Recipe

TWINS = frozenset({"exact_duplicates", "near_duplicates", "semantic_duplicates", "novelty"})
"""Checks of which each removal names a record that is kept instead."""
_MAY_FOLLOW = frozenset({"contamination", "quota", "template_collapse"})
"""Checks that drop and may stand behind `TWINS`: what is like an evaluation item may go with it, and the other two
choose among records that are no duplicates."""


@rule(
    "checks.order_of_duplicates",
    "recommended",
    EVERY,
    why="of records that are alike one is kept; a later check that drops that one takes the last of them",
    source="this is arithmetic",
    mend="put checks of duplicates behind the free ones that drop, and before those that ask a model",
)
def duplicates_come_after_filters(recipe: Recipe) -> Iterator[Situation]:
    """No free check that drops stands behind a check that kept one record for several."""
    twins = [n for n, entry in enumerate(recipe.checks) if entry.part.name_in_recipe in TWINS]
    if not twins:
        return
    late = [index for index in _filters(recipe) if index > twins[0]]
    if not late:
        yield met("duplicates are looked for behind the free checks that drop", "checks", twins[0])
        return
    before = _listed(recipe, [index for index in twins if index < late[-1]])
    behind = _listed(recipe, late)
    what = f"{behind} may drop what {before} kept, and what was dropped as its duplicate is lost as well"
    yield unmet(what, "checks", late[0], mend=f"move {before} behind {behind}, and before checks that ask a model")


@rule(
    "checks.human_drop",
    "recommended",
    EVERY,
    why="whoever wrote it believes that these records are gone",
    source="the options of the checks",
    mend="set the option with which it drops (`outcome: drop`, `outside: drop` or `drop_below`), or leave `human:` out",
)
def human_drop_has_an_effect(recipe: Recipe) -> Iterator[Situation]:
    """No check that drops nothing is told to drop human records."""
    for index, entry in enumerate(recipe.checks):
        if entry.part.human == "drop" and not entry.part.may_drop():
            what = f"`human: drop` has no effect on `{entry.name}`, which by its options drops no record at all"
            yield unmet(what, "checks", index, "human")


def _filters(recipe: Recipe) -> list[int]:
    """Free checks that drop records for what they are."""
    return [
        index
        for index, entry in enumerate(recipe.checks)
        if entry.part.name_in_recipe not in TWINS | _MAY_FOLLOW
        and entry.part.may_drop()
        and not endpoints_of(entry.part)
    ]


def _listed(recipe: Recipe, indices: list[int]) -> str:
    return ", ".join(f"`{recipe.checks[index].name}`" for index in indices)
