"""Rules about what the checks must see to: duplicates and contamination."""

from collections.abc import Iterator, Mapping

from sterling.policy.defaults import ANCHORED, EVERY
from sterling.policy.rule import Situation, gate_of, met, rule, unmet
from sterling.recipes import Recipe
from sterling.stats import Evidence

_DUPLICATES = ("exact_duplicates", "near_duplicates")
_TAILS = (
    "rare", "hapax", "rare_ngrams", "rare_clusters", "rare_tags", "worst_cluster", "worst_tag", "hapax_types",
    "rare_types",
)  # fmt: skip
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
        yield met("contamination with the `test` role is looked for", "checks", protecting[0])
    elif recipe.roles.test == 0 and checks and checks[0][1]:
        yield met(f"contamination with {', '.join(checks[0][1])} is looked for", "checks", checks[0][0])
    elif checks:
        index, against = checks[0]
        what = f"the contamination check compares with {', '.join(against) or 'nothing'}, not with the `test` role"
        yield unmet(what, "checks", index, mend="add `test` to its `against:`")
    else:
        yield unmet("no check looks for contamination", "checks")


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
def something_was_compared(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The contamination check had something to compare with."""
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


@rule(
    "filters.tails",
    "high",
    ANCHORED,
    why="what is rare goes first when data is filtered over and over, and no later generation brings it back",
    source="Shumailov et al., Nature 631 (2024)",
    mend="look at the rare records that it dropped; mend the check, or give them to people to judge",
)
def tails_are_weighed(_: Recipe) -> Iterator[Situation]:
    """What a filter does to rare records is known only afterwards."""
    yield from ()


@gate_of(tails_are_weighed)
def no_filter_thins_the_tails(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """No check keeps less of what is rare than random drops would, by more than the margin and beyond chance."""
    looked = thinned = 0
    for index, ratio in _tail_ratios(recipe, evidence):
        looked += 1
        if ratio.interval is not None and ratio.interval.high < 1 - recipe.tail_margin:
            thinned += 1
            yield _thinned(index, recipe.checks[index].name, ratio)
    if looked and not thinned:
        what = f"no check thins its rare records, a cluster, a tag or rare words by more than {recipe.tail_margin:.0%}"
        yield met(what, "checks")


def _tail_ratios(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[tuple[int, Evidence]]:
    """(index of the check, ratio) of everything rare that could be held against chance."""
    for index, entry in enumerate(recipe.checks):
        for among in ("", "anchor."):
            for group in _TAILS:
                ratio = evidence.get(f"tails.{entry.name}.{among}{group}")
                if ratio is not None and ratio.value is not None and ratio.interval is not None:
                    yield index, ratio


def _thinned(index: int, name: str, ratio: Evidence) -> Situation:
    group, among = ratio.inputs["group"], " of the anchor" if ratio.inputs.get("among") else ""
    if "lost" in ratio.inputs:
        said = f"`{name}` keeps {ratio.value:.0%} as many of {ratio.n:,} `{group}`{among} as random drops would"
    else:
        records = f"{ratio.n:,} `{group}` records{among}"
        said = f"`{name}` lets {ratio.value:.0%} as many of its {records} through as of the others"
    return unmet(said, "checks", index)


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
