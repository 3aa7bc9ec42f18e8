"""Rules about the real data: who vouches for it, what it may be used for, how it is split."""

from collections.abc import Iterator

from sterling.policy.defaults import ANCHORED, EVERY
from sterling.policy.rule import Situation, met, rule, unmet
from sterling.recipes import Recipe
from sterling.registry import Source

_UNSAID = frozenset({"", "unknown", "none", "n/a", "na", "tbd", "todo", "?"})


def counts_as_real(source: Source) -> bool:
    """Whether a source's records can count towards the real share: human, and somebody says so and why."""
    return source.yields() == "human" and not _unattested(source)


def _unattested(source: Source) -> list[str]:
    said = {"attested_by": source.attested_by, "attested_because": source.attested_because}
    return [key for key, value in said.items() if not (value or "").strip()]


@rule(
    "anchor.attested",
    "high",
    EVERY,
    why="text of unknown origin may be a model's own output, and then the anchor holds nothing in place",
    source="Shumailov et al., Nature 631 (2024)",
    mend="say `origin: human` with `attested_by: <a person>` and `attested_because: <how that person knows>`",
)
def origins_are_attested(recipe: Recipe) -> Iterator[Situation]:
    """Every source says where its rows come from, and a person answers for the word `human`."""
    named = []
    for index, source in enumerate(recipe.anchor):
        if source.origin == "unknown":
            yield unmet(f"the origin of `{source.name}` is unknown, so none of it counts as real", "anchor", index)
        elif source.origin == "human" and _unattested(source):
            missing = " and ".join(f"`{key}`" for key in _unattested(source))
            yield unmet(
                f"`{source.name}` says `origin: human` without {missing}: it counts as unknown", "anchor", index
            )
        else:
            named.append(f"`{source.name}` is {source.yields()}" + _by(source))
    if len(named) == len(recipe.anchor) > 0:
        yield met("; ".join(named), "anchor")


def _by(source: Source) -> str:
    return f", attested by {source.attested_by}" if source.attested_by else ""


@rule(
    "anchor.licence",
    "required",
    EVERY,
    why="nobody can say what a release may be used for when one of its sources says nothing",
    source="Longpre et al., The Data Provenance Initiative, arXiv 2310.16787",
    mend="add `licence:` with an SPDX identifier, or `proprietary` for data of your own",
)
def licences_are_known(recipe: Recipe) -> Iterator[Situation]:
    """Every source says its licence."""
    silent = [i for i, source in enumerate(recipe.anchor) if (source.licence or "").strip().lower() in _UNSAID]
    for index in silent:
        yield unmet(f"the recipe does not say the licence of `{recipe.anchor[index].name}`", "anchor", index)
    if recipe.anchor and not silent:
        yield met("; ".join(f"`{source.name}`: {source.licence}" for source in recipe.anchor), "anchor")


@rule(
    "anchor.split_by",
    "high",
    ANCHORED,
    why="rows of one person, document or module are relatives: split apart, what trains has seen what is held back",
    source="Kapoor and Narayanan, Leakage and the reproducibility crisis in ML-based science, Patterns 4 (2023)",
    mend="add `split_by: <column>` that says what belongs together; where no rows do, a column unique to each row",
)
def relatives_stay_together(recipe: Recipe) -> Iterator[Situation]:
    """Every source whose anchor is split says what belongs together."""
    roles = [role for role, share in recipe.roles.shares.items() if share > 0]
    if len(roles) < 2:
        return
    loose = [i for i, source in enumerate(recipe.anchor) if source.split_by is None]
    for index in loose:
        name = recipe.anchor[index].name
        yield unmet(f"`{name}` is cut row by row into {', '.join(roles)}: relatives may part", "anchor", index)
    if recipe.anchor and not loose:
        yield met("; ".join(f"`{source.name}` is cut by {source.split_by}" for source in recipe.anchor), "anchor")


@rule(
    "privacy.leakage_report",
    "required",
    EVERY,
    why="synthetic data can repeat the people it was made from, and nothing but a measurement can tell",
    source="The DCR Delusion, arXiv 2505.01524",
    mend="this version measures no leakage: keep the release in the house, and waive with the reason and your name",
)
def personal_data_has_a_report(recipe: Recipe) -> Iterator[Situation]:
    """Personal data needs a leakage report, which this version cannot make."""
    personal = [i for i, source in enumerate(recipe.anchor) if source.personal_data]
    for index in personal:
        what = f"`{recipe.anchor[index].name}` holds personal data, and no leakage report can be made yet"
        yield unmet(what, "anchor", index, "personal_data")
    if recipe.anchor and not personal:
        yield met("no source is said to hold personal data", "anchor")
