"""The rule about a high synthetic share: it is asked for an experiment that shows that it helps."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sterling.policy.defaults import ANCHORED, caps, shares
from sterling.policy.rule import Situation, met, rule, unmet
from sterling.recipes import Recipe, plain
from sterling.records import canonical_json, digest

_AGAIN = "run `sterling experiment RECIPE --share {cap:.2g}` and name what it writes: `mix.evidence: {file}`"
_WHERE = "experiments/{name}/evidence.json"


class Proof(NamedTuple):
    """What an experiment's evidence says for a recipe's cap."""

    holds: bool
    what: str


def made_from(recipe: Recipe) -> dict[str, str]:
    """Digests of what decides which candidates there are and what stands of them, by key of the recipe.

    Not of the data behind it: files are not read again for a lint. The mix is left out, since its cap is what an
    experiment is for.
    """
    said = plain(recipe)
    keys = {
        "anchor": ("anchor", "roles"),
        "generate": ("generate", "models", "families"),
        "checks": ("checks",),
        "seed": ("seed",),
    }
    return {name: digest(canonical_json([said[key] for key in parts])) for name, parts in keys.items()}


@rule(
    "mix.experiment",
    "high",
    ANCHORED,
    why="what helped elsewhere may harm here: the sign of the effect changes with how much real data there is",
    source="own trigram students: -.26 bits a token with a tenth of the real data, +.06 with seven tenths",
    mend="run `sterling experiment RECIPE` and name what it writes as `mix.evidence`, or lower `mix.synthetic_cap`",
)
def high_share_is_tried(recipe: Recipe) -> Iterator[Situation]:
    """A cap above the purpose's stands on an experiment with this anchor, this generation and these checks."""
    cap = caps(recipe).synthetic_cap
    if recipe.mix.real == "exclude" or cap <= shares(recipe.purpose).synthetic_cap:
        return
    proof = proof_of(recipe)
    key = ("mix", "synthetic_cap") if recipe.mix.evidence is None else ("mix", "evidence")
    if proof.holds:
        yield met(proof.what, *key)
    else:
        mend = _AGAIN.format(cap=cap, file=_WHERE.format(name=recipe.name))
        yield unmet(proof.what, *key, mend=f"{mend}; or lower `mix.synthetic_cap`")


def proof_of(recipe: Recipe) -> Proof:
    """Whether the recipe's evidence says `helps`, for a share as high as its cap, and was made from what it makes."""
    cap, file = caps(recipe).synthetic_cap, recipe.evidence_file
    if file is None:
        return Proof(False, f"no experiment has shown that {cap:.0%} synthetic data helps")
    found = _read(file)
    if isinstance(found, str):
        return Proof(False, f"`mix.evidence`: {found}")
    changed = [key for key, value in made_from(recipe).items() if found["made_from"].get(key) != value]
    word, share = str(found["verdict"]["word"]), float(found["share"])
    if changed:
        return Proof(False, f"the experiment is stale: {_listed(changed)} changed since it was made")
    if word != "helps":
        return Proof(False, f"the experiment says `{word}` of {share:.0%}: {found['verdict']['why']}")
    if share < cap - 0.005:
        return Proof(False, f"the experiment tried {share:.0%} synthetic data, and the cap is {cap:.0%}")
    return Proof(True, f"an experiment says that {share:.0%} synthetic data helps: {found['verdict']['why']}")


def _read(file: Path) -> Mapping[str, Any] | str:
    """What an experiment wrote, or why nothing can be read."""
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return f"there is no file {file}"
    except (OSError, ValueError, RecursionError):
        return f"{file} cannot be read as JSON"
    try:
        float(found["share"]), found["verdict"]["word"], found["verdict"]["why"], found["made_from"].get
    except (TypeError, KeyError, ValueError, AttributeError):
        return f"{file} is no evidence of `sterling experiment`"
    return found  # type: ignore[no-any-return]


def _listed(keys: list[str]) -> str:
    return f"`{keys[0]}:` has" if len(keys) == 1 else " and ".join(f"`{key}:`" for key in keys) + " have"
