"""Rules about generations: real data accumulates, its share is no frozen subset, and old synthetic data weighs less."""

from collections.abc import Iterator, Mapping

from sterling.policy.defaults import ANCHORED, EVERY
from sterling.policy.rule import Situation, gate_rule, met, unmet
from sterling.recipes import Recipe
from sterling.stats import Evidence

_LEAST_FROZEN = 0.5
"""Excess of `anchor.rotation` (0 chance, 1 the same records again) above which a draw is no draw."""
_NEARLY_ALL = 0.95
"""Of the real candidates: with so many in the mix it is no subset to speak of, whatever keeps the rest out."""
_LEAST_TRAIN = 0.5
"""Of the real records: with fewer in the train role, most of what people wrote is lost to every generation."""
_MANY = 3
"""Generations from which unweighted accumulation counts as many."""


@gate_rule(
    "anchor.accumulates",
    "critical",
    ANCHORED,
    why="where real data accumulates, error stays bounded over generations; where it is replaced, the tails go first",
    source="Gerstgrasser et al., arXiv 2404.01413; Shumailov et al., Nature 631 (2024)",
    mend="name under `anchor:` the files that the earlier release was made from; what had to go belongs into a file of "
    "`erasures:` (JSONL: `id`, `because`, `by`)",
    holds_back="release",
)
def no_real_record_vanished(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """Every real record that an earlier generation read is among this run's, whatever its role."""
    lost = evidence.get("anchor.vanished")
    if lost is None:
        return
    of, erased = lost.inputs["of"], evidence["anchor.erased"].inputs["erased"]
    told = f", {erased:,} erased ones left aside" if erased else ""
    if lost.value:
        what = f"{lost.value:,.0f} of {of:,} real records of earlier generations have vanished{told}"
        yield unmet(f"{what}: {_named(lost)}", "anchor")
    else:
        yield met(f"all {of:,} real records of earlier generations are still there{told}", "anchor")


@gate_rule(
    "anchor.erased",
    "critical",
    EVERY,
    why="an erasure is a promise to the person it concerns; naming the record and keeping it breaks it",
    source="Regulation (EU) 2016/679, article 17",
    mend="take these records out of the files under `anchor:`",
    holds_back="release",
)
def erased_records_are_gone(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """No record that `erasures` names was read."""
    still = evidence.get("anchor.erased")
    if still is None or not (still.inputs["erased"] or still.inputs["unknown"] or still.value):
        return
    if still.value:
        yield unmet(f"{still.value:,.0f} erased records are read all the same: {_named(still)}", "erasures")
    elif unknown := still.inputs["unknown"]:
        what = f"{unknown:,} erasures name a record that no earlier generation knows"
        yield unmet(what, "erasures", mend="give the id or the digest as the earlier release's provenance/ has it")
    else:
        yield met(f"{still.inputs['erased']:,} records are erased, and what was made from them is dropped", "erasures")


@gate_rule(
    "anchor.roles_stay",
    "high",
    EVERY,
    why="what an earlier generation trained on cannot measure this one, and what it was measured on must not train",
    source="Kapoor and Narayanan, Leakage and the reproducibility crisis in ML-based science, Patterns 4 (2023)",
    mend="keep `roles:` and `split_by:` as they were: a record's role follows from them",
)
def records_stay_on_their_side(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """No record changed between training and what training is measured by."""
    back, on = evidence.get("anchor.moved.held_back"), evidence.get("anchor.moved.trained_on")
    if back is None or on is None:
        return
    if back.value:
        what = f"{back.value:,.0f} records that earlier generations trained on are held back now"
        yield unmet(f"{what}: {_named(back)}", "roles")
    if on.value:
        what = f"{on.value:,.0f} records that were held back are trained on now, and cannot measure any more"
        yield unmet(f"{what}: {_named(on)}", "roles")
    if not back.value and not on.value:
        yield met("every earlier record is on the side of training or of measuring that it was on", "roles")


@gate_rule(
    "mix.rotation",
    "critical",
    ANCHORED,
    why="in n-gram loops a frozen tenth of the real data hardly slows the loss, and the same tenth drawn anew does",
    source="own trigram loops, six generations; Alemohammad et al., arXiv 2307.01850",
    mend="let each generation draw anew: raise or drop `mix.budget`, so that the whole anchor is in the mix, or change "
    "what pins the choice",
    holds_back="release",
)
def real_share_is_not_frozen(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The real records of the mix are nearly all of the train role, or another draw from it than the last time."""
    drawn = evidence.get("anchor.rotation")
    if drawn is None or drawn.value is None or drawn.interval is None:
        return
    candidates, both, chance = (drawn.inputs[key] for key in ("candidates", "hits", "chance"))
    if drawn.n >= _NEARLY_ALL * candidates:
        held = f"all {candidates:,}" if drawn.n == candidates else f"{drawn.n:,} of {candidates:,}"
        yield met(f"the mix holds {held} real records there are to draw from, {_train_role(drawn)}", "mix")
        return
    said = f"{both:,} of {drawn.n:,} real records of the mix were in the last one too"
    said += f"; {chance:.0%} would be by chance, of {candidates:,} to draw from"
    if drawn.inputs["excess"] <= _LEAST_FROZEN or drawn.interval.low <= chance:
        yield met(f"the real share is drawn anew: {said}", "mix")
    elif dropped := drawn.inputs["dropped"]:
        what = f"the real share is a frozen subset: {said}, and checks drop {dropped:,} of those"
        yield unmet(
            what, "mix", mend="take `human: drop` off the checks that filter, so that human records are flagged"
        )
    else:
        yield unmet(f"the real share is a frozen subset: {said}", "mix")


def _train_role(drawn: Evidence) -> str:
    share = drawn.inputs["train"] / drawn.inputs["real"] if drawn.inputs["real"] else 0.0
    return f"the train role with {share:.0%} of the anchor's real records"


@gate_rule(
    "anchor.trains",
    "high",
    ANCHORED,
    why="a record has one role for good, so what is held back enters no mix: a small train role is a frozen subset",
    source="own trigram loops, six generations; Alemohammad et al., arXiv 2307.01850",
    mend="give `roles.train` at least 0.5 from the first generation on, or bring more human records",
)
def enough_of_the_anchor_trains(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """At least half of the real records may enter the mix of some generation."""
    drawn = evidence.get("anchor.rotation")
    if drawn is None or not drawn.inputs["real"]:
        return
    train, real = drawn.inputs["train"], drawn.inputs["real"]
    what = f"{train:,} of the anchor's {real:,} real records have the train role"
    if train < _LEAST_TRAIN * real:
        yield unmet(f"{what}: the same each generation, and the others are in no mix", "roles")
    else:
        yield met(what, "roles")


@gate_rule(
    "anchor.new_human",
    "high",
    ANCHORED,
    why="each generation without new human records learns from the same ones and from its own work again",
    source="Alemohammad et al., arXiv 2307.01850: loops stay stable with enough fresh real data in each generation",
    mend="add human records that were collected since, under `anchor:`",
)
def new_human_records_came(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """Some human record is one that no earlier generation had."""
    new = evidence.get("anchor.new_human")
    if new is None:
        return
    if new.value:
        yield met(f"{new.value:,.0f} of {new.n:,} human records are new in this generation", "anchor")
    else:
        yield unmet(f"none of {new.n:,} human records is new in this generation", "anchor")


@gate_rule(
    "generation.adds",
    "high",
    EVERY,
    why="a generation whose own records are all dropped is the last one under another name",
    source="own runs: the same file of completions named in two generations",
    mend="name under `generate:` what was written since; `rejected/` says why each record was dropped",
)
def generation_adds_something(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """Something that this generation wrote is in its mix."""
    added = evidence.get("generation.added")
    if added is None:
        return
    if added.value:
        yield met(
            f"{added.value:,.0f} of the {added.n:,} records that this generation wrote are in the mix", "generate"
        )
        return
    said = ", ".join(f"{n:,} by {check}" for check, n in added.inputs["dropped"].items())
    yield unmet(
        f"this generation adds nothing of its own: all {added.n:,} records that it wrote were dropped ({said})",
        "generate",
    )


@gate_rule(
    "mix.weights_by_age",
    "high",
    ANCHORED,
    why="synthetic data that piles up unweighted outgrows the real: in six generations a student lost a bit a token",
    source="own trigram loops (docs/mixing.md); Gerstgrasser et al., arXiv 2404.01413",
    mend="say `mix: {weights: {per_generation: 0.5}}`, or `per_depth`",
)
def old_synthetic_data_weighs_less(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """From the third generation on, what was written earlier or deeper counts less."""
    number, inherited = evidence.get("generation.number"), evidence.get("generation.inherited")
    if number is None or inherited is None or number.n < _MANY or not inherited.value:
        return
    weights = recipe.mix.weights
    what = f"generation {number.n} holds {inherited.value:,.0f} synthetic records of earlier ones"
    if weights.per_depth == weights.per_generation == 1:
        yield unmet(f"{what}, and they weigh as much as its own", "mix", "weights")
    else:
        yield met(f"{what}, and what is older or deeper weighs less", "mix", "weights")


def _named(found: Evidence) -> str:
    """The first of them, as their owner calls them."""
    shown = [f"{one['source']} {one['row']}" for one in found.inputs["examples"]]
    more = int(found.value or 0) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
