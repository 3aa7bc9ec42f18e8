"""`sterling status`."""

import json
from pathlib import Path
from typing import Any

import click

SHOWN = 3
"""Faults of one reason that are shown."""


@click.command("status")
@click.argument("run", required=False)
@click.option("--faults", is_flag=True, help="List all work that yielded nothing: where, why, after how many attempts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(run: str | None, faults: bool, as_json: bool) -> None:
    """Tell what RUN (a folder; `runs/NAME` by default the latest here) has done so far."""
    from sterling.cli.places import find_run  # noqa: PLC0415 - keeps --help fast
    from sterling.ledger import line_of, read_trail  # noqa: PLC0415

    folder = find_run(run)
    if faults:
        _show_faults(folder, as_json)
        return
    head, stages = read_trail(folder)
    if as_json:
        click.echo(json.dumps({**head, "steps": [stage.to_json() for stage in stages]}))
        return
    born = f", generation {head['generation']} after {head['continues']}" if "generation" in head else ""
    click.echo(f"{head['name']}: {head['status']}{born}  ({folder})")
    for stage in stages:
        click.echo(
            f"  {stage.number:>2}  {stage.kind:<9} {stage.name:<24} round {stage.walk}  {line_of(stage.summary)}"
        )
    report = head.get("report") or {}
    if report:
        click.echo(report["outcome"]["headline"])
    if head.get("release"):
        click.echo(f"release: {head['release']}")


def _show_faults(folder: Path, as_json: bool) -> None:
    """A line for each row, task or answer that came to nothing; `owed` ones are asked for again by the next run."""
    from sterling.ledger import Run  # noqa: PLC0415 - keeps --help fast

    rows = Run(folder).faults.arrow.to_pylist()
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for group in _grouped(rows):
        _show_group(group)
    click.echo(f"{len(rows):,} faults; --json has every one")
    if any(row["boundary"] == "provider" and not row["owed"] for row in rows):
        click.echo("Answers that came are kept: to ask these questions anew, say another `revision:` of the model.")


def _grouped(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Faults of one step and one reason together, the most frequent first."""
    groups: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["step"], row["reason"], row["owed"]), []).append(row)
    return sorted(groups.values(), key=len, reverse=True)


def _show_group(group: list[dict[str, Any]]) -> None:
    first = group[0]
    again = ", owed: the next run asks again" if first["owed"] else ""
    click.echo(f"{first['step']}  {len(group):,} x {first['reason']} ({first['boundary']}{again})")
    for row in group[:SHOWN]:
        times = "" if row["attempts"] == 1 else f" after {row['attempts']} attempts"
        click.echo(f"    {row['where']}{times}: {row['message']}")
    if len(group) > SHOWN:
        click.echo(f"    and {len(group) - SHOWN:,} more")
