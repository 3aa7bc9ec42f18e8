"""`Verdict` and `Fault`: what became of a record, or of work that yielded none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["keep", "drop", "flag"]
"""A flagged record is kept."""
Family = Literal["execution", "symbolic", "model", "independent_model", "human", "statistics", "policy"]
"""Whose judgement it is. A `keep` of execution, symbolic or human verifies, and that of a model of another family than
the record's maker (`independent_model`, which the engine signs); `model`, statistics and policy never do."""
Boundary = Literal["provider", "sandbox", "source", "user_code"]
"""Where the failure came from."""

VERIFYING: frozenset[Family] = frozenset({"execution", "symbolic", "independent_model", "human"})
"""Families whose `keep` verifies."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check said of one record."""

    record: str
    """The record's id."""
    outcome: Outcome
    check: str
    """Registered name of the check."""
    reason: str
    """A code in snake_case: `survived`, `near_duplicate`, `over_cap`."""
    family: Family
    score: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What a doubter needs to see it for himself: the pair, the overlap, the failing example. JSON values."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Work that yielded no record or no verdict."""

    where: str
    """`file:line`, a task, or a record's id."""
    boundary: Boundary
    reason: str
    """A code in snake_case: `bad_json`, `missing_column`, `sandbox_crashed`."""
    message: str
    """For a person; capped, without secrets and without the payload."""
    attempts: int = 1
    record: str | None = None
    """The record it concerns, where there is one."""
    owed: bool = False
    """Whether asking again may help: a server that was down owes its answer, a refusal of the content does not."""
