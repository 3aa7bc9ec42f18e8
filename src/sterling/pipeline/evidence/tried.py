"""What an experiment said of this recipe, as part of the evidence of its run."""

from collections.abc import Iterator
from typing import Any

from sterling.engine.fingerprint import fingerprint
from sterling.policy.experiment import fitting
from sterling.recipes import Recipe
from sterling.stats import Evidence


def asks(recipe: Recipe) -> dict[str, Any]:
    """For the address of a release: the content of the experiment that `mix.evidence` names, if it fits the recipe."""
    return {"experiment": fingerprint([str(recipe.evidence_file)])} if fitting(recipe) else {}


def tried(recipe: Recipe) -> Iterator[Evidence]:
    """The rows `experiment.*` of `mix.evidence`, whatever they say; none of a file that is stale, torn or missing.

    A row that is no evidence is left out: people may have edited the file.
    """
    for plain in (fitting(recipe) or {}).get("evidence") or ():
        try:
            row = Evidence.from_json(plain)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
        if row.name.startswith("experiment."):
            yield row
