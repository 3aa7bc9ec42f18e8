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
_LOWER = "lower `mix.synthetic_cap`"
_NEAR = 0.005


class Proof(NamedTuple):
    """What an experiment's evidence says for a recipe's cap."""

    holds: bool
    what: str
    mend: str = ""
    """What would do, where it does not hold."""


def made_from(recipe: Recipe) -> dict[str, str]:
    """Digests of what decides which candidates there are and what stands of them, by key of the recipe.

    Not of the data behind it: files are not read again for a lint. The mix is left out, since its cap is what an
    experiment is for. `continues` is a key only where the recipe continues a release.
    """
    said = plain(recipe)
    keys = {
        "anchor": ("anchor", "roles"),
        "generate": ("generate", "models", "families"),
        "checks": ("checks",),
        "seed": ("seed",),
    }
    if recipe.continues is not None:
        keys["continues"] = ("continues", "erasures")
    return {name: digest(canonical_json([said[key] for key in parts])) for name, parts in keys.items()}


def fitting(recipe: Recipe) -> Mapping[str, Any] | None:
    """What the recipe's `mix.evidence` holds, if it was made from what the recipe makes; whatever it says."""
    found = None if recipe.evidence_file is None else _read(recipe.evidence_file)
    if found is None or isinstance(found, str):
        return None
    return None if _changed(recipe, found) else found


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
        yield unmet(proof.what, *key, mend=proof.mend)


def proof_of(recipe: Recipe) -> Proof:
    """Whether the recipe's evidence says `helps`, for a share as high as its cap, and was made from what it makes."""
    cap, file = caps(recipe).synthetic_cap, recipe.evidence_file
    again = f"{_AGAIN.format(cap=cap, file=_WHERE.format(name=recipe.name))}; or {_LOWER}"
    if file is None:
        return Proof(False, f"no experiment has shown that {cap:.0%} synthetic data helps", again)
    found = _read(file)
    if isinstance(found, str):
        return Proof(False, f"`mix.evidence`: {found}", again)
    if changed := _changed(recipe, found):
        return Proof(False, f"the experiment is stale: {_listed(changed)} changed since it was made", again)
    return _said(found, cap, again)


def _said(found: Mapping[str, Any], cap: float, again: str) -> Proof:
    """What a fitting experiment says. `again`: the mend where running it would do."""
    word, share, missing = str(found["verdict"]["word"]), float(found["share"]), _missing(found, cap)
    if word != "helps":
        what = f"the experiment says `{word}` of {share:.0%}: {found['verdict']['why']}"
        change = str(found["verdict"].get("change") or "")
        mend = f"{_LOWER}; or bring what would change it: {change}" if change else _LOWER
        beyond = f"; {cap:.0%} would need {missing:,} more synthetic tokens as well"
        return Proof(False, what, mend + (beyond if missing and share < cap - _NEAR else ""))
    if share < cap - _NEAR and missing:
        return Proof(False, *_out_of_reach(found, cap, missing))
    if share < cap - _NEAR:
        return Proof(False, f"the experiment tried {share:.0%} synthetic data, and the cap is {cap:.0%}", again)
    return Proof(True, f"an experiment says that {share:.0%} synthetic data helps: {found['verdict']['why']}")


def _changed(recipe: Recipe, found: Mapping[str, Any]) -> list[str]:
    """Keys of the recipe that have changed since, appeared or gone."""
    now, then = made_from(recipe), found["made_from"]
    return [key for key in dict.fromkeys([*now, *then]) if now.get(key) != then.get(key)]


def _missing(found: Mapping[str, Any], cap: float) -> int:
    """Synthetic tokens that are wanting for a cap; 0 where there are enough, or nobody counted."""
    reach = found.get("reach") or {}
    if not {"real", "standing"} <= reach.keys() or cap >= 1:
        return 0
    return max(0, round(float(reach["real"]) * cap / (1 - cap)) - int(reach["standing"]))


def _out_of_reach(found: Mapping[str, Any], cap: float, missing: int) -> tuple[str, str]:
    """What is the case, and what would do: another run of the same would reach no more."""
    reach, share = found["reach"], float(found["share"])
    what = (
        f"{cap:.0%} is out of reach: the experiment reached {share:.0%}, since {reach['standing']:,} synthetic tokens "
        f"stand and {reach['standing'] + missing:,} would be needed"
    )
    mend = f"{_LOWER} to {share:.2g}; or generate {missing:,} more synthetic tokens, then try again"
    return what, mend


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
        (found.get("reach") or {}).keys()
    except (TypeError, KeyError, ValueError, AttributeError):
        return f"{file} is no evidence of `sterling experiment`"
    return found  # type: ignore[no-any-return]


def _listed(keys: list[str]) -> str:
    return f"`{keys[0]}:` has" if len(keys) == 1 else " and ".join(f"`{key}:`" for key in keys) + " have"
