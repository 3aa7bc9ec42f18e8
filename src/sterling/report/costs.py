"""What a run cost, as the page shows it: a sum for each side, and a line for each entry and model."""

from collections.abc import Sequence
from typing import NamedTuple

from sterling.stats import Evidence

_SIDES = ("generator", "verifiers", "people", "doubtful")
_COLUMNS = ("usd", "requests", "prompt_tokens", "completion_tokens", "from_journal")


class Entry(NamedTuple):
    """What one entry of the recipe paid to one model."""

    name: str
    model: str
    usd: Evidence | None
    requests: Evidence | None
    prompt_tokens: Evidence | None
    completion_tokens: Evidence | None
    from_journal: Evidence | None


class Costs(NamedTuple):
    """Everything that evidence says of money."""

    total: Evidence
    each: Evidence | None
    """For each synthetic record of the mix."""
    sides: Sequence[tuple[str, Evidence]]
    entries: Sequence[Entry]


def costs(evidence: Sequence[Evidence]) -> Costs | None:
    """None where nothing was to pay."""
    mine = [one for one in evidence if one.name.startswith("cost.")]
    named = {one.name: one for one in mine}
    if "cost.total.usd" not in named:
        return None
    sides = [(side, named[f"cost.{side}.usd"]) for side in _SIDES if f"cost.{side}.usd" in named]
    return Costs(named["cost.total.usd"], named.get("cost.per_accepted.usd"), sides, _entries(mine))


def _entries(mine: Sequence[Evidence]) -> list[Entry]:
    found: dict[tuple[str, str], dict[str, Evidence]] = {}
    for one in mine:
        if "entry" in one.inputs:
            place = one.name.removeprefix("cost.").rpartition(".")[0], str(one.inputs["model"])
            found.setdefault(place, {})[one.name.rpartition(".")[2]] = one
    return [
        Entry(name.replace(".", " ", 1), model, *(told.get(column) for column in _COLUMNS))
        for (name, model), told in sorted(found.items())
    ]
