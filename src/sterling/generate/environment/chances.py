"""Which tasks an environment holds: every kind, from every state, with every combination of values, in turn."""

import json
import random
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from math import prod
from typing import Any, NamedTuple

from sterling.generate.environment.definition import Environment, Goal, Span
from sterling.records import digest
from sterling.text.templates import Template

_MOST = 100_000
"""Combinations of one kind and one state that are drawn from."""


class Variation(NamedTuple):
    """One task of an environment."""

    task: str
    """Its kind."""
    state: str
    """Name of the initial state."""
    values: Mapping[str, Any]
    number: int
    """Of the combination of values: the same in every run."""

    @property
    def name(self) -> str:
        """Unique within the environment."""
        return f"{self.task}/{self.state}/{self.number}"


def variations(environment: Environment, seed: int) -> Iterator[Variation]:
    """All of them, the kinds and states in turn, the combinations of values in an order by chance."""
    kinds = [(name, state) for name, goal in environment.said.tasks.items() for state in _states(environment, goal)]
    turns = zip_longest(*(_of_kind(environment, name, state, seed) for name, state in kinds))
    return (one for turn in turns for one in turn if one is not None)


def worded(goal: Goal, values: Mapping[str, Any]) -> str:
    """What the user says."""
    return Template.of(goal.goal).fill(**{name: text_of_value(value) for name, value in values.items()}).strip()


def text_of_value(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _states(environment: Environment, goal: Goal) -> tuple[str, ...]:
    return goal.states or tuple(environment.said.states)


def _of_kind(environment: Environment, task: str, state: str, seed: int) -> Iterator[Variation]:
    choices = environment.said.tasks[task].vary
    every = prod(_size(choice) for choice in choices.values())
    chance = random.Random(digest(str(seed), environment.said.name, task, state))  # noqa: S311 - no secret
    for number in chance.sample(range(every), min(every, _MOST)):
        yield Variation(task, state, _combination(choices, number), number)


def _combination(choices: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The values of one combination: its number written with one digit for each name."""
    values = {}
    for name, choice in choices.items():
        number, at = divmod(number, _size(choice))
        values[name] = choice.first + at if isinstance(choice, Span) else choice[at]
    return values


def _size(choice: Any) -> int:
    return choice.last - choice.first + 1 if isinstance(choice, Span) else len(choice)
