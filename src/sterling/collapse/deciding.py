"""The one word for a difference that has an interval, a p value and a margin."""

from typing import Literal

from sterling.stats import Interval

ALPHA = 0.01
"""Of all differences that are looked at together: p values are adjusted before they come here."""
Said = Literal["worse", "better", "equal", "undecided"]


def said(difference: float, interval: Interval, p: float, margin: float, harm: Literal["falls", "rises"]) -> Said:
    """`worse` and `better` need both, a p of `ALPHA` at most and a difference beyond the margin.

    `equal` only where the whole interval lies within the margin; else `undecided`. Elsewhere other rules hold on
    purpose: real inputs know no better side (`target.said_of`), and an arm is held to its control without a margin
    (`experiment.verdicts.Claim`).
    """
    if p <= ALPHA and abs(difference) > margin:
        return "worse" if (difference < 0) == (harm == "falls") else "better"
    return "equal" if max(map(abs, interval)) <= margin else "undecided"
