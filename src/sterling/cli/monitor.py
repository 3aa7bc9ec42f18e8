"""`sterling monitor`."""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sterling.collapse.monitor import Watch, Watched


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
        for finding in one.gap.findings:
            low, high = finding.contrast.interval
            told = f"{finding.contrast.difference:+.4g} [{low:+.4g}, {high:+.4g}] ({finding.relative:+.1%})"
            shown = "" if finding.measure.family != "shown" else "  (no vote)"
            click.echo(f"  {finding.measure.name:<20} {finding.said:<10} {told}{shown}")
        if one.drift is not None:
            click.echo(f"  against the first generation: {one.drift.colour}, {one.drift.why}")
        click.echo(f"  tail reproduction: {_kappa(one)}")
    for alarm in found.alarms:
        click.echo(f"\nslow harm: {alarm.measure} passed its limit in {alarm.generation} (CUSUM {alarm.sum:.1f})")


def _stage(one: "Watched") -> str:
    return "" if one.stage == "none" else f" ({one.stage} stage)"


def _kappa(one: "Watched") -> str:
    told = []
    for evidence in one.kappa:
        within = f" [{evidence.interval.low:.2f}, {evidence.interval.high:.2f}]" if evidence.interval else ""
        told.append(f"{evidence.inputs['band']}: {'?' if evidence.value is None else f'{evidence.value:.2f}'}{within}")
    return ", ".join(told) or "nothing to count"
