"""One self-contained HTML page: nothing is fetched, nothing is executed, and it stays small whatever went in."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from sterling.report.costs import costs
from sterling.report.flow import ranked, reaches
from sterling.report.model import Report, Sample
from sterling.report.plots import Axis, compose
from sterling.report.tails import chance_axis, tail_place
from sterling.report.voices import AREAS, is_phrases, voice_sides
from sterling.stats import Evidence

if TYPE_CHECKING:
    import jinja2
    import markupsafe

T = TypeVar("T")

MAX_BYTES = 300_000
"""A page is smaller than this: browsers open it at once, and it can be mailed."""
_SEVERITIES = ("critical", "required", "high", "recommended")
_NONE = "\u2013"
_NOT_TEXT = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "\ufffd")


class Limits(NamedTuple):
    """How much of each kind the page shows. What is cut is counted on the page and whole in `report.json`."""

    samples: int = 6
    """Of each fate."""
    part: int = 1_400
    """Characters of one text of a sample."""
    text: int = 400
    """Characters of any other text."""
    rows: int = 150
    """Of the evidence table."""
    lines: int = 60
    """Steps, findings, anchors, slices, models, measures."""
    few: int = 8
    """Reasons, facts, verdicts, parents and parts of one thing."""

    def tighter(self) -> "Limits":
        """Two thirds of everything."""
        return Limits(*(max(1, limit * 2 // 3) for limit in self))


class Cut(NamedTuple, Generic[T]):
    """The beginning of a list, and how many more there are."""

    shown: Sequence[T]
    more: int


class Plot(NamedTuple):
    """Evidence on one axis."""

    title: str
    axis: Axis
    rows: Cut[tuple[str, Evidence]]
    """(label, evidence)."""


def render(report: Report) -> str:
    """The page, below `MAX_BYTES` in UTF-8: with long inputs it shows less, and says how much it left out."""
    limits = Limits()
    page = _render(report, limits)
    while len(page.encode()) >= MAX_BYTES and limits != limits.tighter():
        limits = limits.tighter()
        page = _render(report, limits)
    return page


def _render(report: Report, limits: Limits) -> str:
    plots, rest = _plots(report.evidence, limits)
    environment = _environment()
    template = environment.get_template("report.html")
    return template.render(
        report=report,
        style=resources.files("sterling.report").joinpath("templates/report.css").read_text(encoding="utf-8"),
        totals=_totals(report),
        findings={status: _findings(report, status, limits) for status in ("unmet", "waived", "met")},
        anchors=_cut(report.anchors, limits.lines),
        reaches=_cut(reaches(report.steps), limits.lines),
        composition=_cut(compose(report.composition), limits.lines),
        plots=plots,
        samples={fate: _samples(report.samples, fate, limits) for fate in ("kept", "dropped")},
        cost=costs(report.evidence),
        voices=_cut(voice_sides(report.evidence), limits.few),
        evidence=_cut([one for one in rest if not (one.name.startswith("cost.") or is_phrases(one))], limits.rows),
        limits=limits,
        t=partial(_clip, limit=limits.text),
        cut=_cut,
        few=lambda items: _cut(items, limits.few),
    )


@cache
def _environment() -> "jinja2.Environment":
    import jinja2  # noqa: PLC0415 - only who renders a page pays for it

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sterling.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "number": number, "percent": percent, "span": span, "ranked": ranked, "clip": _clip, "words": _words,
        "told": _told, "prose": _prose,
    }  # fmt: skip
    return environment


def number(value: float | None) -> str:
    """A number for reading: whole ones with separators, others to four significant digits."""
    if value is None:
        return _NONE
    return _fixed(value, _decimals(value))


def _fixed(value: float, decimals: int | None) -> str:
    return f"{value:.3g}" if decimals is None else f"{value:,.{decimals}f}"


def _decimals(value: float) -> int | None:
    """How many decimals four significant digits need, without trailing zeros; None where only an exponent will do."""
    if not math.isfinite(value) or (value != 0 and not 1e-4 <= abs(value) < 1e15):
        return None
    if float(value).is_integer():
        return 0
    digits = f"{value:.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"
    return len(digits.partition(".")[2].rstrip("0"))


def percent(share: float | None) -> str:
    """A share for reading, with one decimal; small shares are not rounded to nothing, large ones not to all."""
    if share is None:
        return _NONE
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.1f} %"


def span(evidence: Evidence, as_percent: bool = False) -> str:
    """The interval of a number for reading, both ends with equally many decimals."""
    if evidence.interval is None:
        return ""
    if as_percent:
        return f"{percent(evidence.interval.low)} to {percent(evidence.interval.high)}"
    needed = [_decimals(end) for end in evidence.interval]
    decimals = None if None in needed else max(d for d in needed if d is not None)
    return " to ".join(_fixed(end, decimals) for end in evidence.interval)


def _clip(text: object, limit: int) -> str:
    """Text that is safe to encode and to show, cut to a number of characters with the rest counted."""
    whole = str(text)
    head = whole[:limit].encode(errors="replace").decode().translate(_NOT_TEXT)
    return head if len(whole) <= limit else f"{head}… (+ {len(whole) - limit:,} characters)"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _prose(text: str) -> "markupsafe.Markup":
    """A sentence with its `names` set as code. Everything else in it stays text."""
    import markupsafe  # noqa: PLC0415 - comes with jinja2

    return markupsafe.Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(markupsafe.escape(text))))  # noqa: S704 - escaped


def _told(value: Any) -> str:
    """Evidence or inputs of any shape in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_told(member)}" for key, member in value.items() if member is not None)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _cut(items: Iterable[T], limit: int) -> Cut[T]:
    whole = list(items)
    return Cut(whole[:limit], max(0, len(whole) - limit))


def _totals(report: Report) -> dict[str, Any]:
    tokens = sum(part.tokens for part in report.composition)
    human = sum(part.tokens for part in report.composition if part.origin == "human")
    return {
        "records": sum(part.records for part in report.composition),
        "tokens": tokens,
        "human_share": human / tokens if tokens else None,
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
    return _cut(found if status == "met" else _by_rule(found, limits), limits.lines)


def _by_rule(found: Iterable[Mapping[str, Any]], limits: Limits) -> Iterator[Broken]:
    """One entry a rule, in the order in which they first come."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in found:
        groups.setdefault(one["rule"], []).append(one)
    for group in groups.values():
        whats = dict.fromkeys(one["what"] for one in group)
        mends = dict.fromkeys(one["mend"] for one in group if one.get("mend"))
        yield Broken(group[0], _cut(whats, limits.few), _cut(mends, limits.few))


def _severity(name: str) -> int:
    return _SEVERITIES.index(name) if name in _SEVERITIES else len(_SEVERITIES)


def _samples(samples: Sequence[Sample], fate: str, limits: Limits) -> Cut[Sample]:
    return _cut([sample for sample in samples if sample.fate == fate], limits.samples)


def _plots(evidence: Sequence[Evidence], limits: Limits) -> tuple[dict[str, Cut[Plot]], list[Evidence]]:
    """Diversity by measure; acceptance, errors and treatment of the rare by check; and the evidence that none shows."""
    drawn: dict[str, dict[str, list[tuple[str, Evidence]]]] = {section: {} for section in _SECTIONS}
    rest = []
    for one in evidence:
        place = _place(one)
        if place is None:
            rest.append(one)
        else:
            drawn[place.section].setdefault(place.plot, []).append((place.row, one))
    return {
        section: _cut((_plot(title, rows, _axis(section, rows), limits) for title, rows in plots.items()), limits.lines)
        for section, plots in drawn.items()
    }, rest


class _Place(NamedTuple):
    """Where a number is drawn."""

    section: str
    plot: str
    row: str


_RATES = frozenset({"false_accepts", "false_rejects", "precision"})
"""What is drawn of a verifier; single kinds of near misses are too few each, and stand in the table."""
_SECTIONS = ("diversity", "accepted", "verifiers", "tails", "chance", "yields", "voice")


def _place(one: Evidence) -> _Place | None:
    first, _, name = one.name.partition(".")
    corpus, dot, measure = name.partition(".")
    check = str(one.inputs.get("check", ""))
    if first == "diversity" and dot:
        return _Place("diversity", measure, corpus)
    if first == "check" and name.endswith(".accepted"):
        return _Place("accepted", name.removesuffix(".accepted"), _maker_of(one))
    if first == "verifiers" and name.removeprefix(f"{check}.") in _RATES:
        return _Place("verifiers", check, name.removeprefix(f"{check}.").replace("_", " "))
    if one.name in AREAS:
        return _Place("voice", check, AREAS[one.name])
    if first == "generate" and name.endswith(".yield"):
        return _Place("yields", str(one.inputs["strategy"]), str(one.inputs["cell"]))
    tail = tail_place(one)
    return None if tail is None else _Place(*tail)


def _axis(section: str, rows: Sequence[tuple[str, Evidence]]) -> Axis:
    if section == "chance":
        return chance_axis(rows)
    return Axis.around([one for _, one in rows]) if section == "diversity" else Axis(0, 1, percent=True)


def _plot(title: str, rows: Sequence[tuple[str, Evidence]], axis: Axis, limits: Limits) -> Plot:
    return Plot(title, axis, _cut(rows, limits.lines))


def _maker_of(evidence: Evidence) -> str:
    parts = [str(evidence.inputs[key]) for key in ("model", "strategy") if evidence.inputs.get(key)]
    return " · ".join(parts) or "all records"
