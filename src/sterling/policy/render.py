"""Findings for people in a terminal, and for machines."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sterling.policy.defaults import headline, shares
from sterling.policy.finding import REFUSING, SEVERITIES, Finding, refuses
from sterling.recipes import Purpose, dotted
from sterling.recipes.problems import Path

_ORDER = ("unmet", "waived", "met")


def render(findings: Sequence[Finding], where: Callable[[Path], str] = dotted) -> str:
    """Plain lines, worst first: what is unmet with its reason and mend, what is waived with its name, what is met."""
    width = max((len(finding.rule) for finding in findings), default=0)
    return "\n".join(line for finding in ranked(findings) for line in _lines(finding, where, width))


def render_headline(purpose: Purpose) -> str:
    """Two plain lines: what to measure first, and what to fear; a third with the bounds of the mix."""
    first, bounds = headline(purpose), shares(purpose)
    return (
        f"{purpose} is judged by {first.metric}\n"
        f"its main risk is {first.collapse_risk} ({first.source})\n"
        f"its mix is by default at most {bounds.synthetic_cap:.0%} synthetic and at least {bounds.real_floor:.0%} real"
    )


def render_end(findings: Sequence[Finding]) -> str:
    """One plain line: what all of it comes to."""
    unmet = sum(finding.status == "unmet" for finding in findings)
    if refuses(findings):
        return f"{unmet} unmet: the run is refused until what is critical or required is met, or waived by name"
    if refuses(findings, "release"):
        return f"{unmet} unmet: the run may start, and its release is refused until what is required is met, or waived"
    return f"{unmet} unmet, none of which holds anything back" if unmet else "every rule is met or waived"


def to_json(findings: Sequence[Finding], where: Callable[[Path], str] = dotted) -> list[dict[str, Any]]:
    """Every finding as a dictionary of JSON values, in the order of `render`."""
    return [
        {
            "rule": finding.rule,
            "severity": finding.severity,
            "status": finding.status,
            "what": finding.what,
            "why": finding.why,
            "source": finding.source,
            "mend": finding.mend,
            "path": list(finding.path),
            "where": where(finding.path),
            "waived_by": finding.waived_by,
            "waived_because": finding.waived_because,
            "holds_back": finding.holds_back,
        }
        for finding in ranked(findings)
    ]


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Unmet before waived before met; among equals the more severe first."""
    return sorted(findings, key=lambda f: (_ORDER.index(f.status), SEVERITIES.index(f.severity)))


def _lines(finding: Finding, where: Callable[[Path], str], width: int) -> Iterator[str]:
    status = finding.status.upper() if finding.status == "unmet" else finding.status
    head = f"{status:<6} {finding.severity:<11} {finding.rule:<{width}}"
    yield "  ".join(part for part in (head, where(finding.path), finding.what) if part)
    if finding.status == "unmet":
        yield f"       why: {finding.why} ({finding.source})"
        yield f"       mend: {finding.mend}"
        if finding.holds_back == "release" and finding.severity in REFUSING:
            yield "       the run may go on; nothing is released until then"
    if finding.status == "waived":
        yield f"       waived by {finding.waived_by}: {finding.waived_because}"
