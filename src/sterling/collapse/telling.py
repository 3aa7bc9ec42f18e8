"""What a watch found, in words: for a terminal, the last generation's troubles not hidden behind its rows."""

from collections.abc import Iterator
from itertools import groupby

from sterling.collapse.comparing import Comparison, Finding
from sterling.collapse.monitor import MOST, Watch, Watched
from sterling.collapse.samples import CHUNK_TOKENS
from sterling.collapse.vanishing import Place, Topic, Vanishing
from sterling.stats import Evidence

_FAMILIES = {
    "words": "words: variety and repetition",
    "topics": "topics: what the texts are about",
    "student": "student: what a small model learns from it",
    "shown": "shown: no vote, for these change for good reasons, too",
}
_FIRST = "documents are "
"""A note that is to be read before the rows."""


def told(found: Watch) -> Iterator[str]:
    """Line by line: each generation, then what only a series shows."""
    if found.tokens:
        yield f"stretches of {found.tokens:,} tokens"
    for one in found.generations:
        yield from _generation(one)
    yield from _series(found)


def _generation(one: Watched) -> Iterator[str]:
    yield f"\n{one.name}: {one.gap.colour}{_stage(one)}\n  {one.gap.why}"
    for note in one.notes:
        yield f"  note: {note}"
    if one.gap.colour == "not comparable":
        return
    if one.stage == "early":
        yield f"  early: {_early(one.gap)}"
    yield f"  look first: {first(one)}"
    for family, findings in groupby(one.gap.findings, lambda finding: finding.measure.family):
        yield f"  {_FAMILIES[family]}"
        yield from (f"    {_line(finding, one.gap.stretches)}" for finding in findings)
    if one.drift is not None:
        yield f"  against the first generation: {one.drift.colour}, {one.drift.why}"
    if one.kappa:
        yield f"  tail reproduction: {_kappa(one)}"
    if one.vanishing is not None:
        yield from _vanishing(one.vanishing)


def _line(finding: Finding, stretches: int) -> str:
    low, high = finding.contrast.interval
    difference = f"{finding.contrast.difference:+.4g} [{low:+.4g}, {high:+.4g}] ({finding.relative:+.1%})"
    votes = finding.said == "undecided" and finding.measure.family != "shown"
    return f"{finding.measure.name:<20} {finding.said:<10} {difference}{_enough(finding, stretches) if votes else ''}"


def _enough(finding: Finding, stretches: int) -> str:
    wanted = max(finding.enough)
    if wanted <= stretches:
        return "; near the margin"
    return f"; {wanted:,} stretches a side would tell{f', {MOST} are measured at most' if wanted > MOST else ''}"


def first(one: Watched) -> str:
    """What a reader should look at before all rows: another kind of text, too little of it, the largest harm."""
    return next((note for note in one.notes if note.startswith(_FIRST)), "") or _worst(one.gap)


def _worst(gap: Comparison) -> str:
    voting = [finding for finding in gap.findings if finding.measure.family != "shown"]
    worse = [finding for finding in voting if finding.said == "worse"]
    if gap.colour == "insufficient sample":
        return "the size of the sample; until it is enough no row below is a finding"
    if worse:
        most = max(worse, key=lambda finding: abs(finding.relative) / finding.measure.margin)
        return f"{most.measure.name} ({most.relative:+.1%}): {most.measure.formula}"
    undecided = sum(finding.said == "undecided" for finding in voting)
    if undecided:
        return f"{undecided} of {len(voting)} measures are undecided: no harm was found, and none is ruled out there"
    return "nothing: every measure that votes is equal within its margin, or better"


def _early(gap: Comparison) -> str:
    """What was looked at, so that the word says no more."""
    student = next((f.said for f in gap.findings if f.measure.name == "student"), "not measured")
    return f"the harm is not in what a student learns of all real text (student: {student}); no accuracy was measured"


def _stage(one: Watched) -> str:
    return "" if one.stage == "none" else f" ({one.stage} stage)"


def _kappa(one: Watched) -> str:
    return ", ".join(f"{evidence.inputs['band']}: {_number(evidence)}" for evidence in one.kappa) or "nothing to count"


def _number(evidence: Evidence) -> str:
    within = f" [{evidence.interval.low:.2f}, {evidence.interval.high:.2f}]" if evidence.interval else ""
    return f"{'?' if evidence.value is None else f'{evidence.value:.2f}'}{within}"


def _vanishing(lost: Vanishing) -> Iterator[str]:
    sure = [topic for topic in lost.topics if topic.kept.interval is not None and topic.kept.interval.high < 1]
    if lost.topics:
        yield f"  vanishing topics{'' if sure else ', none for certain; the worst'}: documents for each in real text"
    for topic in sure or lost.topics[:1]:
        yield f"    topic {', '.join(topic.words)}: {_topic(topic)}"
        yield from (f"      gone: {_place(place)}" for place in topic.gone)
    yield f"  real records that have no neighbour any more: {_odds(lost.records)}"
    yield f"  rare bigrams that are gone: {_odds(lost.bigrams)}"
    for bigram in lost.examples:
        yield f"    {bigram.words} ({bigram.copies} times in real text): {_place(bigram.where)}"


def _topic(topic: Topic) -> str:
    counts = topic.kept.inputs
    return f"{_number(topic.kept)} ({counts['documents']:,} here, {counts['real_documents']:,} there)"


def _odds(evidence: Evidence) -> str:
    lost, found = evidence.inputs["lost"], evidence.inputs["found"]
    ratio = "" if evidence.value is None else f": {_number(evidence)}, where 1 is no loss"
    return f"{lost:,}, against {found:,} that only this text has{ratio}"


def _place(place: Place) -> str:
    return f"{place.name}: {place.text}" if place.name else place.text


def _series(found: Watch) -> Iterator[str]:
    moving = [one for one in found.trends if one.inputs["said"] in {"worse", "better"}]
    hint = (
        f" (stretches of less than {CHUNK_TOKENS:,} tokens: a hint, no finding)" if found.tokens < CHUNK_TOKENS else ""
    )
    if found.trends:
        n = found.trends[0].n
        yield f"\ntrends over {n} generations{hint}:{'' if moving else ' none that chance does not explain'}"
    for one in moving:
        change = f"{_slope(one)} ({one.inputs['relative']:+.1%}) a generation"
        yield f"  {one.inputs['measure']:<20} {_vote(one):<10} {change}"
    if found.alarms:
        yield f"\nslow harm, small in each generation: the sum passed its limit (CUSUM){hint}"
    for alarm in found.alarms:
        total = f"{alarm.sum:.1f} standard errors, limit {alarm.limit:.1f}"
        yield f"  {alarm.measure:<20} in {alarm.generation}, since {alarm.since} ({total})"


def _vote(trend: Evidence) -> str:
    return "no vote" if trend.inputs["family"] == "shown" else str(trend.inputs["said"])


def _slope(trend: Evidence) -> str:
    within = f" [{trend.interval.low:+.4g}, {trend.interval.high:+.4g}]" if trend.interval else ""
    return f"{trend.value:+.4g}{within}"
