"""What answers cost, one by one and added up. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Item(NamedTuple):
    """Who asked whom."""

    purpose: str
    """`generate:evolve`, `check:judge`."""
    service: str
    model: str


class Bill(NamedTuple):
    """What one answer cost."""

    prompt: int
    """Tokens."""
    cached: int
    """Of the prompt's tokens, those that the server had in its cache."""
    completion: int
    usd: float | None
    """None where nobody has said the price."""
    estimated: bool = False
    """The server did not count, so the tokens are a quarter of the characters."""
    batch: bool = False

    def to_json(self) -> dict[str, Any]:
        """As a line of the journal says it."""
        said = {"in": self.prompt, "cached": self.cached, "out": self.completion, "usd": self.usd}
        marks = {"estimated": True} if self.estimated else {}
        return said | marks | ({"batch": True} if self.batch else {})

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Bill":
        """What `to_json` gave."""
        marks = bool(plain.get("estimated")), bool(plain.get("batch"))
        return cls(plain["in"], plain["cached"], plain["out"], plain["usd"], *marks)


@dataclass(slots=True)
class Sums:
    """Bills added up."""

    requests: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    usd: float = 0.0
    """Of the requests with a known price."""
    unpriced: int = 0
    """Requests without one."""
    estimated: int = 0
    """Requests whose tokens the server did not count."""
    batched: int = 0

    def add(self, bill: Bill) -> None:
        """One more."""
        self.requests += 1
        self.prompt += bill.prompt
        self.cached += bill.cached
        self.completion += bill.completion
        self.usd += bill.usd or 0.0
        self.unpriced += bill.usd is None
        self.estimated += bill.estimated
        self.batched += bill.batch


class Asked(NamedTuple):
    """One answer that a preview heard, from the journal or not."""

    unit: str
    """The task it was for; empty where that is not told apart."""
    service: str
    model: str
    bill: Bill
    seconds: float | None
    """Until it came; None for one from the journal, or out of a batch."""

    def to_json(self) -> list[Any]:
        """For the summary of a step."""
        return [self.unit, self.service, self.model, self.bill.to_json(), self.seconds]

    @classmethod
    def from_json(cls, plain: list[Any]) -> "Asked":
        """What `to_json` gave."""
        unit, service, model, bill, seconds = plain
        return cls(unit, service, model, Bill.from_json(bill), seconds)
