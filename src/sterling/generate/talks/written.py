"""YAML files that a person writes beside a recipe: read strictly, and each mistake with its line."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from sterling.errors import InputError
from sterling.recipes.problems import Places
from sterling.recipes.reading import SyntaxProblem, read_yaml

Kind = TypeVar("Kind", bound=BaseModel)


def parse_written(kind: type[Kind], path: str, text: str, mend: str) -> Kind:
    """What the file's text says. InputError with the line of its first mistake; `mend` where no better is known."""
    document = read_yaml(text)
    if isinstance(document, SyntaxProblem):
        raise InputError(document.what, where=_line(path, document.line), mend=document.mend or mend)
    places = Places(path, document.lines)
    if document.problems:
        first = document.problems[0]
        raise InputError(first.what, where=places.where(first.path), mend=first.mend or mend)
    try:
        return kind.model_validate(document.data or {})
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        what, better = _words(detail)
        raise InputError(what, where=places.where(detail["loc"]), mend=better or mend) from None


def place_in(path: str, text: str, loc: tuple[str | int, ...]) -> str:
    """Where a key of such a file stands: `file:line` of it, or of what it would stand in."""
    document = read_yaml(text)
    return path if isinstance(document, SyntaxProblem) else Places(path, document.lines).where(loc)


def text_of_file(path: str | Path) -> str:
    """The text of a file. InputError when there is none to be read."""
    try:
        return Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path, mend="name a file that is there") from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", where=path, mend="save it as UTF-8") from None


def wrong(what: str, mend: str) -> PydanticCustomError:
    """For the validators of such a file: what is wrong, and what to write instead."""
    return PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})


def _words(detail: ErrorDetails) -> tuple[str, str | None]:
    place = ".".join(map(str, detail["loc"]))
    if detail["type"] == "recipe":
        return detail["ctx"]["what"], detail["ctx"]["mend"]
    if detail["type"] == "missing":
        return f"`{place}` is missing", f"add `{detail['loc'][-1]}:`"
    if detail["type"] == "extra_forbidden":
        return f"unknown key `{place}`", "remove it"
    return f"`{place}`: {detail['msg']}" if place else detail["msg"], None


def _line(path: str, line: int | None) -> str:
    return path if line is None else f"{path}:{line}"
