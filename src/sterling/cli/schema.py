"""`sterling schema`."""

import json

import click


@click.command("schema")
def command() -> None:
    """Print the recipe's JSON Schema.

    Editors that speak YAML take it from a comment: `# yaml-language-server: $schema=recipe.schema.json`.
    """
    from sterling.recipes import schema  # noqa: PLC0415 - keeps --help fast

    click.echo(json.dumps(schema(), indent=2))
