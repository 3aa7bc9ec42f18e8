"""The command group: looks commands up by name, and turns every failure into a message and an exit code."""

import importlib
import sys
from typing import Any

import click

from sterling.errors import SterlingError
from sterling.version import VERSION

COMMANDS = {
    "init": "Write a commented recipe with a purpose's defaults.",
    "lint": "Hold a recipe against the policy: every rule that applies, met or not, why, and what to change.",
    "run": "Run a recipe from anchor to release; continue where an earlier run stopped.",
    "status": "Tell what a run has done so far.",
    "trace": "Tell one record's whole life.",
    "check": "Run one check on any JSONL, JSON, CSV or Parquet file.",
    "monitor": "Watch generations of a corpus for collapse, on any files of text.",
    "forecast": "Tell how long the rare words of a corpus last under mixing policies.",
    "experiment": "Tell whether the synthetic part of a recipe helps, on real held-out data.",
    "terms": "List what providers allow with what their models write; sign what you have read.",
    "mock-endpoint": "Serve a script as a local chat endpoint, to rehearse a run and its failures.",
    "schema": "Print the recipe's JSON Schema, for editors.",
}
"""In the order in which a newcomer meets them; the line is repeated here so that --help imports none of them."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"sterling.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SterlingError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("stopped. Finished work is kept: run the same command again to continue.", err=True)
            ctx.exit(130)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(VERSION, prog_name="sterling")
def main() -> None:
    """Turn real data and what a model said into a training set that its owner can prove.

    \b
    Exit codes: 0 done · 1 failed · 2 the input is wrong (file, line, mend) · 3 policy refused
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
