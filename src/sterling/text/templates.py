"""Prompt templates: text files with `{names}` to fill in, known by their digest."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sterling.errors import InputError
from sterling.records import digest

_NAME = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
"""Braces around anything else, JSON for instance, stand for themselves."""


class Template(NamedTuple):
    """A text with `{names}` to fill in."""

    text: str
    digest: str

    @classmethod
    def of(cls, text: str) -> "Template":
        """A text that is a template."""
        return cls(text, digest(text))

    @property
    def names(self) -> frozenset[str]:
        """What it has places for."""
        return frozenset(_NAME.findall(self.text))

    def fill(self, **values: str) -> str:
        """The text with every name replaced, once: braces in a value are left alone. KeyError names a missing one."""
        return _NAME.sub(lambda found: values[found[1]], self.text)


def read_template(path: Path) -> Template:
    """The template in a file. InputError when it cannot be read."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path, mend="name a text file") from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", where=path, mend="save it as UTF-8") from None


@cache
def _read(path: Path, changed: int) -> Template:  # noqa: ARG001 - part of the key
    return Template.of(path.read_text("utf-8"))
