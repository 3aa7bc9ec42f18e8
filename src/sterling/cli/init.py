"""`sterling init`."""

from pathlib import Path

import click

PURPOSES = ("fine-tuning", "evaluation", "edge-cases", "privacy", "pretraining", "alignment")


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--purpose", required=True, type=click.Choice(PURPOSES), help="What the data is for.")
def command(folder: Path, purpose: str) -> None:
    """Write a commented recipe with that purpose's defaults. Nothing is overwritten."""
    from sterling.recipes import write_starter  # noqa: PLC0415 - keeps --help fast

    for path in write_starter(folder, purpose):  # type: ignore[arg-type]  # click has checked it against PURPOSES
        click.echo(f"wrote {path}")
    click.echo(f"next: sterling lint {folder / 'recipe.yaml'}")
