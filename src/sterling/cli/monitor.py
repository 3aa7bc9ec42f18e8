"""`sterling monitor`."""

import json
from typing import Literal

import click

from sterling.cli.examine import examinable


@click.command("monitor")
@click.argument("paths", nargs=-1, metavar="[REAL] GENERATION...")
@click.option(
    "--real", metavar="FILE", help="Real text that no generator was seeded with; then every path is a generation."
)
@click.option(
    "--part", type=click.Choice(["synthetic", "mix"]), default="synthetic",
    help="What is looked at of a release: what was generated for it, or the whole mix.  [default: synthetic]",
)  # fmt: skip
@examinable
@click.option("--html", metavar="FILE", help="Also write what was measured as a page of pictures.")
@click.option("--json", "as_json_", is_flag=True, help="Print everything that was measured as JSON.")
def command(
    paths: tuple[str, ...], real: str | None, part: Literal["synthetic", "mix"], html: str | None, as_json_: bool
) -> None:
    """Watch generations of a corpus for collapse, against real text.

    \b
    sterling monitor real.jsonl gen1.jsonl gen2.jsonl     real text first, then the generations in their order
    sterling monitor --real real.jsonl gen1.jsonl         the same, said by name
    sterling monitor releases/v1 releases/v2              releases: real text is found beside the first one
    sterling monitor --endpoint v1=URL#MODEL --endpoint v2=URL#MODEL --tail tail.jsonl --check math     models

    Each is a file or folder of text, chats or prompts and completions. What is said of each is a comparison with real
    text (the gap) and with the first generation (the drift): green, amber, red, that the sample is insufficient, or
    that the two are not comparable: another language, or real text that seeded the generator.

    Split real text before training and keep 160,000 tokens out of it: half of them say what is rare, and the other
    80,000 are what as many of each generation are compared with. Exit code 3 when the last generation is red.
    """
    from sterling.pipeline.monitor.files import as_json, in_words, monitor_files  # noqa: PLC0415 - keeps --help fast
    from sterling.pipeline.monitor.picturing import picture_corpora, require_page  # noqa: PLC0415

    require_page(html)
    found = monitor_files(paths, real, part)
    picture_corpora(found, html)
    click.echo(json.dumps(as_json(found)) if as_json_ else "\n".join(in_words(found)))
    if found.watch.generations[-1].gap.colour == "red":
        raise click.exceptions.Exit(3)
