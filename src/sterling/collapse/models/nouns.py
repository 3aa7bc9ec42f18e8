"""What an examination yields: a frozen tail, and what each generation answered to its items."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

ALL = "all"
"""The band that holds every item."""


class Answers(NamedTuple):
    """What one generation answered to one item."""

    judged: int
    """Samples that came and were judged. Those that a provider owes are no answers."""
    passed: int
    forms: Mapping[str, int] = {}
    """Of the right ones: how many have each form (`solutions`)."""
    bits: float = 0.0
    """Sum of -log2(probability) of the tokens that were written."""
    tokens: int = 0
    """Tokens with a log-probability; 0 where the server gave none."""

    def plus(self, other: "Answers") -> "Answers":
        """Both together."""
        forms = {form: self.forms.get(form, 0) + other.forms.get(form, 0) for form in {*self.forms, *other.forms}}
        return Answers(
            self.judged + other.judged, self.passed + other.passed, forms,
            self.bits + other.bits, self.tokens + other.tokens,
        )  # fmt: skip


class Generation(NamedTuple):
    """One model."""

    name: str
    answers: Mapping[str, Answers]
    """By item. An item to which nothing came is not here."""


class Tail(NamedTuple):
    """The frozen items: who is in which band."""

    bands: Mapping[str, str]
    """By item."""
    order: Sequence[str]
    """Of the bands, the most common first."""

    def items(self, band: str) -> list[str]:
        """The items of a band, or all of them."""
        return [item for item, own in self.bands.items() if band in {ALL, own}]

    @property
    def names(self) -> tuple[str, ...]:
        """`all`, then each band."""
        return (ALL, *self.order)
