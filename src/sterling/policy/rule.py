"""A rule: a small function over the recipe, and sometimes a second one over the evidence of the finished run."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sterling.policy.finding import HeldBack, Severity
from sterling.recipes import Purpose, Recipe
from sterling.recipes.problems import Path
from sterling.stats import Evidence


class Situation(NamedTuple):
    """What a rule found at one place. A rule that does not apply finds nothing."""

    met: bool
    what: str
    path: Path = ()
    mend: str | None = None
    """More fitting than the rule's own."""


def met(what: str, *path: str | int) -> Situation:
    """The recipe or the run does as the rule says."""
    return Situation(True, what, path)


def unmet(what: str, *path: str | int, mend: str | None = None) -> Situation:
    """It does not."""
    return Situation(False, what, path, mend)


Lint = Callable[[Recipe], Iterable[Situation]]
Gate = Callable[[Recipe, Mapping[str, Evidence]], Iterable[Situation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What the field knows, in a form that runs."""

    id: str
    severity: Severity
    purposes: tuple[Purpose, ...]
    """For which it applies."""
    why: str
    source: str
    mend: str
    lint: Lint
    holds_back: HeldBack = "run"


_rules: dict[str, Rule] = {}
_gates: dict[str, Gate] = {}


def rule(
    id: str,  # noqa: A002 - the word of the domain
    severity: Severity,
    purposes: Sequence[Purpose],
    *,
    why: str,
    source: str,
    mend: str,
    holds_back: HeldBack = "run",
) -> Callable[[Lint], Rule]:
    """Decorate the function that decides a rule by the recipe alone."""

    def decorate(lint: Lint) -> Rule:
        made = Rule(id, severity, tuple(purposes), why, source, mend, lint, holds_back)
        _rules[id] = made
        return made

    return decorate


def gate_of(made: Rule) -> Callable[[Gate], Gate]:
    """Decorate the function that decides the same rule by what the run measured. It gets the evidence by name."""

    def decorate(gate: Gate) -> Gate:
        _gates[made.id] = gate
        return gate

    return decorate


def gate_rule(
    id: str,  # noqa: A002 - the word of the domain
    severity: Severity,
    purposes: Sequence[Purpose],
    *,
    why: str,
    source: str,
    mend: str,
    holds_back: HeldBack = "run",
) -> Callable[[Gate], Gate]:
    """Decorate the function that decides a rule of which only what a run measured tells anything."""
    made = rule(id, severity, purposes, why=why, source=source, mend=mend, holds_back=holds_back)(lambda _: ())
    return gate_of(made)


def registered(purpose: Purpose | None = None) -> Iterator[tuple[Rule, Gate | None]]:
    """Every rule, or those of one purpose, with its gate where it has one."""
    for made in _rules.values():
        if purpose is None or purpose in made.purposes:
            yield made, _gates.get(made.id)
