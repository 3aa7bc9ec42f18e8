"""One self-contained HTML page: nothing is fetched, nothing is executed, and it stays small whatever went in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from sterling.report.costs import costs
from sterling.report.flow import reaches
from sterling.report.folding import folded
from sterling.report.limits import Cut, Limits, cut
from sterling.report.mixture import mixture
from sterling.report.model import Report, Sample
from sterling.report.pictures import pictures
from sterling.report.places import plots
from sterling.report.sheet import drawn, fitted
from sterling.report.voices import is_phrases, voice_sides

_SEVERITIES = ("critical", "required", "high", "recommended")
_SAME = 1e-9
"""Between two shares below which they are one, computed in two ways."""


def render(report: Report) -> str:
    """The page, below `sheet.MAX_BYTES`: with long inputs it shows less, and says how much it left out."""
    return fitted(partial(_page, report))


def _page(report: Report, limits: Limits) -> str:
    mix, other = mixture(report, report.evidence)
    shown = pictures(other)
    dots, rest = plots(shown.rest, limits)
    return drawn(
        "report.html",
        limits,
        report=report,
        totals=_totals(report),
        findings={status: _findings(report, status, limits) for status in ("unmet", "waived", "met")},
        anchors=cut(report.anchors, limits.lines),
        reaches=cut(reaches(report.steps), limits.lines),
        mixture=mix,
        pictures=shown,
        plots=dots,
        samples={fate: _samples(report.samples, fate, limits) for fate in ("kept", "dropped")},
        cost=costs(report.evidence),
        voices=cut(voice_sides(report.evidence), limits.few),
        rest=folded([one for one in rest if not (one.name.startswith("cost.") or is_phrases(one))], limits),
    )


def _totals(report: Report) -> dict[str, Any]:
    tokens = sum(part.tokens for part in report.composition)
    human = sum(part.tokens for part in report.composition if part.origin == "human")
    bare = human / tokens if tokens else None
    weighted = next((one.value for one in report.evidence if one.name == "mix.share.real.tokens"), None)
    return {
        "records": sum(part.records for part in report.composition),
        "tokens": tokens,
        "human_share": bare if weighted is None else weighted,
        "unweighted": bare if weighted is not None and bare is not None and abs(weighted - bare) > _SAME else None,
        "dropped": sum(step.dropped for step in report.steps),
    }


class Broken(NamedTuple):
    """All that one rule found, or was waived for: its reason stands once, and each mend."""

    finding: Mapping[str, Any]
    whats: Cut[str]
    mends: Cut[str]


def _findings(report: Report, status: str, limits: Limits) -> Cut[Any]:
    found = sorted(
        (finding for finding in report.findings if finding["status"] == status),
        key=lambda finding: _severity(finding["severity"]),
    )
    return cut(found if status == "met" else _by_rule(found, limits), limits.lines)


def _by_rule(found: Iterable[Mapping[str, Any]], limits: Limits) -> Iterator[Broken]:
    """One entry a rule, in the order in which they first come."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in found:
        groups.setdefault(one["rule"], []).append(one)
    for group in groups.values():
        whats = dict.fromkeys(one["what"] for one in group)
        mends = dict.fromkeys(one["mend"] for one in group if one.get("mend"))
        yield Broken(group[0], cut(whats, limits.few), cut(mends, limits.few))


def _severity(name: str) -> int:
    return _SEVERITIES.index(name) if name in _SEVERITIES else len(_SEVERITIES)


def _samples(samples: Sequence[Sample], fate: str, limits: Limits) -> Cut[Sample]:
    return cut([sample for sample in samples if sample.fate == fate], limits.samples)
