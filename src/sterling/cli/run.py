"""`sterling run`."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sterling.ledger import Run
    from sterling.pipeline.crews import Engine


@click.command("run")
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option(
    "--preview",
    type=click.IntRange(1),
    metavar="N",
    help="A look: N records of each anchor and strategy.",
)
@click.option(
    "--rehearse",
    is_flag=False,
    flag_value="",
    metavar="[SCRIPT]",
    help="With --preview: a mock answers for every model, from SCRIPT or with made-up answers.",
)
@click.option(
    "--out",
    metavar="DIR",
    default=".",
    show_default=True,
    help="Holds runs/ and releases/. A URL (s3://bucket/folder) holds runs/ alone.",
)
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True, help="Who works.")
@click.option(
    "--cluster",
    metavar="HOST:PORT",
    help="With --engine ray: a cluster that runs. Unsaid, RAY_ADDRESS, else a Ray of this run's own.",
)
@click.option("--set", "overrides", multiple=True, metavar="K=V", help="Override a key of the recipe; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on standard output.")
def command(
    recipe: Path,
    preview: int | None,
    rehearse: str | None,
    out: str,
    engine: "Engine",
    cluster: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run RECIPE from anchor to release; continue where an earlier run stopped, repeating nothing that is finished."""
    from sterling.cli.progress import watcher  # noqa: PLC0415 - keeps --help fast
    from sterling.pipeline import run  # noqa: PLC0415

    with watcher(quiet=as_json or bool(os.environ.get("CI"))) as watch:
        instead = rehearse is not None and (rehearse or True)
        done = run(
            recipe, out=out, overrides=overrides, preview=preview, watch=watch, rehearse=instead, engine=engine,
            cluster=cluster,
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps(done.report, ensure_ascii=False))
    else:
        _show(done)


def _show(done: "Run") -> None:
    if done.status == "preview":
        from sterling.cli.preview import show_estimate, show_samples  # noqa: PLC0415 - only a preview needs it

        show_samples(done.report)
        show_estimate(done.report)
    outcome = done.report["outcome"]
    for sentence in (outcome["headline"], *outcome["sentences"]):
        click.echo(sentence)
    for finding in done.report["findings"]:
        if finding["status"] == "unmet":
            click.echo(f"{finding['severity']}: {finding['what']} ({finding['rule']})")
    for line in _cost(done.report):
        click.echo(line)
    click.echo(f"report:  {(done.release or done.folder) / 'report.html'}")
    if done.release is not None:
        click.echo(f"release: {done.release}")


def _cost(report: Mapping[str, Any]) -> Iterator[str]:
    """What it cost, in a line; none where nothing was asked of anybody."""
    found = {one["name"]: one for one in report["evidence"] if one["name"].startswith("cost.")}
    if "cost.total.usd" not in found:
        return
    sides = ("generator", "verifiers", "people", "doubtful")
    parts = [f"{side} {_usd(found[f'cost.{side}.usd'])}" for side in sides if f"cost.{side}.usd" in found]
    each = found["cost.per_accepted.usd"]
    share = f"; {each['value']:.4g} for each synthetic record of the mix" if each["value"] else ""
    yield f"cost:    {_usd(found['cost.total.usd'])} USD ({', '.join(parts)}){share}"


def _usd(one: Mapping[str, Any]) -> str:
    return f"{one['value']:.4g}" if one["value"] is not None else f"unknown, at least {one['inputs']['known_usd']:.4g}"
