"""`sterling trace`."""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sterling.ledger import Life


@click.command("trace")
@click.argument("record_id")
@click.option("--run", metavar="DIR", help="Folder or URL of the run; the latest by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(record_id: str, run: str | None, as_json: bool) -> None:
    """Tell the life of the record whose id starts with RECORD_ID: parents, maker, each verdict, where it ended."""
    from sterling.cli.places import find_run  # noqa: PLC0415 - keeps --help fast
    from sterling.ledger import trace  # noqa: PLC0415

    life = trace(find_run(run), record_id)
    if as_json:
        click.echo(json.dumps(life.to_json(), ensure_ascii=False))
    else:
        _show(life)


def _show(life: "Life") -> None:
    record = life.record
    click.echo(f"{record.id}  {record.origin}, depth {record.depth}, role {record.role}: {life.end}")
    click.echo(f"  from     {record.source} · {record.row} · step {life.made_by}")
    if record.maker is not None:
        click.echo(f"  maker    {json.dumps(record.maker.to_json(), ensure_ascii=False)}")
    for parent in life.parents:
        click.echo(f"  parent   {parent.id}  {parent.source} · {parent.row}")
    for judgement in life.judgements:
        verdict = judgement.verdict
        score = "" if verdict.score is None else f" {verdict.score:.3f}"
        detail = json.dumps(verdict.evidence, ensure_ascii=False) if verdict.evidence else ""
        head = f"  {verdict.outcome:<5} {judgement.step:<20} {verdict.reason}{score}"
        click.echo(f"{head}  {detail}"[:400])
    if life.children:
        shown = ", ".join(child[:12] for child in life.children[:8])
        click.echo(f"  children {len(life.children)}: {shown}{' …' if len(life.children) > 8 else ''}")
