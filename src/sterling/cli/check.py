"""`sterling check`."""

import json
from pathlib import Path

import click


@click.command("check")
@click.argument("name")
@click.option("--input", "source", required=True, type=click.Path(path_type=Path), help="JSONL, JSON, CSV or Parquet.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help=".jsonl or .parquet")
@click.option("--option", "options", multiple=True, metavar="K=V", help="An option of the check; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def command(name: str, source: Path, output: Path, options: tuple[str, ...], as_json: bool) -> None:
    """Run check NAME on any file and write one verdict for each row, in its order, none missing.

    Rows have TRL's columns (text, messages, prompt, completion, chosen, rejected, label) and `reference`, which holds
    what the check needs. Each output row is {id, index, outcome: keep|drop|flag|fault, reason, score, evidence}.
    """
    from sterling.pipeline.checking import (  # noqa: PLC0415 - keeps --help fast
        check_file,
        configured,
        parse_options,
        write_answers,
    )

    counts = write_answers(output, check_file(configured(name, parse_options(options)), str(source)), source)
    if as_json:
        click.echo(json.dumps({"output": str(output), "rows": sum(counts.values()), **counts}))
    else:
        said = ", ".join(f"{n:,} {outcome}" for outcome, n in sorted(counts.items()))
        click.echo(f"{sum(counts.values()):,} rows: {said} → {output}")
