"""`sterling forecast`."""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sterling.pipeline.forecasting import Forecast


@click.command("forecast")
@click.argument("anchor")
@click.option("--generations", default=10, show_default=True, type=click.IntRange(1, 256))
@click.option("--policy", "policies", multiple=True, help="replace, accumulate, rotate:0.1, … Unsaid: the usual ones.")
@click.option("--output", help="What a model wrote after training on ANCHOR: measures how it treats rare words.")
@click.option("--json", "as_json_", is_flag=True, help="Print every number as JSON.")
def command(anchor: str, generations: int, policies: tuple[str, ...], output: str | None, as_json_: bool) -> None:
    """Tell which share of the rare words of ANCHOR a model still writes after generations of training on its output.

    A closed form (a branching process) for each mixing policy, and beside it how far a trigram loop on the same text
    was from it.
    """
    from sterling.pipeline.forecasting import as_json, forecast_file  # noqa: PLC0415 - keeps --help fast

    found = forecast_file(anchor, generations, policies, output)
    if as_json_:
        click.echo(json.dumps(as_json(found)))
    else:
        _tell(found, generations)


def _tell(found: "Forecast", generations: int) -> None:
    click.echo(
        f"{found.tokens:,} tokens, {found.types:,} types; share of types still written in generation {generations}"
    )
    bands = list(dict.fromkeys(str(one.inputs["band"]) for one in found.survival))
    click.echo(
        f"\n  {'policy':<30}" + "".join(f"{band:>9}" for band in bands) + "   10 % of the tail gone   50 %   error"
    )
    last = {(one.inputs["policy"], one.inputs["band"]): one.value for one in found.survival
            if one.inputs["generation"] == generations}  # fmt: skip
    gone = {(one.inputs["policy"], one.inputs["lost"]): one.value for one in found.until}
    for calibration, policy in zip(
        found.calibration, dict.fromkeys(one.inputs["policy"] for one in found.until), strict=True
    ):
        cells = "".join(f"{last[policy, band]:>9.1%}" for band in bands)
        lost = [gone[policy, share] for share in (0.1, 0.5)]
        told = ["never" if one is None else f"gen. {one:.0f}" for one in lost]
        click.echo(f"  {policy:<30}{cells}{told[0]:>24}{told[1]:>7}{calibration.value:>8.3f}")
    click.echo("\n  error: the largest difference to a trigram loop on this text, for types seen once")
    for one in found.kappa:
        within = f" [{one.interval.low:.2f}, {one.interval.high:.2f}]" if one.interval else ""
        click.echo(
            f"  tail reproduction, {one.inputs['band']}: {'?' if one.value is None else f'{one.value:.2f}'}{within}"
        )
