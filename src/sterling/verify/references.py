"""What an executing check needs a reference to say, and in which types. The names are DESIGN's conventions."""

import ast
import doctest
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


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


class ProgramReference(Place):
    """Oracles for a program: doctest examples, or tests for one entry point."""

    program: Literal["continue", "replace"] = "replace"
    examples: list[Example] = []
    tests: str | None = None
    entry_point: str | None = None
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
