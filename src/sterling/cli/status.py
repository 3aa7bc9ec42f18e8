"""`sterling status`."""

import json
from pathlib import Path

import click


@click.command("status")
@click.argument("run", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--faults", is_flag=True, help="List all work that yielded nothing: where, why, after how many attempts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(run: Path | None, faults: bool, as_json: bool) -> None:
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
    click.echo(f"{head['name']}: {head['status']}  ({folder})")
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
    for row in rows:
        again = ", owed" if row["owed"] else ""
        times = f"{row['attempts']} attempts" if row["attempts"] != 1 else "1 attempt"
        why = f"{row['reason']} ({row['boundary']}, {times}{again}): {row['message']}"
        click.echo(f"{row['step']}  {row['where']}: {why}")
    click.echo(f"{len(rows):,} faults")
