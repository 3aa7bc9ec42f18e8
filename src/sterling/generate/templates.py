"""Prompt templates: text files beside the strategies, known by their digest."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sterling.records import digest

_FOLDER = Path(__file__).parent / "prompts"


class Template(NamedTuple):
    """A text with `{names}` to fill in."""

    text: str
    digest: str

    def fill(self, **values: str) -> str:
        """The text with every name replaced. KeyError names one that has no value."""
        return self.text.format(**values)


@cache
def template(name: str) -> Template:
    """The file `prompts/<name>.md`."""
    text = (_FOLDER / f"{name}.md").read_text("utf-8")
    return Template(text, digest(text))


def fenced(source: str, language: str = "python") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    longest = max(map(len, re.findall("`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{source.rstrip()}\n{fence}\n"
