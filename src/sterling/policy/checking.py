"""Rules about what the checks must see to: duplicates, contamination, and what rare records lose."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from sterling.policy.defaults import ANCHORED, EVERY
from sterling.policy.ordering import TWINS
from sterling.policy.rule import Situation, gate_of, gate_rule, met, rule, unmet
from sterling.recipes import Recipe
from sterling.stats import Evidence

_DUPLICATES = ("exact_duplicates", "near_duplicates")
_HELD = frozenset({"contaminated", "exact_match"})
"""Reasons of `contamination` for a record that holds an evaluation item."""
_TYPES = ("hapax_types", "rare_types")
_TAILS = ("rare", "hapax", "rare_ngrams", "rare_clusters", "rare_tags", "worst_cluster", "worst_tag", *_TYPES)
"""Ratios to random drops in the evidence `tails.<check>`."""


@rule(
    "checks.duplicates",
    "high",
    EVERY,
    why="what is repeated is memorised, and templated synthetic text repeats itself",
    source="Lee et al., Deduplicating Training Data Makes Language Models Better, arXiv 2107.06499",
    mend="add both `- {check: exact_duplicates}` and `- {check: near_duplicates}`",
)
def deduplicated(recipe: Recipe) -> Iterator[Situation]:
    """Both kinds of duplicates are looked for."""
    present = {entry.part.name_in_recipe for entry in recipe.checks}
    missing = [name for name in _DUPLICATES if name not in present]
    if missing:
        yield unmet(f"no check for {' and '.join(missing)}", "checks")
    else:
        yield met("exact and near duplicates are looked for", "checks")


@gate_of(deduplicated)
def duplicates_that_stay(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """How many records both kinds flagged and left in the mix. Where a kind is missing, the lint's word stands."""
    checks = [entry for entry in recipe.checks if entry.part.name_in_recipe in _DUPLICATES]
    staying = [(entry.name, flagged_in_mix(evidence, entry.name)) for entry in checks]
    said = ", ".join(f"{n:,} flagged by `{name}`" for name, n in staying if n)
    if said and {entry.part.name_in_recipe for entry in checks} == set(_DUPLICATES):
        yield met(f"exact and near duplicates are looked for; in the mix stay {said}", "checks")


def flagged_in_mix(evidence: Mapping[str, Evidence], check: str, reasons: Collection[str] | None = None) -> int:
    """Records that a check flagged, for one of these reasons or for any, and that are in the mix."""
    found = evidence.get(f"mix.flagged.{check}")
    told: Mapping[str, int] = {} if found is None else found.inputs["reasons"]
    return sum(n for reason, n in told.items() if reasons is None or reason in reasons)


@rule(
    "checks.contamination",
    "high",
    ANCHORED,
    why="a test that was trained on measures memory: some models score lower when the same test is written anew",
    source="Zhang et al., A Careful Examination of LLM Performance on Grade School Arithmetic, arXiv 2405.00332",
    mend="add `- {check: contamination, against: [test]}`",
)
def test_role_is_protected(recipe: Recipe) -> Iterator[Situation]:
    """Contamination is looked for: with the anchor's own test role, or where that is empty with a test set of files."""
    checks = _contamination(recipe)
    protecting = [index for index, against in checks if "test" in against]
    if protecting:
        yield _looked_for(recipe, protecting[0], "the `test` role")
    elif recipe.roles.test == 0 and checks and checks[0][1]:
        yield _looked_for(recipe, checks[0][0], ", ".join(checks[0][1]))
    elif checks:
        index, against = checks[0]
        what = f"the contamination check compares with {', '.join(against) or 'nothing'}, not with the `test` role"
        yield unmet(what, "checks", index, mend="add `test` to its `against:`")
    else:
        yield unmet("no check looks for contamination", "checks")


def _looked_for(recipe: Recipe, index: int, sets: str) -> Situation:
    spared = "" if recipe.checks[index].part.human == "drop" else "; human records that have it are flagged, and stay"
    return met(f"contamination with {sets} is looked for{spared}", "checks", index)


@rule(
    "roles.test",
    "high",
    ANCHORED,
    why="with no test role there is nothing real to find out on whether the data helps, and nothing to protect",
    source="Kapoor and Narayanan, Leakage and the reproducibility crisis in ML-based science, Patterns 4 (2023)",
    mend="give `roles.test` a share, for instance 0.1, and take it from `roles.train`",
)
def test_role_exists(recipe: Recipe) -> Iterator[Situation]:
    """A contamination check against the test role has a test role to compare with."""
    for index, against in _contamination(recipe):
        if "test" in against and recipe.roles.test == 0:
            yield unmet(f"check {index + 1} compares with the `test` role, whose share is 0", "roles")
        elif "test" in against:
            yield met(f"{recipe.roles.test:.0%} of the anchor, by groups, is to be the `test` role", "roles")


@gate_of(test_role_is_protected)
def no_item_is_in_the_mix(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The contamination check had something to compare with, and nothing that holds an item of it is in the mix."""
    held = list(_holding_items(recipe, evidence))
    yield from held
    if not held:
        yield from _compared(evidence)


def _holding_items(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    for index, _ in _contamination(recipe):
        name = recipe.checks[index].name
        n = flagged_in_mix(evidence, name, _HELD)
        if n:
            what = (
                f"{n:,} records in the mix hold evaluation items: `{name}` flags human records and drops none of them"
            )
            yield unmet(what, "checks", index, mend=f"say `human: drop` on `{name}`")


def _compared(evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    items = evidence.get("contamination.benchmark_items")
    if items is not None and not items.value:
        mend = "give `roles.test` a larger share, name a file under `against:`, or bring more data"
        yield unmet("the contamination check had nothing to compare with", "checks", mend=mend)
    elif items is not None:
        yield met(f"contamination with {items.value:,.0f} items was looked for", "checks")


@gate_of(test_role_exists)
def test_role_holds_records(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The test role did not come out empty."""
    held = evidence.get("anchor.role.test")
    if held is None or not any("test" in against for _, against in _contamination(recipe)):
        return
    what = f"the `test` role holds {held.value:,.0f} records of the anchor"
    mend = "roles are cut by chance over groups: raise `roles.test`, say a finer `split_by`, or bring more data"
    yield met(what, "roles") if held.value else unmet(what, "roles", mend=mend)


@gate_rule(
    "filters.tails",
    "high",
    ANCHORED,
    why="what is rare goes first when data is filtered over and over, and no later generation brings it back",
    source="Shumailov et al., Nature 631 (2024)",
    mend="read what it dropped (`rejected/`, where `check` is its name; `sterling trace ID` tells one record's way); "
    "mend the check, or give the rare ones to people to judge",
)
def no_filter_thins_the_tails(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """No check keeps less of what is rare than random drops would, by more than the margin and beyond chance."""
    looked = list(_tail_ratios(recipe, evidence))
    thinned: dict[int, list[_Ratio]] = {}
    for index, ratio in looked:
        if ratio.high < 1 - recipe.tail_margin:
            thinned.setdefault(index, []).append(ratio)
    for index, ratios in thinned.items():
        yield _thinned(index, recipe.checks[index].name, ratios)
    if looked and not thinned:
        what = f"no check thins its rare records, a cluster, a tag or rare words by more than {recipe.tail_margin:.0%}"
        yield met(what, "checks")


class _Ratio(NamedTuple):
    """What a check let through of something rare, beside random drops."""

    value: float
    high: float
    told: Evidence


def _tail_ratios(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[tuple[int, _Ratio]]:
    """(index of the check, ratio) of everything rare that could be held against chance.

    A twin stays for each record that a check of duplicates drops, so of these checks only lost words count.
    """
    for index, entry in enumerate(recipe.checks):
        groups = _TYPES if entry.part.name_in_recipe in TWINS else _TAILS
        for among in ("", "anchor."):
            for group in groups:
                told = evidence.get(f"tails.{entry.name}.{among}{group}")
                if told is not None and told.value is not None and told.interval is not None:
                    yield index, _Ratio(told.value, told.interval.high, told)


def _thinned(index: int, name: str, ratios: Sequence[_Ratio]) -> Situation:
    """The worst of the groups that one check thins."""
    worst = min(ratios, key=lambda ratio: ratio.value)
    told = worst.told
    group, among = told.inputs["group"], " of the anchor" if told.inputs.get("among") else ""
    if "lost" in told.inputs:
        said = f"`{name}` keeps {worst.value:.0%} as many of {told.n:,} `{group}`{among} as random drops would"
    else:
        records = f"{told.n:,} `{group}` records{among}"
        said = f"`{name}` lets {worst.value:.0%} as many of its {records} through as of the others"
    more = f"; other groups that it thins: {len(ratios) - 1}" if len(ratios) > 1 else ""
    return unmet(f"{said}{more}", "checks", index)


def _contamination(recipe: Recipe) -> list[tuple[int, list[str]]]:
    """Index and `against` of every contamination check."""
    return [
        (index, _listed(getattr(entry.part, "against", None)))
        for index, entry in enumerate(recipe.checks)
        if entry.part.name_in_recipe == "contamination"
    ]


def _listed(against: object) -> list[str]:
    if isinstance(against, str):
        return [against]
    return [str(one) for one in against] if isinstance(against, list | tuple) else []
