"""Rules about what leaves the house."""

from collections.abc import Iterator

from sterling.policy.defaults import EVERY
from sterling.policy.rule import Situation, met, rule, unmet
from sterling.recipes import Recipe


@rule(
    "release.licence",
    "recommended",
    EVERY,
    why="whoever receives a data set without a licence may not use it, or does not know that he may not",
    source="Longpre et al., The Data Provenance Initiative, arXiv 2310.16787",
    mend="add `release: {licence: <SPDX identifier, or proprietary>}`",
)
def release_has_a_licence(recipe: Recipe) -> Iterator[Situation]:
    """The release says what may be done with it."""
    if recipe.release.licence is None:
        yield unmet("the release will carry no licence", "release")
    else:
        yield met(f"released under {recipe.release.licence}", "release", "licence")
