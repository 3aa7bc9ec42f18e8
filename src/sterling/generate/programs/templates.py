"""The prompts of this room: text files beside the strategies."""

import re
from pathlib import Path

from sterling.text.templates import Template, read_template

_FOLDER = Path(__file__).parents[1] / "prompts"


def template(name: str) -> Template:
    """The file `prompts/<name>.md`."""
    return read_template(_FOLDER / f"{name}.md")


def fenced(source: str, language: str = "python") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    longest = max(map(len, re.findall("`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{source.rstrip()}\n{fence}\n"
