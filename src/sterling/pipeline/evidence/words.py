"""How a run ended, in sentences that claim no more than was measured."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sterling.pipeline.evidence import authors
from sterling.pipeline.evidence.accounts import Counts
from sterling.pipeline.evidence.fates import Fates
from sterling.pipeline.job import Job
from sterling.pipeline.mixing import Mixed
from sterling.registry import ModelCheck
from sterling.report import Conclusion
from sterling.stats import Evidence


class Told(NamedTuple):
    """What the sentences are made of."""

    makers: Counts
    fates: Fates
    evidence: Sequence[Evidence]


def conclusion_of(job: Job, mixed: Mixed, told: Told, *, refused: bool) -> Conclusion:
    """Status and headline; further sentences where the numbers alone could mislead."""
    evidence = told.evidence
    parts = Counter[str]()
    for part in mixed.summary["composition"]:
        parts[part["origin"]] += part["records"]
    sentences = (
        *_weighted(evidence),
        *_candidates(told.makers, preview=job.preview is not None),
        *_generation(evidence),
        *_added(evidence),
        *_brought(told.fates),
        *_one_side(parts),
        *_flagged(evidence),
        *authors.sentences(job.recipe, evidence),
        *_faults(job),
        *_owed(job),
        *_recused(job),
        *_unverified(job, mixed),
        *_seedless(job),
        *_uncompared(evidence),
        *_oracles(evidence),
        *_configurations(mixed.summary["formats"]),
    )
    if job.preview is not None:
        what = "A rehearsal, answered by no model" if job.trail.head.get("rehearsed") else "A preview"
        return Conclusion("preview", f"{what}: {parts.total():,} records. Nothing was released.", sentences)
    if refused:
        headline = "The policy refuses this release: a critical or required rule is unmet."
        return Conclusion("refused", headline, sentences)
    if not parts.total():
        return Conclusion("unreleased", "There is nothing to release: no record came through.", sentences)
    return Conclusion("released", _headline(parts, mixed), sentences)


def _headline(parts: Counter[str], mixed: Mixed) -> str:
    shares = {e["name"]: e for e in mixed.summary["evidence"]}
    said = ", ".join(f"{n:,} {origin}" for origin, n in sorted(parts.items()))
    headline = f"{parts.total():,} records released{_share(shares.get('mix.share.synthetic'))}: {said}"
    if not parts["synthetic"]:
        return f"{headline}." if parts["mixed"] + parts["unknown"] else f"No synthetic part to release. {headline}."
    bare = shares["mix.unverified_synthetic"]["value"]
    verified = "each synthetic one verified" if not bare else f"{bare:,} synthetic ones unverified"
    return f"{headline}; {verified}."


def _share(found: Mapping[str, Any] | None) -> str:
    """The synthetic share as a trainer sees it, where it is another than that of the records."""
    if found is None or found["value"] is None or found["inputs"].get("unweighted") in {None, found["value"]}:
        return ""
    return f", {found['value']:.1%} of the {found['inputs']['unit']} synthetic by `weight`"


def _weighted(evidence: Sequence[Evidence]) -> Iterator[str]:
    """How to sample, where records do not all weigh 1, and what it would be without."""
    known = {one.name: one for one in evidence}
    share = known.get("mix.share.synthetic")
    bare = None if share is None else share.inputs.get("unweighted")
    if share is None or share.value is None or bare is None:
        return
    if bare != share.value:
        yield f"Sample by `weight`; unweighted {bare:.1%} of the {share.inputs['unit']} would be synthetic."
    elif any(_weighs(known.get(f"mix.weight.{side}")) for side in ("real", "synthetic")):
        yield "Sample by `weight`: not every record is to be seen once."


def _weighs(weight: Evidence | None) -> bool:
    """Whether records of a side that has any weigh anything but 1."""
    said = () if weight is None or not weight.n else (weight.inputs.get(end, weight.value) for end in ("least", "most"))
    return any(one != 1 for one in said)


def _candidates(makers: Counts, *, preview: bool) -> Iterator[str]:
    """What became of everything that was generated."""
    drops: Counter[str] = Counter()
    for (_, check, outcome), n in makers.items():
        if outcome == "drop":
            drops[check] += n
    through = sum(n for (_, check, outcome), n in makers.items() if check == "mix" and outcome != "drop")
    if not through + drops.total():
        return
    yield f"{_fate('synthetic candidates', drops, through)}."
    if preview and drops["mix"]:
        yield "The mix left candidates out because of the synthetic cap, which so few real records reach at once."


def _generation(evidence: Sequence[Evidence]) -> Iterator[str]:
    """What a run has from the releases before it, and who is not there any more."""
    known = {one.name: one for one in evidence}
    number, taken = known.get("generation.number"), known.get("generation.inherited")
    if number is None or taken is None:
        return
    before = ", ".join(f"{one['name']} (generation {one['generation']})" for one in number.inputs["continues"])
    yield f"Generation {number.n}, continues {before}."
    drops = Counter[str](taken.inputs["dropped"])
    yield f"{_fate('inherited synthetic records', drops, int(taken.value or 0))}."


def _added(evidence: Sequence[Evidence]) -> Iterator[str]:
    """That a generation wrote nothing that is in its mix."""
    added = next((one for one in evidence if one.name == "generation.added"), None)
    if added is not None and not added.value:
        known = {one.name: one for one in evidence}
        new = known.get("anchor.new_human")
        what = "nothing" if new is not None and not new.value else "nothing synthetic"
        yield f"This generation adds {what}: none of its {added.n:,} synthetic candidates is in the mix."


_BROUGHT = {
    "synthetic": "synthetic records of the anchor",
    "mixed": "mixed records of the anchor",
    "unknown": "anchor records of unknown origin",
}


def _brought(fates: Fates) -> Iterator[str]:
    """What became of an anchor's records that are not human."""
    for origin, name in _BROUGHT.items():
        drops = Counter({check: n for (of, check), n in fates.dropped.items() if of == origin})
        if drops.total() + fates.mixed[origin]:
            yield f"{_fate(name, drops, fates.mixed[origin])}."


def _fate(what: str, drops: Counter[str], through: int) -> str:
    ranked = sorted(drops.items(), key=lambda one: (-one[1], one[0]))
    said = ", ".join(f"{n:,} by {check}" for check, n in ranked)
    lost = f"{drops.total():,} dropped ({said})" if drops else "none dropped"
    return f"{through + drops.total():,} {what}: {lost}, {through:,} in the mix"


def _one_side(parts: Counter[str]) -> Iterator[str]:
    """What shares of synthetic data hold besides what is called synthetic."""
    said = [f"{parts[origin]:,} {origin}" for origin in ("mixed", "unknown") if parts[origin]]
    if said:
        yield f"Records of origin mixed or unknown count as synthetic in every share: {', '.join(said)}."


def _flagged(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Doubts about what is in the mix. Of human records they are drops that the anchor was spared."""
    flagged = [one for one in evidence if one.name.startswith("mix.flagged.")]
    if flagged:
        said = ", ".join(f"{one.inputs['check']} {one.n:,}" for one in flagged)
        spared = any(one.inputs["spares"] and one.inputs["human"] for one in flagged)
        why = " (human records are flagged, not dropped, unless the check says `human: drop`)" if spared else ""
        yield f"Flagged and still in the mix: {said}{why}."


def _faults(job: Job) -> Iterator[str]:
    """Work that yielded no record."""
    lost: dict[str, Counter[str]] = {}
    for stage in job.trail.stages:
        if stage.kind in {"anchor", "generate"}:
            lost.setdefault(stage.name, Counter()).update(stage.summary["reasons"])
    for name, reasons in lost.items():
        if reasons:
            said = ", ".join(f"{reason} {n:,}" for reason, n in reasons.most_common(4))
            yield f"{reasons.total():,} rows or tasks of {name} yielded no record: {said}."


def _owed(job: Job) -> Iterator[str]:
    """Answers that a provider did not give, and may give another time."""
    owed: Counter[str] = Counter()
    for stage in job.trail.stages:
        owed[stage.name] += len(stage.summary.get("owed") or ())
    for name, n in owed.items():
        if n:
            said = "1 answer of {} is" if n == 1 else f"{n:,} answers of {{}} are"
            yield f"{said.format(name)} owed by a provider; run again to ask for {'it' if n == 1 else 'them'} alone."


def _recused(job: Job) -> Iterator[str]:
    """Records that no judge of another family has seen."""
    for entry in job.recipe.checks:
        stages = [s for s in job.trail.stages if s.kind == "check" and s.name == entry.name]
        recused = sum(stage.summary["tally"].get("flag", {}).get("same_family", 0) for stage in stages)
        if recused:
            yield f"{recused:,} records were not put before {entry.name}: a model of its own family made them."


def _unverified(job: Job, mixed: Mixed) -> Iterator[str]:
    """Candidates that a judge may have kept for nothing."""
    lost = mixed.summary["tally"].get("drop", {}).get("unverified", 0)
    if lost and any(isinstance(entry.part, ModelCheck) for entry in job.recipe.checks):
        yield (
            f"{lost:,} synthetic records were left out because nothing verified them; where a judge kept them, the "
            "family of the model that wrote them is unknown or its own: say `family:` where they are generated."
        )


def _seedless(job: Job) -> Iterator[str]:
    """Near misses that were wanted and could not be made."""
    for entry in job.recipe.checks:
        wanted = getattr(entry.part, "near_misses", 0)
        stages = [s.summary for s in job.trail.stages if s.kind == "check" and s.name == entry.name]
        counts = [one for summary in stages for one in summary.get("gold", ()) if not one["good"]]
        made = sum(one["n"] for one in counts)
        if wanted > made:
            yield f"{wanted:,} near misses were wanted for {entry.name}, and {made:,} could be made."


def _uncompared(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Real inputs that were named, and are too few to say anything."""
    for one in evidence:
        if one.name == "target.sample" and one.inputs.get("said") == "insufficient sample":
            sides = f"{one.inputs['synthetic']:,} prompts of the mix and {one.n:,} real inputs"
            yield f"Insufficient sample, so nothing is said of {sides}: {one.inputs['needs']}."


def _oracles(evidence: Sequence[Evidence]) -> Iterator[str]:
    """How many human records could be used to verify others, and how many could not."""
    for one in evidence:
        if one.name.startswith("oracles."):
            passed = one.inputs["hits"]
            rest = f"; the other {one.n - passed:,} are not used as oracles" if passed < one.n else ""
            yield f"{passed:,} of {one.n:,} anchor records pass {one.name.removeprefix('oracles.')} here{rest}."


def _configurations(formats: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Several formats are several configurations, and a loader takes one of them at a time."""
    if len(formats) > 1:
        names = ", ".join(f"{f['format']}{' (conversational)' if f['conversational'] else ''}" for f in formats)
        yield f"The records have {len(formats)} shapes, each a configuration to load by name: {names}."
