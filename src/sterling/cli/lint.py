"""`sterling lint`."""

import json
from pathlib import Path

import click


@click.command("lint")
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="K=V", help="Override a key of the recipe; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, recipe: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Hold RECIPE against the policy: every rule that applies, met or not, why, and what to change.

    Exit code 2 when a local file it names is not there, or its first rows cannot be what the recipe says; 3 when a
    critical or required rule is unmet and not waived.
    """
    from sterling.errors import InputError  # noqa: PLC0415 - keeps --help fast
    from sterling.pipeline import check_policy, read_recipe, require_files  # noqa: PLC0415 - keeps --help fast
    from sterling.policy import refuses, render, render_end, render_headline, to_json  # noqa: PLC0415

    loaded = read_recipe(recipe, overrides)
    findings = check_policy(loaded)
    wrong: InputError | None = None
    try:
        require_files(loaded)
    except InputError as error:
        wrong = error
        click.echo(f"error: {error}\n", err=True)
    if as_json:
        click.echo(json.dumps(to_json(findings, loaded.where), ensure_ascii=False))
    else:
        click.echo(render_headline(loaded.recipe.purpose) + "\n")
        click.echo(render(findings, loaded.where))
        click.echo("\n" + render_end(findings))
    if wrong is not None or refuses(findings):
        context.exit(wrong.exit_code if wrong is not None else 3)
