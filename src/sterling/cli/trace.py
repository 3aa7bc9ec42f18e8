"""`sterling trace`."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sterling.ledger import Life


@click.command("trace")
@click.argument("record_id")
@click.option("--run", metavar="DIR", help="Folder or URL of the run; the latest by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(record_id: str, run: str | None, as_json: bool) -> None:
    """Tell the life of one record: parents, maker, each verdict, where it ended.

    RECORD_ID is an id of Sterling's or its beginning, your own id or the row (`d00167`, `data.jsonl:12`), or
    `source:row`. Where a verdict names the record that stays in its place, both texts are shown.
    """
    from sterling.cli.places import find_run  # noqa: PLC0415 - keeps --help fast
    from sterling.ledger import trace  # noqa: PLC0415

    life = trace(find_run(run), record_id)
    if as_json:
        click.echo(json.dumps(life.to_json(), ensure_ascii=False))
    else:
        _show(life)


_SHOWN = 200
"""Characters of a text that are shown."""


def _show(life: "Life") -> None:
    record = life.record
    click.echo(f"{record.id}  {record.origin}, depth {record.depth}, role {record.role}: {life.end}")
    click.echo(f"  from     {record.source} · {record.row} · step {life.made_by}")
    if record.maker is not None:
        click.echo(f"  maker    {json.dumps(record.maker.to_json(), ensure_ascii=False)}")
    for judgement in life.judgements[:1]:
        if judgement.verdict.check == "continues":
            known = judgement.verdict.evidence
            born = f"{known['release']}, written in generation {known['generation']}"
            click.echo(f"  release  {born}; {_verified(known)}")
    for parent in life.parents:
        click.echo(f"  parent   {parent.id}  {parent.source} · {parent.row}")
    for judgement in life.judgements:
        verdict = judgement.verdict
        score = "" if verdict.score is None else f" {verdict.score:.3f}"
        detail = json.dumps(verdict.evidence, ensure_ascii=False) if verdict.evidence else ""
        head = f"  {verdict.outcome:<5} {judgement.step:<20} {verdict.reason}{score}"
        click.echo(f"{head}  {detail}"[:400])
        kept = life.kept.get(str(verdict.evidence.get("kept")))
        if kept is not None:
            click.echo(f"        kept  {kept.id[:12]}  {kept.source} · {kept.row}: {_beginning(kept.payload)}")
            click.echo(f"        this  {record.id[:12]}  {record.source} · {record.row}: {_beginning(record.payload)}")
    if life.children:
        shown = ", ".join(child[:12] for child in life.children[:8])
        click.echo(f"  children {len(life.children)}: {shown}{' …' if len(life.children) > 8 else ''}")


def _verified(known: Mapping[str, Any]) -> str:
    said = ", ".join(f"{one['check']} ({one['family']})" for one in known["verified"])
    return f"verified there by {said}" if said else "verified by nothing there"


def _beginning(payload: Mapping[str, Any]) -> str:
    """The first characters of all its text, on one line."""
    text = " ".join(" ".join(_strings(payload)).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for key, member in value.items():
                if key != "role":
                    yield from _strings(member)
        case list() | tuple():
            for member in value:
                yield from _strings(member)
