"""`sterling experiment`."""

import json
import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sterling.cli.evaluation_set import require_no_set, told_outcome, without_recipe

if TYPE_CHECKING:
    from sterling.pipeline.experiment.comparing import Row
    from sterling.pipeline.experiment.experimenting import Experiment

_SLICES = ("all", "tail", "outside")


@click.command("experiment")
@click.argument("recipe", required=False, type=click.Path(path_type=Path))
@click.option("--seeds", default=4, show_default=True, type=int, help="Draws of documents; at least four.")
@click.option("--share", type=float, metavar="S", help="Synthetic share of the mixed arms. Unsaid: the recipe's cap.")
@click.option("--students", metavar="A,B", help="Who is trained: ngrams, labels, choices. Unsaid: all that suit.")
@click.option("--out", metavar="DIR", default=".", show_default=True, help="Holds runs/ and experiments/.")
@click.option("--set", "overrides", multiple=True, metavar="K=V", help="Override a key of the recipe; may be repeated.")
@click.option("--evaluation", metavar="FILE", help="No RECIPE: what an evaluation set of yours can detect.")
@click.option("--real", metavar="FILE", help="With --evaluation: real text, to tell how much of its tail it reaches.")
@click.option(
    "--outcomes", metavar="FILE", help="Outcomes from production by arm and unit: with RECIPE, --evaluation or alone."
)
@click.option("--control", default="real", show_default=True, metavar="ARM", help="What --outcomes are held against.")
@click.option("--json", "as_json_", is_flag=True, help="Print every number as JSON on standard output.")
def command(
    recipe: Path | None, seeds: int, share: float | None, students: str | None, out: str, overrides: tuple[str, ...],
    evaluation: str | None, real: str | None, outcomes: str | None, control: str, as_json_: bool,
) -> None:  # fmt: skip
    """Tell whether the synthetic part of RECIPE helps, on real data of the test role that nobody trained on.

    Walks the recipe up to its mix as `sterling run` does, with the same steps; then trains small students with and
    without the synthetic part, without each strategy and each check, and on unfiltered candidates. The result is
    evidence that a recipe may name as `mix.evidence`.
    """
    if recipe is None:
        without_recipe(evaluation, real, outcomes, control, as_json_)
        return
    require_no_set(evaluation, real)
    from sterling.cli.progress import watcher  # noqa: PLC0415 - keeps --help fast
    from sterling.pipeline.experiment.experimenting import as_json, experiment  # noqa: PLC0415

    names = [name.strip() for name in (students or "").split(",") if name.strip()]
    with watcher(quiet=as_json_ or bool(os.environ.get("CI"))) as watch:
        done = experiment(
            recipe, out=out, overrides=overrides, seeds=seeds, share=share, students=names,
            outcomes=outcomes, control=control, watch=watch,
        )  # fmt: skip
    if as_json_:
        click.echo(json.dumps(as_json(done), ensure_ascii=False))
    else:
        _tell(done)


def _tell(done: "Experiment") -> None:
    verdict = done.found.verdict
    click.echo(f"{done.name}: {verdict.word}")
    for sentence in verdict.why.split("; "):
        click.echo(f"  {sentence}")
    if verdict.change:
        click.echo(f"  what would change it: {verdict.change}")
    for line in _by_arm(done):
        click.echo(line)
    groups = "" if done.groups is None else f" of {done.groups:,} groups"
    click.echo(
        f"\n{done.share:.0%} synthetic tokens in the mixed arms; {done.test:,} real test documents{groups}; "
        f"{done.seeds} seeds."
    )
    if done.reach.short:
        click.echo(f"{done.reach.sentence}.")
    click.echo("Differences to the control; below 0 is better; * beyond chance among all arms (Holm).")
    for (full, unit), rows in groupby(done.found.rows, lambda row: (row.full, row.unit)):
        click.echo("")
        for line in _table(list(rows), f"{unit}: {full}"):
            click.echo(line)
    for one in done.outcomes:
        click.echo(f"\nfrom production, {one.inputs['arm']} against {one.inputs['control']}: {told_outcome(one)}")
    for line in _notes(done):
        click.echo(line)


def _by_arm(done: "Experiment") -> Iterator[str]:
    """The word for each arm, and against what; those of one word together."""
    twins = {other: name for name, other in done.same.items()}
    words: dict[str, list[str]] = {}
    for name, said in done.found.verdicts.items():
        if name != "added":
            also = f" (= {_words(twins[name])})" if name in twins else ""
            words.setdefault(said.word, []).append(f"{_words(name)}{also}")
    if words:
        yield "  other arms, each against its control (`without` something harms: it helps to have it):"
    for word, names in words.items():
        yield f"    {word}: {', '.join(names)}"


def _table(rows: "Sequence[Row]", title: str) -> Iterator[str]:
    sizes = {row.slice: row.effect.documents for row in rows}
    here = [part for part in sizes if part in _SLICES]
    pairs = list(dict.fromkeys((row.arm.name, row.control) for row in rows))
    width = max(len(_words(name)) for name, _ in pairs) + 2
    cells = {(row.arm.name, row.control, row.slice): row for row in rows}
    yield title
    yield f"  {'arm':<{width}}{'against':<10}" + "".join(f"{f'{part}, n = {sizes[part]:,}':<26}" for part in here)
    for name, control in sorted(pairs, key=lambda one: (one[0] != "added", one[0] != "matched")):
        told = "".join(f"{_cell(cells[name, control, part]):<26}" for part in here)
        yield f"  {_words(name):<{width}}{control:<10}{told}".rstrip()


def _cell(row: "Row") -> str:
    low, high = row.effect.interval
    mark = "*" if row.claim.better or row.claim.worse else ""
    return f"{row.effect.value:+.3f} [{low:+.3f}, {high:+.3f}]{mark}"


def _words(name: str) -> str:
    """`without strategy evolve`; names of entries keep their underscores."""
    if name == "without_earlier":
        return "without earlier generations"
    for prefix in ("without_strategy_", "without_check_"):
        if name.startswith(prefix):
            return f"{prefix.replace('_', ' ')}{name.removeprefix(prefix)}"
    return name


def _notes(done: "Experiment") -> Iterator[str]:
    yield ""
    if any("without_" in name for name in done.found.verdicts):
        yield "An arm without something that harms says that it helps to have it. What a check dropped, later checks"
        yield "never saw: without it, that comes back unseen by them."
    if done.shared:
        yield f"{done.shared:,} documents train no arm: they share a run of words with a test document."
    for one in done.unsuited:
        yield f"not asked: {one}"
    yield f"evidence: {done.folder / 'evidence.json'}"
    yield f"report:   {done.folder / 'report.html'}"
