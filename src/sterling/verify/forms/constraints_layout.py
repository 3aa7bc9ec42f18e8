"""Constraints on the form of the text as a whole: case, punctuation, wrappings, parts."""

# ruff: noqa: RUF001 - the marks of other scripts are meant
import re
from typing import Annotated

from pydantic import Field

from sterling.verify.forms.constraints import Constraint, Failure, named
from sterling.verify.forms.counting import words
from sterling.verify.forms.strict_json import NotJson, document, parse

_TAKES = 80
_COMMAS = ",，、،﹐︐"
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "『": "』"}
_SEPARATOR = "******"


@named("lowercase")
class Lowercase(Constraint):
    """No capital letter anywhere, names and `I` included. A text without letters that have a case meets nothing."""

    def check(self, text: str) -> Failure | None:
        """None when all letters are small."""
        return None if text.islower() else Failure("small letters only", _first(text, capital=True))

    def spoil(self, text: str) -> str | None:
        """With one capital at the end."""
        return f"{text} I"


@named("uppercase")
class Uppercase(Constraint):
    """No small letter anywhere, units and links included. A text without letters that have a case meets nothing."""

    def check(self, text: str) -> Failure | None:
        """None when all letters are capitals."""
        return None if text.isupper() else Failure("capital letters only", _first(text, capital=False))

    def spoil(self, text: str) -> str | None:
        """With one small letter at the end."""
        return f"{text} a"


@named("no_commas")
class NoCommas(Constraint):
    """No comma of any script. The one in `1,000` is a comma, and so are those in code."""

    def check(self, text: str) -> Failure | None:
        """None when there is none."""
        there = [mark for mark in _COMMAS if mark in text]
        return Failure("no comma", " ".join(there)) if there else None

    def spoil(self, text: str) -> str | None:
        """With one in the place of a space, or at the end."""
        return text.replace(" ", ", ", 1) if " " in text else f"{text},"


@named("title")
class Title(Constraint):
    """A line by itself is a title in double angle brackets, `<<title>>`. `a << b >> c` in a line of code is none."""

    def check(self, text: str) -> Failure | None:
        """None when there is one that says something."""
        met = any(words(found) for found in _TITLE.findall(text))
        return None if met else Failure("a line <<title>>", "none")

    def spoil(self, text: str) -> str | None:
        """With single brackets."""
        return text.replace("<<", "<").replace(">>", ">") if "<<<" not in text else None


@named("json")
class Json(Constraint):
    """The whole text is one JSON object or array, by itself or as one fenced block. `5` and `"x"` alone are not it.

    Parsed as `verify.forms.strict_json` says: no comments, no equal keys, no `NaN`. For what is inside there is the
    check `json_schema`.
    """

    def check(self, text: str) -> Failure | None:
        """None when it is."""
        try:
            value = parse(document(text))
        except NotJson as error:
            return Failure("JSON", f"{error.reason}: {error}"[:_TAKES])
        return None if isinstance(value, dict | list) else Failure("a JSON object or array", text.strip()[:_TAKES])

    def spoil(self, text: str) -> str | None:
        """With a word of politeness."""
        return f"Here you are:\n{text}"


@named("quoted")
class Quoted(Constraint):
    """The whole text stands in one pair of quotation marks, straight or those of a language.

    `"Yes" and "no"` is two quotations and not one, so the same marks must not stand inside, unless escaped by `\\`.
    """

    def check(self, text: str) -> Failure | None:
        """None when it does."""
        found = text.strip()
        closing = _QUOTES.get(found[:1])
        inside = found[1:-1].replace(f"\\{closing}", "")
        met = closing and len(found) > 2 and found.endswith(closing) and inside.strip()
        if met and found[0] not in inside and str(closing) not in inside:
            return None
        return Failure("one pair of quotation marks", f"{found[:20]} … {found[-20:]}")

    def spoil(self, text: str) -> str | None:
        """With a word after it."""
        return f"{text} Yes."


@named("responses")
class Responses(Constraint):
    """So many different answers, with a line of six asterisks (`******`) between each two and nowhere else."""

    exactly: Annotated[int, Field(ge=2, le=100)] = 2

    def check(self, text: str) -> Failure | None:
        """None when there are as many, each says something, and no two are equal."""
        parts = [[""]]
        for line in text.split("\n"):
            if line.strip() == _SEPARATOR:
                parts.append([""])
            else:
                parts[-1].append(line)
        said = [" ".join("\n".join(part).split()) for part in parts]
        if len(said) != self.exactly or not all(map(words, said)):
            return Failure(f"{self.exactly} answers", f"{sum(bool(words(part)) for part in said):,}")
        return None if len(set(said)) == len(said) else Failure("different answers", "equal ones")

    def spoil(self, text: str) -> str | None:
        """The same answer so many times."""
        once = " ".join(text.replace(_SEPARATOR, " ").split())
        return f"\n{_SEPARATOR}\n".join([once] * self.exactly)


_TITLE = re.compile(r"^[ \t#*_]*<<([^\n<>]{1,500})>>[ \t*_]*\r?$", re.MULTILINE)


def _first(text: str, *, capital: bool) -> str:
    """Where the first letter of the wrong case stands."""
    at = next(
        (n for n, mark in enumerate(text) if (mark.isupper() or mark.istitle()) is capital and mark.isalpha()), None
    )
    return "no letter that has a case" if at is None else text[max(0, at - 10) : at + 20]
