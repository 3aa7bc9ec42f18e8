"""`Finding`: what one rule says of one recipe or run."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from sterling.recipes.problems import Path

Severity = Literal["critical", "required", "high", "recommended"]
"""The first two refuse unless they are waived; the others warn."""
Status = Literal["met", "unmet", "waived"]
"""`waived` is unmet, with a reason and a name."""
HeldBack = Literal["run", "release"]
"""What an unmet rule of a refusing severity holds back: already the run, or only what comes of it."""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
REFUSING: frozenset[Severity] = frozenset({"critical", "required"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule, applied."""

    rule: str
    """Its id, as waivers name it."""
    severity: Severity
    status: Status
    what: str
    """The situation of this recipe or run, concretely."""
    why: str
    """What goes wrong when the rule is broken."""
    source: str
    """Where that is known from."""
    mend: str
    """What to change, or to type."""
    path: Path = ()
    """The place in the recipe that it is about."""
    waived_by: str | None = None
    waived_because: str | None = None
    holds_back: HeldBack = "run"


def refuses(findings: Iterable[Finding], at: HeldBack = "run") -> bool:
    """Whether the run must not go on, or the release not leave: a critical or required rule is unmet."""
    return bool(refusing(findings, at))


def refusing(findings: Iterable[Finding], at: HeldBack = "run") -> list[Finding]:
    """The findings that refuse. A release is held back by what holds back a run, and by more."""
    unmet = (finding for finding in findings if finding.status == "unmet" and finding.severity in REFUSING)
    return [finding for finding in unmet if at in {finding.holds_back, "release"}]


def settled(lint: Iterable[Finding], gate: Iterable[Finding]) -> list[Finding]:
    """What holds of a finished run: the gate's word where it has one, because it measured; else the lint's."""
    measured = list(gate)
    spoken = {finding.rule for finding in measured}
    return [*measured, *(finding for finding in lint if finding.rule not in spoken)]
