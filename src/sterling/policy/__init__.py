"""What the field knows, as rules that run: lint before, gate after, each with its reason, source and mend."""

from sterling.policy.budget import makes, runs_in
from sterling.policy.defaults import Headline, Shares, caps, headline, resolved, shares, weights
from sterling.policy.finding import Finding, Severity, Status, refuses, refusing, settled
from sterling.policy.render import ranked, render, render_end, render_headline, to_json
from sterling.policy.rule import Rule
from sterling.policy.rules import gate, lint, rules

__all__ = [
    "Finding",
    "Headline",
    "Rule",
    "Severity",
    "Shares",
    "Status",
    "caps",
    "gate",
    "headline",
    "lint",
    "makes",
    "ranked",
    "refuses",
    "refusing",
    "render",
    "render_end",
    "render_headline",
    "resolved",
    "rules",
    "runs_in",
    "settled",
    "shares",
    "to_json",
    "weights",
]
