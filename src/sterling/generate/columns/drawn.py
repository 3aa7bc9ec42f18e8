"""Columns that chance decides: categories, ranges, persons, and the real record that a row starts from."""

import random
from collections.abc import Mapping, Sequence
from datetime import date
from statistics import NormalDist
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sterling.generate.columns import persons
from sterling.generate.columns.kind import Kind, refuse
from sterling.generate.columns.references import Reference

Scalar = str | int | float | bool
Choices = tuple[Scalar, ...] | Mapping[str, Annotated[float, Field(ge=0)]]
"""Values that are equally likely, or each with its weight."""
_LEAST_MASS = 1e-6
"""Of a normal distribution, between `low` and `high`: less is a mistake in its numbers."""


class Category(Kind):
    """One of several values."""

    drawn: ClassVar[bool] = True

    kind: Literal["category"]
    values: Choices
    """A list, or a mapping of values to weights."""

    def every(self) -> set[str]:
        """All that it may be."""
        return _drawable(self.values)

    def draw(self, row: Mapping[str, Any], chance: random.Random) -> Scalar:
        """One of its values."""
        return _chosen(self.values, chance)

    @model_validator(mode="after")
    def _hold(self) -> Self:
        if not _drawable(self.values):
            refuse("a category without a value that can be drawn", "[one, other], or with weights {one: 3, other: 1}")
        return self


class Subcategory(Kind):
    """One of several values that depend on another category's."""

    drawn: ClassVar[bool] = True

    kind: Literal["subcategory"]
    of: str
    """The category, or subcategory, on which it depends."""
    values: Mapping[str, Choices]
    """For each value of that one a list, or a mapping of values to weights."""

    def references(self) -> tuple[Reference, ...]:
        """The category that it depends on."""
        return (Reference(self.of),)

    def every(self) -> set[str]:
        """All that it may be."""
        return set[str]().union(*map(_drawable, self.values.values()))

    def draw(self, row: Mapping[str, Any], chance: random.Random) -> Scalar:
        """One of the values for what the category is in this row."""
        return _chosen(self.values[str(row[self.of])], chance)

    @model_validator(mode="after")
    def _hold(self) -> Self:
        if not self.values or not all(map(_drawable, self.values.values())):
            refuse("a subcategory without a value that can be drawn", "values: {kettle: [leaks], lamp: [flickers]}")
        return self


class Range(Kind):
    """A number or a date between two others, both included. Two whole numbers make whole numbers."""

    drawn: ClassVar[bool] = True

    kind: Literal["range"]
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
        low, high = _number(self.low), _number(self.high)
        if isinstance(self.low, float) or isinstance(self.high, float):
            return round(self._within(chance, low, high), self.decimals)
        whole = round(self._within(chance, low - 0.5, high + 0.5))
        inside = min(max(whole, int(low)), int(high))
        return date.fromordinal(inside).isoformat() if isinstance(self.low, date) else inside

    def _within(self, chance: random.Random, low: float, high: float) -> float:
        """By the inverse of the distribution function, which cuts off without drawing again."""
        share = chance.random()
        if self.distribution == "uniform":
            return low + share * (high - low)
        normal = self._normal()
        below, above = normal.cdf(low), normal.cdf(high)
        found = normal.inv_cdf(min(max(below + share * (above - below), 1e-300), 1 - 1e-16))
        return min(max(found, low), high)

    def _normal(self) -> NormalDist:
        low, high = _number(self.low), _number(self.high)
        return NormalDist((low + high) / 2 if self.mean is None else _number(self.mean), self.sd or (high - low) / 4)

    @model_validator(mode="after")
    def _hold(self) -> Self:
        given = [end for end in (self.low, self.high, self.mean) if end is not None]
        if len({isinstance(end, date) for end in given}) > 1:
            refuse("dates and numbers in one range", "give `low`, `high` and `mean` as dates, or all as numbers")
        low, high = _number(self.low), _number(self.high)
        if low >= high:
            refuse(f"`low` ({self.low}) is not below `high` ({self.high})", "exchange them")
        if self.distribution == "uniform" and (self.mean is not None or self.sd is not None):
            refuse("a uniform distribution has no `mean` and no `sd`", "add `distribution: normal`")
        if self.distribution == "normal" and self._normal().cdf(high) - self._normal().cdf(low) < _LEAST_MASS:
            refuse("almost nothing of this normal distribution lies between `low` and `high`", "move its `mean`")
        return self


class Person(Kind):
    """A made-up person: `{buyer.name}`, `{buyer.age}`. Needs `sterling[template]`."""

    drawn: ClassVar[bool] = True

    kind: Literal["person"]
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
            refuse(f"nobody is between {self.ages[0]} and {self.ages[1]} years old", "exchange the ages")
        return self


class Seed(Kind):
    """A real record of the anchor, to write in its manner or about it: it becomes the row's parent."""

    drawn: ClassVar[bool] = True

    kind: Literal["seed"]
    part: Literal["text", "prompt"] = "text"
    """All of it, or what the user says first."""


def _chosen(choices: Choices, chance: random.Random) -> Scalar:
    values: list[Scalar] = [*choices]
    return chance.choices(values, [*choices.values()] if isinstance(choices, Mapping) else None)[0]


def _drawable(choices: Choices) -> set[str]:
    """What may come of a choice, as the keys of a subcategory say it."""
    if isinstance(choices, Mapping):
        return {value for value, weight in choices.items() if weight > 0}
    return {str(value) for value in choices}


def _number(end: float | date) -> float:
    return end.toordinal() if isinstance(end, date) else end
