"""`sterling check`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sterling.pipeline.answers import Answer, Counted
    from sterling.stats import Evidence

_MAPPED = "--column prompt=question --column completion=response --column answer=solution"


@click.command("check")
@click.argument("name")
@click.option("--input", "source", required=True, type=click.Path(path_type=Path), help="JSONL, JSON, CSV or Parquet.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help=".jsonl or .parquet")
@click.option(
    "--column", "columns", multiple=True, metavar="OURS=YOURS", help="A column by another name; may be repeated."
)
@click.option("--option", "options", multiple=True, metavar="K=V", help="An option of the check; may be repeated.")
@click.option("--gold", metavar="FILE", help="Labelled rows, mixed in blind, that measure the check itself.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts, and what gold says, as JSON.")
def command(
    name: str,
    source: Path,
    output: Path,
    columns: tuple[str, ...],
    options: tuple[str, ...],
    gold: str | None,
    as_json: bool,
) -> None:
    """Run check NAME on any file and write one verdict for each row, in its order, none missing.

    Rows have TRL's columns (text, messages, prompt and completion, chosen, rejected, label) and `reference`, which
    holds what the check needs, or `answer`, `tests` and `entry_point`. Where yours have other names, say which is
    which, as in --column prompt=question --column answer=truth; then only these are read. Each output row is {id,
    index, outcome: keep|drop|flag|fault, reason, score, evidence}. Gold rows have a column `gold` (good
    or bad) besides, and are not in the output. Exit code 3: gold shows more errors than the options
    `max_false_accept_rate` and `max_false_reject_rate` allow. Exit code 1: no row could be judged.
    """
    from sterling.pipeline.answers import write_answers  # noqa: PLC0415 - keeps --help fast
    from sterling.pipeline.checking import (  # noqa: PLC0415
        beyond_limits,
        check_file,
        configured,
        parse_columns,
        parse_options,
    )

    check = configured(name, parse_options(options) | ({"gold": gold} if gold else {}))
    found: list[Evidence] = []
    counted = write_answers(
        output, check_file(check, str(source), note=found.extend, columns=parse_columns(columns)), source
    )
    rows = sum(counted.outcomes.values())
    if as_json:
        evidence = [one.to_json() for one in found]
        told = {"output": str(output), "rows": rows, **counted.outcomes, "faults": counted.faults}
        click.echo(json.dumps(told | {"evidence": evidence}))
    else:
        _tell(counted, rows, output, found)
    beyond = beyond_limits(check, found)
    for sentence in beyond:
        click.echo(f"refused: {sentence}", err=True)
    if beyond or (rows and counted.outcomes.get("fault") == rows):
        raise click.exceptions.Exit(3 if beyond else 1)


def _tell(counted: "Counted", rows: int, output: Path, found: "list[Evidence]") -> None:
    said = ", ".join(f"{n:,} {outcome}" for outcome, n in sorted(counted.outcomes.items()))
    click.echo(f"{rows:,} rows: {said} → {output}")
    if counted.faults:
        click.echo("  faults: " + ", ".join(f"{reason} {n:,}" for reason, n in counted.faults.items()))
    if counted.first is not None:
        click.echo(f"  the first: {_place(counted.first)}: {counted.first.evidence.get('message', 'see its evidence')}")
    if "no_dataset_type" in counted.faults or "missing_column" in counted.faults:
        click.echo(f"  mend: say which column is which, as in {_MAPPED}")
    for one in found:
        click.echo(_line(one))


def _place(answer: "Answer") -> str:
    """Where a row stands in the file, else which it is."""
    return str(answer.evidence.get("where") or f"row {answer.index + 1}")


def _line(one: "Evidence") -> str:
    """`  verifiers.math.false_accepts: 0 [0, 0.0099], n = 300`."""
    if one.value is None:
        return f"  {one.name}: nothing to measure ({one.method})"
    within = f" [{one.interval.low:.4g}, {one.interval.high:.4g}]" if one.interval else ""
    return f"  {one.name}: {one.value:.4g}{within}, n = {one.n:,}"
