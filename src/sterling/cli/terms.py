"""`sterling terms`: the registry of model terms, and the signing of its entries."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sterling.models.terms import Registry, Terms

_FOLDER = "terms"
"""What a user's own folder is called when nobody says."""
_WIDE = 160
"""Columns of a table that goes into a file or a pipe."""
_folder = click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path),
    help="Your own entries, which stand before ours. By default ./terms, if it is there.",
)  # fmt: skip
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("terms", invoke_without_command=True)
@_folder
@_as_json
@click.pass_context
def command(context: click.Context, folder: Path | None, as_json: bool) -> None:
    """List what is known of the terms of models: what providers allow with what their models write.

    `show` prints one entry, `review` signs a copy of it. Nobody has reviewed the entries that come with Sterling for
    you, so they hold a release back until a person signs. They report what was found, and are no legal advice.
    """
    if context.invoked_subcommand is not None:
        if folder is not None or as_json:
            raise click.UsageError(f"options stand behind `{context.invoked_subcommand}`")
        return
    from sterling.models.terms import today  # noqa: PLC0415 - keeps --help fast

    known = _known(folder)
    if as_json:
        click.echo(json.dumps([_plain(one) for one in known.values()], ensure_ascii=False))
    else:
        _table(known)
        click.echo(f"as of {today()}; `sterling terms show ID` prints one, `sterling terms review ID` signs it")


@command.command("show")
@click.argument("id")
@_folder
@_as_json
def show(id: str, folder: Path | None, as_json: bool) -> None:  # noqa: A002 - the word of the domain
    """Print the entry ID."""
    from sterling.models.terms import lookup  # noqa: PLC0415 - keeps --help fast

    entry = lookup(id, _known(folder))
    click.echo(json.dumps(_plain(entry), ensure_ascii=False) if as_json else "\n".join(_lines(entry)))


@command.command("review")
@click.argument("id")
@click.option("--by", required=True, metavar="NAME", help="The person who has read the document and answers for it.")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(_FOLDER), show_default=True,
    help="Where the signed copy goes; a recipe names the same folder as `terms:`.",
)  # fmt: skip
@click.option(
    "--document", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The document as you read it, saved: its SHA-256 goes into the entry.",
)  # fmt: skip
@click.option("--holds", multiple=True, metavar="KIND=WHY", help="Why the conditions of a use hold; may be repeated.")
@_as_json
def review(id: str, by: str, folder: Path, document: Path | None, holds: tuple[str, ...], as_json: bool) -> None:  # noqa: A002
    """Sign a copy of the entry ID: you have read its document, and the entry says what it says.

    Change the copy where it does not. The review counts for `valid_days` from today.
    """
    from sterling.models.terms import lookup, signed, today, write  # noqa: PLC0415 - keeps --help fast

    entry = lookup(id, _known(folder if folder.is_dir() else None))
    made = signed(entry, by, today(), _read(document), dict(map(_pair, holds)))
    path = write(made, folder)
    if as_json:
        click.echo(json.dumps(_plain(made) | {"path": str(path)}, ensure_ascii=False))
        return
    click.echo("\n".join(_lines(made)))
    click.echo(f"written: {path}  (a recipe beside it says `terms: {folder.name}`)")


def _known(folder: Path | None) -> "Registry":
    from sterling.models.terms import registry  # noqa: PLC0415 - keeps --help fast

    return registry(folder or (Path(_FOLDER) if Path(_FOLDER).is_dir() else None))


def _read(document: Path | None) -> bytes | None:
    from sterling.errors import InputError  # noqa: PLC0415 - keeps --help fast

    try:
        return None if document is None else document.read_bytes()
    except OSError as error:
        mend = "save the document that you read into a file, and name that"
        raise InputError(f"cannot be read: {error.strerror}", where=document, mend=mend) from None


def _pair(said: str) -> tuple[str, str]:
    kind, _, why = said.partition("=")
    return kind.strip(), why


def _plain(entry: "Terms") -> dict[str, Any]:
    from sterling.models.terms import today  # noqa: PLC0415 - keeps --help fast

    return entry.model_dump(mode="json") | {"state": entry.state(today())}


def _table(known: "Registry") -> None:
    from rich.console import Console  # noqa: PLC0415 - only a list needs it
    from rich.table import Table  # noqa: PLC0415

    from sterling.models.terms import today  # noqa: PLC0415 - keeps --help fast

    table = Table()
    for title in ("id", "provider", "applies to", "uses", "reviewed", "state"):
        table.add_column(title, overflow="fold", no_wrap=title in {"id", "state"})
    for one in known.values():
        applies = f"{_models(one)}\nat {', '.join(one.applies.services)}"
        by = "-" if one.reviewer is None else f"{one.reviewer}, {one.reviewed}"
        table.add_row(one.id, one.provider, applies, _uses(one), by, one.state(today()))
    Console(width=None if sys.stdout.isatty() else _WIDE, markup=False, highlight=False).print(table)


def _models(entry: "Terms") -> str:
    return ", ".join(entry.applies.models) or "every model"


def _uses(entry: "Terms") -> str:
    kinds: dict[str, list[str]] = {}
    for kind, use in entry.uses.items():
        kinds.setdefault("permitted" if use.settled else use.says, []).append(kind)
    return "\n".join(f"{says}: {_listed(of)}" for says, of in kinds.items())


def _listed(kinds: list[str]) -> str:
    from sterling.models.terms import USES  # noqa: PLC0415 - keeps --help fast

    return "every use" if len(kinds) == len(USES) else ", ".join(kinds)


def _lines(entry: "Terms") -> Iterator[str]:
    from sterling.models.terms import today  # noqa: PLC0415 - keeps --help fast

    document = entry.document
    yield f"{entry.id}  {entry.provider}: {document.title} ({document.version})"
    yield f"  document  {document.url}"
    yield f"  digest    {document.digest or 'none: the text that was read was not kept (--document FILE keeps it)'}"
    yield f"  applies   to {_models(entry)} at {', '.join(entry.applies.services)}"
    yield f"  says      {entry.says}"
    for use in dict.fromkeys(entry.uses.values()):
        kinds: list[str] = [kind for kind, one in entry.uses.items() if one == use]
        yield f"  use       {use.says}: {_listed(kinds)}"
        yield from (f"            if {condition}" for condition in use.conditions)
        if use.held is not None:
            yield f"            {entry.reviewer} says that this holds: {use.held}"
    for duty in entry.duties:
        yield f"  duty      {duty}"
    for source in entry.sources:
        yield f"  source    {source.url} ({source.how}; {source.seen})"
    by = "by nobody" if entry.reviewer is None else f"by {entry.reviewer} on {entry.reviewed}"
    yield f"  reviewed  {by}, valid for {entry.valid_days} days: {entry.state(today())}"
