"""Rules about the mix: real data stays in it, and synthetic data does not outgrow it."""

from collections.abc import Iterator, Mapping

from sterling.policy.anchors import counts_as_real
from sterling.policy.defaults import ANCHORED, EVERY, caps, shares
from sterling.policy.experiment import proof_of
from sterling.policy.rule import Situation, gate_of, met, rule, unmet
from sterling.recipes import Recipe
from sterling.stats import Evidence

REMOVES_TWINS = frozenset({"exact_duplicates", "near_duplicates", "contamination"})
"""Checks that may take a human record away: its content is elsewhere, or must not train at all."""
_RAISED = (
    "nothing, if you mean it: the run goes on, and its card will print this rule as not met; to meet it, lower "
    "`mix.synthetic_cap`, or show that it helps: `sterling experiment RECIPE`, then `mix.evidence: FILE`"
)
_BELOW = "bring data that is attested as human"


@rule(
    "mix.anchor",
    "critical",
    ANCHORED,
    why="training on generated data alone forgets the tails first, then the rest; real data kept beside it holds them",
    source="Shumailov et al., Nature 631 (2024); Gerstgrasser et al., arXiv 2404.01413",
    mend="name real data under `anchor:` with `origin: human` and an attestation, and keep `mix.real: include`",
)
def real_data_is_in_the_mix(recipe: Recipe) -> Iterator[Situation]:
    """Something attested as human enters the mix."""
    if recipe.mix.real == "exclude" and recipe.mix.preset == "replace":
        what = "`preset: replace` trains on the last output alone, and leaves all real data out"
        yield unmet(what, "mix", "preset", mend="say `preset: accumulate`: keep all real data, and add to it")
    elif recipe.mix.real == "exclude":
        yield unmet("`mix.real: exclude` leaves all real data out", "mix", "real", mend="say `mix.real: include`")
    elif not recipe.anchor:
        yield unmet("`anchor:` is empty", "anchor")
    elif recipe.roles.train == 0:
        yield unmet("`roles.train` is 0, and only that role enters the mix", "roles", mend="give `roles.train` a share")
    elif real := [source.name for source in recipe.anchor if counts_as_real(source)]:
        yield met(f"real data from {', '.join(real)} is in the mix", "anchor")
    else:
        yield unmet("no anchor is attested as human, so the real share will be 0", "anchor")


@gate_of(real_data_is_in_the_mix)
def real_share_is_positive(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The mix that came out holds real data."""
    real = evidence.get("mix.share.real")
    if real is None:
        yield unmet("the run left no evidence `mix.share.real`", "mix", mend="run it to its end")
    elif not real.value:
        found = "nothing at all" if real.value is None else "no real record"
        yield unmet(f"the mix holds {found}", "mix", mend="`sterling status` says where the records went")
    else:
        yield met(f"{real.value:.1%} of the mix is real, in {recipe.mix.unit}", "mix")


@rule(
    "mix.whole_anchor",
    "high",
    ANCHORED,
    why="a fixed subset of the real data only delays the loss of the tails; fresh draws, or the whole, hold them",
    source="Alemohammad et al., arXiv 2307.01850; Gerstgrasser et al., arXiv 2404.01413",
    mend="remove `human: drop`: human records are then flagged and kept",
)
def whole_anchor_counts(recipe: Recipe) -> Iterator[Situation]:
    """The real share is drawn from the whole anchor: nothing but duplicates and contamination takes records from it."""
    filters = [
        (index, entry.name)
        for index, entry in enumerate(recipe.checks)
        if entry.part.human == "drop" and entry.part.may_drop() and entry.part.name_in_recipe not in REMOVES_TWINS
    ]
    for index, name in filters:
        yield unmet(f"`{name}` drops human records, so the mix draws from what it likes", "checks", index)
    if recipe.anchor and recipe.mix.real == "include" and not filters:
        yield met("real records are drawn from the whole train role of the anchor", "mix")


@rule(
    "mix.synthetic_cap",
    "high",
    EVERY,
    why="with 30 % synthetic data, loss on real text stayed flat for six generations; with 50 and 70 % it ended higher",
    source="a policy, not a law: own n-gram loops; for rephrased text about a third (Kang et al., arXiv 2510.01631)",
    mend="lower `mix.synthetic_cap`, or show that it helps: `sterling experiment RECIPE`, then `mix.evidence: FILE`",
)
def synthetic_share_is_capped(recipe: Recipe) -> Iterator[Situation]:
    """The cap of the recipe is at most its purpose's."""
    default, cap = shares(recipe.purpose).synthetic_cap, caps(recipe).synthetic_cap
    if recipe.mix.real == "exclude":
        return
    said = "" if recipe.mix.synthetic_cap is not None else ", the purpose's default"
    what = f"synthetic data may be {cap:.0%} of the mix, in {recipe.mix.unit}{said}"
    if cap > default:
        proof = proof_of(recipe)
        if proof.holds:
            yield met(f"{what}; {recipe.purpose} allows {default:.0%}, but {proof.what}", "mix", "synthetic_cap")
            return
        yield unmet(f"{what}; {recipe.purpose} allows {default:.0%}", "mix", "synthetic_cap", mend=_RAISED)
    else:
        yield met(what, "mix", "synthetic_cap")


@gate_of(synthetic_share_is_capped)
def synthetic_share_is_kept(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The mix that came out is within the purpose's cap."""
    measured, cap = evidence.get("mix.share.synthetic"), shares(recipe.purpose).synthetic_cap
    if measured is None or measured.value is None or recipe.mix.real == "exclude":
        return
    if cap < caps(recipe).synthetic_cap and proof_of(recipe).holds:
        cap = caps(recipe).synthetic_cap
    beside = [name for name in ("mixed", "unknown") if _amount(recipe, evidence, name)]
    counted = f"counts as synthetic ({' and '.join(beside)} origin with it)" if beside else "is synthetic"
    what = f"{measured.value:.1%} of the mix {counted}, in {recipe.mix.unit}; {recipe.purpose} allows {cap:.0%}"
    yield met(what, "mix") if measured.value <= cap + 1e-9 else unmet(what, "mix")


def _amount(recipe: Recipe, evidence: Mapping[str, Evidence], origin: str) -> float:
    """What the mix holds of an origin, in its unit."""
    held = evidence.get(f"mix.{recipe.mix.unit}.{origin}")
    return 0 if held is None else held.value or 0


@rule(
    "mix.real_floor",
    "high",
    ANCHORED,
    why="where the cap is raised, the floor is what keeps real data in the mix",
    source="Gerstgrasser et al., arXiv 2404.01413; Alemohammad et al., arXiv 2307.01850",
    mend="set `mix.real_floor` above 0, or leave it out for the purpose's default",
)
def real_share_has_a_floor(recipe: Recipe) -> Iterator[Situation]:
    """A lowest real share is set."""
    floor = caps(recipe).real_floor
    if floor:
        said = "" if recipe.mix.real_floor is not None else ", the purpose's default"
        yield met(f"at least {floor:.0%} of the mix is real{said}", "mix", "real_floor")
    else:
        yield unmet("nothing says how much of the mix must be real", "mix", "real_floor")


@gate_of(real_share_has_a_floor)
def real_share_is_above_its_floor(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The mix that came out keeps its floor."""
    real, floor = evidence.get("mix.share.real"), caps(recipe).real_floor
    if real is None or real.value is None:
        yield unmet("the real share was not measured", "mix", mend="run it to its end")
        return
    if not floor:
        what = f"nothing says how much of the mix must be real; {real.value:.1%} of it is"
        yield unmet(what, "mix", "real_floor")
        return
    what = f"{real.value:.1%} of the mix is real; its floor is {floor:.0%}"
    kept = real.value >= floor - 1e-9
    yield met(what, "mix") if kept else unmet(what, "mix", "real_floor", mend=_BELOW)


MOST_EPOCHS = 4
"""How often a real record may be seen before repeating it is worth clearly less than fresh data."""


@rule(
    "mix.repeated",
    "high",
    ANCHORED,
    why="up to four epochs repeated data is nearly as good as fresh; beyond, it is worth less and less",
    source="Muennighoff et al., arXiv 2305.16264",
    mend="lower `mix.epochs` or `mix.weights.real`, or bring more real data",
)
def real_data_is_not_worn_out(recipe: Recipe) -> Iterator[Situation]:
    """What repetition and weight together may come to."""
    often = recipe.mix.epochs * recipe.mix.weights.real
    if recipe.mix.real == "exclude" or often == 1:
        return
    what = f"a real record may be seen {often:g} times where another is seen once"
    yield unmet(what, "mix") if often > MOST_EPOCHS else met(what, "mix")


@gate_of(real_data_is_not_worn_out)
def real_data_was_not_worn_out(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """How often the most repeated real record is seen."""
    often = evidence.get("mix.real.epochs")
    if often is None or often.value is None or often.value == 1:
        return
    what = f"real records are seen up to {often.value:g} times where another is seen once"
    yield unmet(what, "mix") if often.value > MOST_EPOCHS else met(what, "mix")


@rule(
    "mix.ends_on_real",
    "recommended",
    ANCHORED,
    why="what a model sees last, when its learning rate falls, shapes it most: let that be real data",
    source="a policy, not a law: staged training as in Hu et al. (MiniCPM), arXiv 2404.06395",
    mend="say `mix.ends_on_real: 0.1`, and train in the order of the column `phase`",
)
def mix_ends_on_real_data(recipe: Recipe) -> Iterator[Situation]:
    """In a run that continues another, the end of training is real data alone."""
    share = recipe.mix.ends_on_real
    if share:
        yield met(f"the last {share:.0%} of the mix is real data alone", "mix", "ends_on_real")
    elif recipe.continues is not None and recipe.mix.real == "include":
        yield unmet("real and synthetic data are seen in one order to the end", "mix")


@gate_of(mix_ends_on_real_data)
def mix_ended_on_real_data(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The end that came out."""
    end = evidence.get("mix.end.real")
    if end is not None and end.value is not None:
        what = f"the last {end.value:.1%} of the mix is real data alone"
        short = end.value < recipe.mix.ends_on_real - 1e-9
        yield unmet(what, "mix", "ends_on_real") if short else met(what, "mix", "ends_on_real")
