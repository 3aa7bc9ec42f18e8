"""What an executing check needs a reference to say, and in which types. The names are DESIGN's conventions."""

import ast
import builtins
import doctest
from itertools import zip_longest
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sterling.sandbox import Answer, is_relative_name
from sterling.verify.programs.claims import raised
from sterling.verify.programs.plain import difference, literal


def said_by(error: Exception) -> str:
    """What is wrong with a reference, place by place, in a line."""
    if not isinstance(error, ValidationError):
        return str(error)
    told = ((".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")) for one in error.errors())
    return "; ".join(f"`{place}`: {what}" if place else what for place, what in told)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Example(_Read):
    """One doctest example."""

    source: str
    want: str
    options: list[str] = []
    """Names of doctest's option flags that are set."""

    @field_validator("options")
    @classmethod
    def _are_known(cls, options: list[str]) -> list[str]:
        unknown = sorted(set(options) - doctest.OPTIONFLAGS_BY_NAME.keys())
        if unknown:
            raise ValueError(f"no option of doctest: {unknown}")
        return options


class Place(_Read):
    """Where a program lives."""

    module: str | None = None
    """Dotted name of the real module in whose namespace it runs."""
    replaces: str | None = None
    """Qualified name inside the module that it redefines."""
    paths: list[str] = []
    """Folders that must be on `sys.path`, as the recipe would write them."""


class Case(_Read):  # type: ignore[no-redef] # the plug-in gives the constructor a `kwargs` of its own
    """One call, and what must come of it: `expected`, `expected_repr` or `raises`, exactly one of them.

    JSON has neither tuples nor sets nor keys that are no strings. `args_repr` and `expected_repr` are read as Python
    literals (`"(1, {2, 3})"`, with `nan` and `inf` as words), and nothing of them is executed.
    """

    args: list[Any] = []
    args_repr: str | None = None
    """A list or tuple of the positional arguments, instead of `args`."""
    kwargs: dict[str, Any] = {}
    expected: Any = None
    expected_repr: str | None = None
    raises: str | None = None
    """Name of the exception's class, or of a builtin class that it descends from."""
    tolerance: float | None = Field(default=None, ge=0)
    """Instead of the reference's own."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if len(self.model_fields_set & {"expected", "expected_repr", "raises"}) != 1:
            raise ValueError("say exactly one of `expected`, `expected_repr` and `raises`")
        if self.args and self.args_repr is not None:
            raise ValueError("say `args` or `args_repr`")
        self.arguments()
        self.wanted()
        return self

    def arguments(self) -> list[Any]:
        """The positional arguments."""
        if self.args_repr is None:
            return self.args
        found = literal(self.args_repr)
        if not isinstance(found, list | tuple):
            raise ValueError("`args_repr` is a list or tuple of arguments")
        return list(found)

    def wanted(self) -> object:
        """The value that must come back."""
        return self.expected if self.expected_repr is None else literal(self.expected_repr)

    def mismatch(self, answer: Answer, tolerance: float) -> str | None:
        """In what an answer is not the wanted one; None where it is."""
        if answer.kind == "raised":
            return None if self.raises is not None and _is_a(answer, self.raises) else f"raises {raised(answer)}"
        if self.raises is not None:
            return f"returns instead of raising {self.raises}"
        if answer.kind == "iterator":
            return "the answer is an iterator, of which only the program itself knows the items"
        return difference(self.wanted(), answer.value, tolerance if self.tolerance is None else self.tolerance)


def _is_a(answer: Answer, wanted: str) -> bool:
    kind, base = (getattr(builtins, name, None) for name in (answer.raised, wanted))
    descends = isinstance(kind, type) and isinstance(base, type) and issubclass(kind, base)
    return descends or answer.named == wanted


class StdinCase(_Read):
    """What a whole program reads, and what it must write."""

    stdin: str = ""
    stdout: str

    def mismatch(self, written: str) -> str | None:
        """The first line that differs, white space at the ends of lines and empty lines at the end aside."""
        wanted, got = _lines(self.stdout), _lines(written)
        for number, (one, other) in enumerate(zip_longest(wanted, got), 1):
            if one != other:
                return f"line {number} is {_shown(other)} instead of {_shown(one)}"
        return None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _shown(line: str | None) -> str:
    return "missing" if line is None else repr(line[:100])


class ProgramReference(Place):
    """Oracles for a program: doctest examples, tests or cases for one entry point, or inputs and outputs."""

    program: Literal["continue", "replace"] = "replace"
    examples: list[Example] = []
    tests: str | None = None
    entry_point: str | None = None
    cases: list[Case] = []
    tolerance: float = Field(default=0.0, ge=0)
    """How far numbers of `cases` may be off, relative or absolute; `verify.plain.difference` has the rules."""
    stdin_cases: list[StdinCase] = []
    files: dict[str, str] = {}
    """Relative name to text: the program's working directory, read-only, and first on `sys.path`."""
    prelude: str | None = None
    """Executed before the tests, in their process."""
    broken: str | None = None
    """A program that must fail at least one example."""

    @field_validator("tests", "prelude")
    @classmethod
    def _is_code(cls, code: str | None) -> str | None:
        """Tests that nobody can run refute nobody."""
        if code is not None:
            try:
                ast.parse(code)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                raise ValueError(f"not Python: {error}") from None
        return code

    @field_validator("files")
    @classmethod
    def _stay_inside(cls, files: dict[str, str]) -> dict[str, str]:
        folders = {name[:at] for name in files for at, letter in enumerate(name) if letter == "/"}
        for name in files:
            if not is_relative_name(name) or name in folders:
                raise ValueError(f"not the relative name of a file: {name!r}")
        return files

    @model_validator(mode="after")
    def _cases_have_a_function(self) -> Self:
        if self.cases and not self.entry_point:
            raise ValueError("`cases` need an `entry_point`")
        return self


class CallReference(Place):
    """A call, and what came of it."""

    source: str = ""
    """Definition that the call is made to; empty when the module has it."""
    setup: list[str] = []
    expression: str
    outcome: dict[str, Any] = Field(min_length=1, max_length=1)
    """`{"value": display}` or `{"raises": "Type: message"}`."""

    @field_validator("outcome")
    @classmethod
    def _is_known(cls, outcome: dict[str, Any]) -> dict[str, Any]:
        if not all(key in {"value", "raises"} and isinstance(said, str) for key, said in outcome.items()):
            raise ValueError('an outcome is {"value": "..."} or {"raises": "..."}')
        return outcome
