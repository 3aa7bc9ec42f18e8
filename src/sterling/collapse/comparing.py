"""One corpus against another on the panel: a test for each measure, and one word for all of them.

Stretches are disjoint and equally long, and their values are compared by Welch's t. Documents are not resampled: a
bootstrap repeats documents, which looks like lost variety. P values are Holm's over the measures that vote, so that
the chance of any false alarm is `ALPHA`. A measure without alarm is `equal` only where its interval lies within the
margin; else it is `undecided`, for absence of evidence is no evidence.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from sterling.collapse.deciding import Said, said
from sterling.collapse.naming import head
from sterling.collapse.panel import PANEL, Measure
from sterling.collapse.samples import CHUNK_TOKENS, CHUNKS
from sterling.stats import Contrast, Evidence, holm, welch

_QUANTILE = 2.09
Against = Literal["real", "first"]
"""What a corpus is compared with: real text (the gap) or the first generation (the drift)."""
Colour = Literal["green", "amber", "red", "insufficient sample", "not comparable"]
_OTHERS: Mapping[Against, str] = {"real": "real text", "first": "the first generation"}
Values = Sequence[Mapping[str, float]]
"""The measures of each stretch."""


class Sides(NamedTuple):
    """How many stretches were compared; the test uses all of them."""

    corpus: int
    control: int


class Enough(NamedTuple):
    """Stretches at which the interval would be as narrow as the margin, if both sides vary as they were seen to."""

    corpus: int
    control: int


class Finding(NamedTuple):
    """One measure of the panel."""

    measure: Measure
    contrast: Contrast
    """The corpus less what it is compared with."""
    p: float
    """Adjusted for all measures that vote; of one that does not, as it is."""
    relative: float
    """The difference, in units of what it is compared with."""
    said: Said
    enough: Enough


class Comparison(NamedTuple):
    """A corpus against another one."""

    findings: tuple[Finding, ...]
    colour: Colour
    why: str
    """One sentence."""
    sides: Sides
    tokens: int
    """In each stretch."""

    @property
    def stretches(self) -> int:
        """Of the smaller side: it decides whether anything is said."""
        return min(self.sides)

    def silent(self, colour: Colour, why: str) -> "Comparison":
        """The same numbers without a finding in them: every measure is undecided."""
        findings = tuple(one._replace(said="undecided") for one in self.findings)
        return self._replace(findings=findings, colour=colour, why=why)

    @property
    def n(self) -> int:
        """Of both sides."""
        return sum(self.sides)


def compared(corpus: Values, control: Values, tokens: int) -> Comparison:
    """Every measure that both have, and the colour by the rule below.

    amber: one family of measures is worse. red: two are, or what a student learns of the tail. green: none. With fewer
    than 8 stretches of 10,000 tokens a side nothing is said but `insufficient sample`.
    """
    sides = Sides(len(corpus), len(control))
    n = min(sides)
    if n < 2:
        return Comparison((), "insufficient sample", _needed(n, tokens), sides, tokens)
    findings = _findings(corpus, control)
    if n < CHUNKS or tokens < CHUNK_TOKENS:
        found = Comparison(findings, "insufficient sample", "", sides, tokens)
        return found.silent("insufficient sample", _needed(n, tokens))
    colour, why = _colour(findings)
    return Comparison(findings, colour, why, sides, tokens)


def _findings(corpus: Values, control: Values) -> tuple[Finding, ...]:
    known = [m for m in PANEL if all(m.name in row for row in (*corpus, *control))]
    contrasts = [welch([row[m.name] for row in corpus], [row[m.name] for row in control]) for m in known]
    voting = [at for at, m in enumerate(known) if m.family != "shown"]
    adjusted = dict(zip(voting, holm([contrasts[at].p for at in voting]), strict=True))
    return tuple(
        _finding(
            m, contrasts[at], adjusted.get(at, contrasts[at].p),
            [row[m.name] for row in corpus], [row[m.name] for row in control],
        )
        for at, m in enumerate(known)
    )  # fmt: skip


def _finding(
    measure: Measure, contrast: Contrast, p: float, corpus: Sequence[float], control: Sequence[float]
) -> Finding:
    scale = abs(sum(control) / len(control)) or 1.0
    margin = measure.margin * scale
    word = said(contrast.difference, contrast.interval, p, margin, measure.harm)
    enough = Enough(_enough(corpus, margin), _enough(control, margin))
    return Finding(measure, contrast, p, contrast.difference / scale, word, enough)


def _enough(values: Sequence[float], margin: float) -> int:
    """Each side may take half of the squared width; Student's quantile for about 20 degrees of freedom."""
    wanted = 2 * _QUANTILE**2 * statistics.variance(values) / margin**2
    return max(2, math.ceil(wanted)) if math.isfinite(wanted) else 2


def _colour(findings: Sequence[Finding]) -> tuple[Colour, str]:
    worse = [f.measure for f in findings if f.said == "worse" and f.measure.family != "shown"]
    families = sorted({m.family for m in worse})
    names = ", ".join(m.name for m in worse)
    if not worse:
        open_ = [f.measure.name for f in findings if f.said == "undecided" and f.measure.family != "shown"]
        return "green", "no measure is worse" + (f"; undecided: {', '.join(open_)}" if open_ else "")
    if len(families) > 1 or any(m.name == "student_tail" for m in worse):
        return "red", f"worse in {' and '.join(families)}: {names}"
    return "amber", f"worse in {families[0]}: {names}"


def _needed(n: int, tokens: int) -> str:
    return f"{n} stretches of {tokens:,} tokens; {CHUNKS} of {CHUNK_TOKENS:,} on each side would do"


def evidence(name: str, comparison: Comparison, generation: int, against: Against = "real") -> list[Evidence]:
    """`collapse.<name>.<measure>`: the difference of each, its interval and what it means.

    `n` counts the stretches of both sides. Against the first generation: `collapse.<name>.drift.<measure>`.
    """
    (mine, other), size = comparison.sides, comparison.tokens
    kind, place = ("gap", head(name)) if against == "real" else ("drift", f"{head(name)}.drift")
    method = f"mean of {mine} stretches less that of {other} of {_OTHERS[against]}, {size:,} tokens each; Welch 95 %"
    return [
        Evidence(
            f"{place}.{f.measure.name}", f.contrast.difference, comparison.n, f.contrast.interval,
            f"{f.measure.formula}; {method}",
            {
                "kind": kind, "generation": generation, "measure": f.measure.name, "family": f.measure.family, "p": f.p,
                "relative": f.relative, "said": f.said, "margin": f.measure.margin, "against": against,
                "corpus": name, "tokens": size, "harm": f.measure.harm,
                "stretches": mine, "control_stretches": other,
            },
        )
        for f in comparison.findings
    ]  # fmt: skip
