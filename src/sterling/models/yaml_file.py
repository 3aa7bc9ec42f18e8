"""A small YAML file that a person writes, as a validated value or as a message that says what is wrong with it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Generic, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ValidationError

from sterling.errors import InputError

Kind = TypeVar("Kind", bound=BaseModel)


def read(kind: type[Kind], path: str | Path, mend: str) -> Kind:
    """What the file says; an empty one says every default. InputError with the place of the first mistake."""
    try:
        return kind.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"is no YAML: {' '.join(str(error).split())}", where=path) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{place}: {first['msg']}", where=path, mend=mend) from None


def _compile(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"`{pattern}` is no regular expression: {error}") from None
    return patterns


Patterns = Annotated[tuple[str, ...], AfterValidator(_compile)]
"""Regular expressions."""


class OwnFile(Generic[Kind]):
    """A file of the user's own beside ours, for as long as a run lasts.

    Its path lies in an environment variable, so that worker processes know it too.
    """

    def __init__(self, variable: str, kind: type[Kind], mend: str) -> None:
        self._variable = variable
        self._kind = kind
        self._mend = mend
        self._read: dict[str, Kind] = {}

    @contextmanager
    def added(self, path: str | Path | None) -> Iterator[None]:
        """Know it while this lasts; None changes nothing. InputError names what is wrong with it."""
        before = os.environ.get(self._variable)
        if path is not None:
            read(self._kind, path, self._mend)
            os.environ[self._variable] = str(Path(path).absolute())
        try:
            yield
        finally:
            self._read.clear()
            if path is not None:
                os.environ.pop(self._variable)
            if before is not None:
                os.environ[self._variable] = before

    def known(self) -> tuple[Kind, ...]:
        """What it says, if there is one."""
        path = os.environ.get(self._variable)
        if path is None:
            return ()
        if path not in self._read:
            self._read[path] = read(self._kind, path, self._mend)
        return (self._read[path],)
