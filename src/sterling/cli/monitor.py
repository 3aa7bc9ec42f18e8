"""`sterling monitor`."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sterling.collapse.comparing import Comparison, Finding
    from sterling.collapse.monitor import Watch, Watched

_FAMILIES = {
    "words": "words: variety and repetition",
    "topics": "topics: what the texts are about",
    "student": "student: what a small model learns from it",
    "shown": "shown: no vote, for these change for good reasons, too",
}
_UNLIKE = 0.2
"""Documents whose mean length differs by more are another kind of text: that is said before anything else."""


@click.command("monitor")
@click.argument("real")
@click.argument("generations", nargs=-1, required=True)
@click.option("--json", "as_json_", is_flag=True, help="Print everything that was measured as JSON.")
def command(real: str, generations: tuple[str, ...], as_json_: bool) -> None:
    """Watch GENERATIONS of a corpus for collapse, against REAL text that no generator was seeded with.

    Each is a file or folder of text, chats or prompts and completions; the generations in their order. What is said of
    each is a comparison with real text (the gap) and with the first generation (the drift): green, amber, red, or that
    the sample is insufficient. 80,000 tokens a generation are enough, and twice that of real text. Exit code 3 when the
    last generation is red.
    """
    from sterling.pipeline.monitoring import as_json, monitor_files  # noqa: PLC0415 - keeps --help fast

    found = monitor_files(real, generations)
    if as_json_:
        click.echo(json.dumps(as_json(found)))
    else:
        _tell(found)
    if found.generations[-1].gap.colour == "red":
        raise click.exceptions.Exit(3)


def _tell(found: "Watch") -> None:
    click.echo(f"stretches of {found.tokens:,} tokens")
    for one in found.generations:
        click.echo(f"\n{one.name}: {one.gap.colour}{_stage(one)}\n  {one.gap.why}")
        for note in one.notes:
            click.echo(f"  note: {note}")
        click.echo(f"  look first: {_first(one.gap)}")
        for family, findings in groupby(one.gap.findings, lambda finding: finding.measure.family):
            click.echo(f"  {_FAMILIES[family]}")
            for finding in findings:
                click.echo(f"    {_line(finding)}")
        if one.drift is not None:
            click.echo(f"  against the first generation: {one.drift.colour}, {one.drift.why}")
        click.echo(f"  tail reproduction: {_kappa(one)}")
    for alarm in found.alarms:
        click.echo(f"\nslow harm: {alarm.measure} passed its limit in {alarm.generation} (CUSUM {alarm.sum:.1f})")


def _line(finding: "Finding") -> str:
    low, high = finding.contrast.interval
    told = f"{finding.contrast.difference:+.4g} [{low:+.4g}, {high:+.4g}] ({finding.relative:+.1%})"
    return f"{finding.measure.name:<20} {finding.said:<10} {told}"


def _first(gap: "Comparison") -> str:
    """What a reader should look at before all rows: another kind of text, too little of it, the largest harm."""
    return "; ".join(_unlike(gap)) or _worst(gap)


def _unlike(gap: "Comparison") -> Iterator[str]:
    for finding in gap.findings:
        if finding.measure.name == "document_tokens" and abs(finding.relative) > _UNLIKE:
            side = "shorter" if finding.relative < 0 else "longer"
            yield (
                f"documents are {side} than the real ones (document_tokens {finding.relative:+.0%}): "
                "compare like with like"
            )


def _worst(gap: "Comparison") -> str:
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


def _stage(one: "Watched") -> str:
    return "" if one.stage == "none" else f" ({one.stage} stage)"


def _kappa(one: "Watched") -> str:
    told = []
    for evidence in one.kappa:
        within = f" [{evidence.interval.low:.2f}, {evidence.interval.high:.2f}]" if evidence.interval else ""
        told.append(f"{evidence.inputs['band']}: {'?' if evidence.value is None else f'{evidence.value:.2f}'}{within}")
    return ", ".join(told) or "nothing to count"
