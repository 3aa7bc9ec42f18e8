"""`sterling mock-endpoint`."""

from pathlib import Path

import click


@click.command("mock-endpoint")
@click.argument("script", type=click.Path(path_type=Path))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
def command(script: Path, port: int) -> None:
    """Serve SCRIPT on this machine as a chat endpoint: to rehearse a run without a model, and its failures.

    Counts are at /_stats. Stop it with Ctrl-C.
    """
    from sterling.models.mocking.mock import serve  # noqa: PLC0415 - keeps --help fast

    serve(script, port, lambda address: click.echo(f"listening on {address}"))
