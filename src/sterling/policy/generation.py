"""Rules about synthetic records: what they start from, and what verifies them."""

from collections.abc import Iterator, Mapping

from sterling.policy.anchors import counts_as_real
from sterling.policy.defaults import EVERY
from sterling.policy.rule import Situation, gate_of, met, rule, unmet
from sterling.recipes import Entry, Recipe
from sterling.records import VERIFYING
from sterling.registry import Check, ModelCheck, Strategy
from sterling.stats import Evidence

_SEEDLESS = frozenset({"completions"})
"""Strategies that bring in what was written elsewhere, from seeds that nobody here has seen."""
_COMPUTED = frozenset({"procedural", "curriculum"})
"""Strategies whose `datasets` are programs: they write question and answer, with no model's idea of the data."""


@rule(
    "generate.seeds",
    "high",
    EVERY,
    why="generation from topics or from nothing returns the generator's own idea of the data, not the data's",
    source="Wang et al., Self-Instruct, arXiv 2212.10560; Maini et al., WRAP, arXiv 2401.16380",
    mend="let `seeds:` name an anchor of `origin: human` and give `roles.train` a share",
)
def seeds_are_real(recipe: Recipe) -> Iterator[Situation]:
    """Every strategy starts from attested human records of the train role."""
    wrong = 0
    for index, entry in enumerate(recipe.generate):
        if situation := _seedless(recipe, index, entry):
            wrong += 1
            yield situation
    if wrong or not recipe.generate:
        return
    if all(_is_computed(entry) for entry in recipe.generate):
        yield met("programs write what is generated, with the answers", "generate")
    else:
        yield met("every strategy that needs seeds starts from human records of the train role", "generate")


def _without_seeds(entry: Entry[Strategy]) -> tuple[str, str] | None:
    """What is wrong with a strategy that starts from no record of the anchor, and its mend; None for the others."""
    name = entry.part.name_in_recipe
    if name in _SEEDLESS:
        what = f"`{entry.name}` imports completions, and what their questions were made from is not recorded"
        return what, "waive with what is known of the questions, for instance `real queries of 2025`"
    if name == "template" and not any(column.kind == "seed" for column in getattr(entry.part, "columns", {}).values()):
        what = f"`{entry.name}` starts from its columns, and from nothing that is real"
        return what, "add a column of kind `seed`, or waive with where the columns and their weights are from"
    if name == "tools" and getattr(entry.part, "wording", None) == "template":
        what = f"`{entry.name}` takes its requests from the templates of its environment, and from nobody who asked"
        return what, "say `wording: anchor`, so that each is worded like a real one, or waive with where they are from"
    return None


def _seedless(recipe: Recipe, index: int, entry: Entry[Strategy]) -> Situation | None:
    place = ("generate", index)
    if _is_computed(entry):
        return None
    if said := _without_seeds(entry):
        return unmet(said[0], *place, mend=said[1])
    if any(other.name == entry.part.seeds for other in recipe.generate[:index]):
        return None  # the other entry is judged by itself
    if recipe.roles.train == 0:
        return unmet(f"`{entry.name}` has nothing to start from: `roles.train` is 0", *place)
    seeds = [source for source in recipe.anchor if entry.part.seeds in {None, source.name}]
    if not any(map(counts_as_real, seeds)):
        names = ", ".join(f"`{source.name}`" for source in seeds) or "no anchor"
        return unmet(f"`{entry.name}` starts from {names}: nothing in it is attested as human", *place)
    return None


def _is_computed(entry: Entry[Strategy]) -> bool:
    """Whether programs write it. What they write is no sample of the user's data either; its answers are exact."""
    return entry.part.name_in_recipe in _COMPUTED and bool(getattr(entry.part, "datasets", None))


@rule(
    "generate.novelty",
    "high",
    EVERY,
    why="a model that is shown requests and asked for more of them soon repeats what it was shown, and itself",
    source="Wang et al., Self-Instruct, arXiv 2212.10560, which takes nothing with a ROUGE-L of 0.7 to what is there",
    mend="add `- {check: novelty}`",
)
def what_is_instructed_is_new(recipe: Recipe) -> Iterator[Situation]:
    """`self_instruct` goes with its gate."""
    asking = [i for i, entry in enumerate(recipe.generate) if entry.part.name_in_recipe == "self_instruct"]
    gated = any(entry.part.name_in_recipe == "novelty" for entry in recipe.checks)
    for index in asking:
        name = recipe.generate[index].name
        if gated:
            yield met(f"`novelty` drops what `{name}` only repeats", "generate", index)
        else:
            yield unmet(f"no check `novelty` stands behind `{name}`", "generate", index)


@rule(
    "synthetic.verified",
    "critical",
    EVERY,
    why="a model takes what it trains on for knowledge; what an outside verifier adds is that some of it is right",
    source="Yi et al., Escaping Model Collapse via Synthetic Data Verification, arXiv 2510.16657",
    mend="add a check that verifies: by execution (`- {check: tests}`), computation, or a judge of another family",
)
def something_verifies(recipe: Recipe) -> Iterator[Situation]:
    """A recipe with synthetic records has a check whose keep verifies. Whether each one passed is for the gate.

    Records of origin `mixed` come from an anchor, where people judged them: they need no check that verifies.
    """
    made = [entry.name for entry in recipe.generate]
    made += [source.name for source in recipe.anchor if source.yields() == "synthetic"]
    if not made:
        return
    verifying = [entry.name for entry in recipe.checks if _can_verify(entry.part)]
    if verifying:
        yield met(f"verified by {', '.join(verifying)}", "checks")
    else:
        yield unmet(f"nothing in `checks:` verifies the records of {', '.join(made)}", "checks")


def _can_verify(check: Check) -> bool:
    """Whether a keep can verify. A model's does where its family is known, of what another family wrote."""
    return check.family in VERIFYING or (isinstance(check, ModelCheck) and bool(check.families()))


@gate_of(something_verifies)
def nothing_unverified_is_released(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The mix holds no synthetic record without a verifying keep."""
    measured = evidence.get("mix.unverified_synthetic")
    if measured is None or measured.value is None:
        yield unmet("the run left no evidence `mix.unverified_synthetic`", mend="run it to its end")
    elif measured.value > 0:
        yield unmet(f"{measured.value:,.0f} synthetic records of the mix are not verified", "checks")
    elif measured.inputs.get("of") == 0:
        yield met("the mix holds no synthetic record", "checks")
    else:
        yield met("every synthetic record of the mix is verified", "checks")
