"""`sterling forecast`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sterling.pipeline.forecast.spectra import Forecast
    from sterling.stats import Evidence


@click.command("forecast")
@click.argument("anchor", metavar="RECIPE|FILES", required=False)
@click.option("--generations", default=10, show_default=True, type=click.IntRange(1, 256))
@click.option(
    "--policy",
    "policies",
    multiple=True,
    help="replace, accumulate, cap:0.3 (rotate:0.7), … May be repeated. Unsaid: the usual ones.",
)
@click.option("--output", help="What a model wrote after training on the anchor: measures how it treats rare words.")
@click.option("--set", "overrides", multiple=True, metavar="K=V", help="Override a key of the recipe; may be repeated.")
@click.option("--out", metavar="DIR", default=".", show_default=True, help="Where a recipe's releases/ are.")
@click.option("--explain", is_flag=True, help="Run the loops that have closed forms, and write them as a page.")
@click.option("--html", metavar="FILE", default="collapse.html", show_default=True, help="With --explain: that page.")
@click.option("--json", "as_json_", is_flag=True, help="Print every number as JSON.")
def command(
    anchor: str | None,
    generations: int,
    policies: tuple[str, ...],
    output: str | None,
    overrides: tuple[str, ...],
    out: str,
    explain: bool,
    html: str,
    as_json_: bool,
) -> None:
    """Tell which share of the rare words of real text a model still writes after generations on its own output.

    Given a recipe (.yaml), its anchors are the real text and its mix stands beside the presets as `this mix`; no model
    is asked. Otherwise FILES is any file or folder of text. A closed form (a branching process) for each mixing policy,
    and beside it how far a trigram loop on the same text was from it.
    """
    if explain:
        _explain(anchor, html, as_json_)
        return
    if anchor is None:
        raise click.UsageError("name a recipe or files of text, or say --explain")
    found = _found(anchor, generations, policies, output, overrides, out)
    if as_json_:
        from sterling.pipeline.forecast.spectra import as_json  # noqa: PLC0415 - keeps --help fast

        click.echo(json.dumps(as_json(found)))
    else:
        for line in _told(found, generations):
            click.echo(line)


def _found(
    anchor: str, generations: int, policies: tuple[str, ...], output: str | None, overrides: tuple[str, ...], out: str
) -> "Forecast":
    from sterling.pipeline.forecast.recipes import forecast_recipe, is_recipe  # noqa: PLC0415
    from sterling.pipeline.forecast.spectra import forecast_file  # noqa: PLC0415

    if is_recipe(anchor):
        return forecast_recipe(anchor, generations, policies, output, overrides=overrides, out=Path(out))
    if overrides:
        raise click.UsageError("--set changes a recipe, and this is none (recipes end in .yaml)")
    return forecast_file(anchor, generations, policies, output)


def _explain(anchor: str | None, html: str, as_json_: bool) -> None:
    from sterling.pipeline.forecast.explaining import explain  # noqa: PLC0415 - keeps --help fast

    evidence = explain(Path(html), anchor)
    if as_json_:
        click.echo(json.dumps([one.to_json() for one in evidence]))
    else:
        click.echo(f"{len(evidence):,} points of closed forms and simulations: {html}")


def _told(found: "Forecast", generations: int) -> Iterator[str]:
    yield f"{found.tokens:,} tokens, {found.types:,} types (different words) of real text"
    if found.assumed is not None:
        yield f"this mix: {found.assumed}"
    yield ""
    yield f"How many of the words that the real text holds once, twice, … does generation {generations} still write?"
    yield from ("", *_table(found, generations), "")
    yield "tail: words that the real text holds one to four times; gone: not written any more by that generation"
    yield "error: the largest difference to a trigram loop on this text, rare words; beside it the loop's own noise"
    yield from _kappa(found)


def _table(found: "Forecast", generations: int) -> Iterator[str]:
    bands = list(dict.fromkeys(str(one.inputs["band"]) for one in found.survival))
    last = {(one.inputs["policy"], one.inputs["band"]): one for one in found.survival
            if one.inputs["generation"] == generations}  # fmt: skip
    gone = {(one.inputs["policy"], one.inputs["lost"]): one for one in found.until}
    over = [*("" for _ in bands), "10% of", "50% of", "", ""]
    heads = [*bands, "tail gone", "tail gone", "error", "noise"]
    yield f"  {'':<30}" + "".join(f"{head:>10}" for head in over).rstrip()
    yield f"  {'policy':<30}" + "".join(f"{head:>10}" for head in heads)
    for calibration in found.calibration:
        policy = calibration.inputs["policy"]
        shares, lost = [last[policy, band] for band in bands], [gone[policy, share] for share in (0.1, 0.5)]
        told = [*(f"{one.value:.1%}" for one in shares), *(_when(one.value) for one in lost)]
        error = "?" if calibration.value is None else f"{calibration.value:.3f}"
        told += [error, f"{calibration.inputs['noise']:.3f}"]
        yield f"  {_called(policy):<30}" + "".join(f"{one:>10}" for one in told)
        if found.kappa.kappas:
            ranges = [*map(_range, shares), *(_range_of_generations(one) for one in lost)]
            yield f"  {'':<30}" + "".join(f"{one:>10}" for one in ranges)


def _called(policy: str) -> str:
    """The name of a policy; where part of the real data is drawn anew, with the cap that it comes to."""
    kind, _, share = policy.partition(" ")
    return f"{policy} (cap of {1 - float(share):.0%})" if kind == "rotate" else policy


def _range(one: "Evidence") -> str:
    """What kappa's interval makes of a share, where it was measured."""
    if "kappa_low" not in one.inputs or one.interval is None:
        return ""
    return f"{100 * one.interval.low:.0f}-{one.interval.high:.0%}"


def _range_of_generations(one: "Evidence") -> str:
    ends = [_when(one.inputs.get(end)).removeprefix("gen. ") for end in ("early", "late")]
    return "" if "early" not in one.inputs or ends[0] == ends[1] else "-".join(ends)


def _when(generation: Any) -> str:
    return "never" if generation is None else f"gen. {generation:.0f}"


def _kappa(found: "Forecast") -> Iterator[str]:
    yield f"tail reproduction (copies written for each copy read): {found.kappa.said}"
    if found.kappa.unlike is not None:
        what = f"words that are frequent in the real text are {found.kappa.unlike:.2f} times as frequent in this output"
        yield f"  careful: {what}, so it is another kind of text, and not what a model of this text writes"
    used: Mapping[str, Any] = found.kappa.kappas
    for one in found.kappa.evidence:
        band = str(one.inputs["band"])
        if band in used:
            yield f"  {band:<8}{used[band].value:.2f} [{used[band].low:.2f}, {used[band].high:.2f}]"
        else:
            yield f"  {band:<8}not measured, taken as 1: {one.method.rpartition('; ')[2]}"
