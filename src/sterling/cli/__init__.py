"""The command line: parse, call, print. Each command is a module of this folder, imported when it is called."""

from sterling.cli.group import main

__all__ = ["main"]
