"""Instructions that a program can check: what they have in common, and how a reference names them.

A constraint is `{"kind": "words", "at_least": 50, "at_most": 100}`. The kinds follow IFEval (arXiv 2311.07911) in what
they ask for, with rules of our own where the paper leaves them to a library; each kind's docstring says its rules and
its traps.
"""

import difflib
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class Failure(NamedTuple):
    """How a text misses a constraint."""

    wanted: str
    found: str
    undecided: bool = False
    """Nobody can tell from this text, so it is neither met nor missed."""


class BadConstraint(ValueError):
    """A constraint that cannot be checked. The message says why."""


class Constraint(BaseModel):
    """One instruction. Its fields are what it says; unknown ones are refused, and nothing is coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: ClassVar[str]
    """Set by `named`."""

    @abstractmethod
    def check(self, text: str) -> Failure | None:
        """None when the text meets it. Takes time in proportion to the text, and never raises."""

    def spoil(self, text: str) -> str | None:
        """A text like this one that certainly misses it; None where that can't be made."""
        return None


class Counted(Constraint):
    """A number of things in the text, between two bounds that both belong to the range."""

    at_least: int = Field(default=0, ge=0)
    at_most: int | None = Field(default=None, ge=0)

    one_more: ClassVar[str] = ""
    """Appended to any text without code, it adds at least one."""
    marks: ClassVar[str] = ""
    """Characters without which there is none."""

    @model_validator(mode="after")
    def _can_fail(self) -> "Counted":
        if self.at_least == 0 and self.at_most is None:
            raise ValueError("needs `at_least` (1 or more) or `at_most`")
        if self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("`at_least` is above `at_most`")
        return self

    @abstractmethod
    def count(self, text: str) -> int:
        """How many there are."""

    def check(self, text: str) -> Failure | None:
        """None when the count is within the bounds."""
        n = self.count(text)
        if n >= self.at_least and (self.at_most is None or n <= self.at_most):
            return None
        return Failure(self.bounds(), f"{n:,}")

    def bounds(self) -> str:
        """The range in words."""
        if self.at_most is None:
            return f"at least {self.at_least:,}"
        return f"{self.at_least:,} to {self.at_most:,}" if self.at_least else f"at most {self.at_most:,}"

    def spoil(self, text: str) -> str | None:
        """One too many, or none where at least one is asked for."""
        if "```" in text or "~~~" in text:
            return None  # what is appended might stand in code that was never closed
        if self.at_most is not None and self.at_most < 1_000 and self.one_more:
            return text + self.one_more * (self.at_most + 1)
        if self.at_least and self.marks:
            return "".join(mark for mark in text if mark not in self.marks)
        return None


C = TypeVar("C", bound=Constraint)
_KINDS: dict[str, type[Constraint]] = {}


def named(kind: str) -> Callable[[type[C]], type[C]]:
    """Decorate the class that a reference calls by `kind`."""

    def decorate(cls: type[C]) -> type[C]:
        cls.kind = kind
        _KINDS[kind] = cls
        return cls

    return decorate


def kinds() -> Mapping[str, type[Constraint]]:
    """Every kind by name."""
    return dict(sorted(_KINDS.items()))


def constraint_from(spec: Any) -> Constraint:
    """The constraint that a reference says. BadConstraint names what is wrong, and the nearest kind."""
    if not isinstance(spec, Mapping) or not isinstance(spec.get("kind"), str):
        raise BadConstraint('a constraint is {"kind": "...", ...}')
    kind = spec["kind"]
    if kind not in _KINDS:
        near = difflib.get_close_matches(kind[:100], _KINDS, n=1, cutoff=0.5)
        raise BadConstraint(f"there is no kind `{kind[:100]}`" + (f"; did you mean `{near[0]}`?" if near else ""))
    try:
        return _KINDS[kind].model_validate({key: value for key, value in spec.items() if key != "kind"})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([kind, *map(str, first["loc"])])
        raise BadConstraint(f"`{where[:100]}`: {first['msg'][:150]}") from None
