"""The types of columns, as a recipe describes them."""

import random
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from statistics import NormalDist
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from sterling.generate.columns import expressions, persons
from sterling.generate.columns.references import Reference, named_in
from sterling.models import ModelRef

Scalar = str | int | float | bool
T = TypeVar("T")
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Choices = tuple[Scalar, ...] | Mapping[str, Weight]
"""Values that are equally likely, or each with its weight."""
_LEAST_MASS = 1e-6
"""Of a normal distribution, between `low` and `high`: less is a mistake in its numbers."""


class _Column(BaseModel):
    """One column: frozen, unknown keys refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        ignored_types=(cached_property,),
    )

    drawn: ClassVar[bool] = False
    """By chance alone, before any model is asked."""

    def references(self) -> tuple[Reference, ...]:
        """What it needs of other columns."""
        return ()

    def fields(self) -> Sequence[str]:
        """Names of its value's fields; none when its value is one."""
        return ()


class Category(_Column):
    """One of several values."""

    drawn: ClassVar[bool] = True

    type: Literal["category"]
    values: Choices | Mapping[str, Choices]
    """A list, or a mapping of values to weights; with `by`, one of these for each value of that category."""
    by: str | None = None
    """The category on whose value the choice depends."""

    def references(self) -> tuple[Reference, ...]:
        """The category that it depends on."""
        return () if self.by is None else (Reference(self.by),)

    def choices(self, row: Mapping[str, Any]) -> Choices:
        """What it may be in a row whose other categories are drawn."""
        return self.values if self.by is None else self.values[str(row[self.by])]  # type: ignore[index,return-value]

    def every(self) -> list[Choices]:
        """All that it may be, for each value of the category that it depends on."""
        return [self.values] if self.by is None else list(self.values.values())  # type: ignore[list-item,union-attr]

    def draw(self, row: Mapping[str, Any], chance: random.Random) -> Scalar:
        """One of its values."""
        choices = self.choices(row)
        weights = [*choices.values()] if isinstance(choices, Mapping) else [1.0] * len(choices)
        return chance.choices([*choices], weights)[0]

    @model_validator(mode="after")
    def _hold(self) -> Self:
        nested = isinstance(self.values, Mapping) and not _is_weighed(self.values)
        if nested is not (self.by is not None) and self.values:
            what = "`by` names a category, so `values` has a list for each of its values"
            lone = "`values` depends on another category, and `by` does not say on which"
            _refuse(what if self.by is not None else lone, "by: product, values: {kettle: [leaks], lamp: [flickers]}")
        if not self.values or not all(map(_can_be_drawn, self.every())):
            _refuse(
                "a category without a value that can be drawn", "values: [one, other], or values: {one: 3, other: 1}"
            )
        return self


class Range(_Column):
    """A number or a date between two others, both included. Two whole numbers make whole numbers."""

    drawn: ClassVar[bool] = True

    type: Literal["range"]
    low: int | float | date
    high: int | float | date
    distribution: Literal["uniform", "normal"] = "uniform"
    """`normal` is cut off at both ends, not heaped up there."""
    mean: int | float | date | None = None
    """Of the normal distribution; unsaid, the middle."""
    sd: float | None = Field(default=None, gt=0)
    """Its standard deviation, for dates in days; unsaid, a quarter of the range."""
    decimals: int = Field(default=2, ge=0, le=12)
    """Of numbers that are not whole."""

    def draw(self, row: Mapping[str, Any], chance: random.Random) -> int | float | str:
        """A number, or a date as in `2026-02-28`."""
        if isinstance(self.low, float) or isinstance(self.high, float):
            return round(self._within(chance, *self._ends), self.decimals)
        low, high = self._ends
        whole = min(max(round(self._within(chance, low - 0.5, high + 0.5)), int(low)), int(high))
        return date.fromordinal(whole).isoformat() if isinstance(self.low, date) else whole

    def _within(self, chance: random.Random, low: float, high: float) -> float:
        """By the inverse of the distribution function, which cuts off without drawing again."""
        share = chance.random()
        if self.distribution == "uniform":
            return low + share * (high - low)
        normal = self._normal
        below, above = normal.cdf(low), normal.cdf(high)
        found = normal.inv_cdf(min(max(below + share * (above - below), 1e-300), 1 - 1e-16))
        return min(max(found, low), high)

    @property
    def _ends(self) -> tuple[float, float]:
        return _number(self.low), _number(self.high)

    @property
    def _normal(self) -> NormalDist:
        low, high = self._ends
        return NormalDist((low + high) / 2 if self.mean is None else _number(self.mean), self.sd or (high - low) / 4)

    @model_validator(mode="after")
    def _hold(self) -> Self:
        given = [end for end in (self.low, self.high, self.mean) if end is not None]
        if len({isinstance(end, date) for end in given}) > 1:
            _refuse("dates and numbers in one range", "give `low`, `high` and `mean` as dates, or all as numbers")
        low, high = self._ends
        if low >= high:
            _refuse(f"`low` ({self.low}) is not below `high` ({self.high})", "exchange them")
        if self.distribution == "uniform" and (self.mean is not None or self.sd is not None):
            _refuse("a uniform distribution has no `mean` and no `sd`", "add `distribution: normal`")
        if self.distribution == "normal" and self._normal.cdf(high) - self._normal.cdf(low) < _LEAST_MASS:
            _refuse("almost nothing of this normal distribution lies between `low` and `high`", "move its `mean`")
        return self


class Person(_Column):
    """A made-up person: `{buyer.name}`, `{buyer.age}`. Needs `sterling[template]`."""

    drawn: ClassVar[bool] = True

    type: Literal["person"]
    locale: str = Field(default="en_US", pattern=r"^[a-z]{2,3}_[A-Z]{2}$")
    """Of names, places and occupations, as Faker calls it."""
    ages: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(le=130)]] = (18, 90)

    def fields(self) -> Sequence[str]:
        """What is known of a person."""
        return persons.FIELDS

    def draw(self, row: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
        """Somebody who does not exist."""
        return persons.person(self.locale, self.ages, chance.getrandbits(63))

    @model_validator(mode="after")
    def _hold(self) -> Self:
        if self.ages[0] > self.ages[1]:
            _refuse(f"nobody is between {self.ages[0]} and {self.ages[1]} years old", "exchange the ages")
        return self


class Seed(_Column):
    """A real record of the anchor, to write in its manner or about it: it becomes the row's parent."""

    drawn: ClassVar[bool] = True

    type: Literal["seed"]
    part: Literal["text", "prompt"] = "text"
    """All of it, or what the user says first."""


class Expression(_Column):
    """Reckoned from other columns; `sterling.generate.columns.expressions` says in which language."""

    type: Literal["expression"]
    value: str

    def references(self) -> tuple[Reference, ...]:
        """Every column that it reads."""
        return expressions.references(self.value)

    @model_validator(mode="after")
    def _hold(self) -> Self:
        if wrong := expressions.problem_with(self.value):
            _refuse(wrong, "for instance: price * 1.19, 'Dear ' ~ buyer.name, 'old' if age > 65 else 'young'")
        return self


FieldType = Literal["text", "integer", "number", "boolean"]
_PYTHON: Mapping[str, Any] = {"text": str, "integer": int, "number": float, "boolean": bool}
_IN_WORDS = {"text": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}


class Llm(_Column):
    """Written by a model: text, or a form with fields."""

    type: Literal["llm"]
    prompt: str = Field(min_length=1)
    """What it is asked, with `{column}` and `{column.field}` for what other columns hold."""
    model: ModelRef | None = None
    """Who writes it; unsaid, the strategy's `model`."""
    form: Mapping[str, FieldType | tuple[str, ...]] = {}
    """Name of each field, and its type or the words that it may be."""

    def references(self) -> tuple[Reference, ...]:
        """Every column that the prompt shows."""
        return named_in(self.prompt)

    def fields(self) -> Sequence[str]:
        """Those of its form."""
        return [*self.form]

    @cached_property
    def shape(self) -> type[BaseModel]:
        """The form as the client wants it."""
        said: dict[str, Any] = {name: (_type_of(kind), ...) for name, kind in self.form.items()}
        return create_model("Form", **said)

    def keys_in_words(self) -> str:
        """A line for each field, for servers that know no schema."""
        return "\n".join(f"- `{name}`: {_in_words(kind)}" for name, kind in self.form.items())


Column = Annotated[Category | Range | Person | Seed | Expression | Llm, Field(discriminator="type")]


def _refuse(what: str, mend: str) -> None:
    raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})


def _is_weighed(values: Mapping[str, Any]) -> bool:
    return all(isinstance(weight, int | float) for weight in values.values())


def _can_be_drawn(choices: Choices) -> bool:
    return bool(choices) and (not isinstance(choices, Mapping) or sum(choices.values()) > 0)


def _number(end: float | date) -> float:
    return end.toordinal() if isinstance(end, date) else end


def _type_of(kind: str | tuple[str, ...]) -> Any:
    return _PYTHON[kind] if isinstance(kind, str) else Literal[kind]


def _in_words(kind: str | tuple[str, ...]) -> str:
    return _IN_WORDS[kind] if isinstance(kind, str) else "one of " + ", ".join(f'"{word}"' for word in kind)
