"""Rules about real inputs: whether synthetic prompts are like what a model will be asked."""

from collections.abc import Iterator, Mapping
from typing import Any

from sterling.policy.defaults import ANCHORED
from sterling.policy.rule import Situation, gate_rule, met, rule, unmet
from sterling.recipes import Entry, Recipe
from sterling.registry import Strategy
from sterling.stats import Evidence

_WRITES_PROMPTS = frozenset(
    {"adversarial", "backtranslate", "dialogue", "evolve", "self_instruct", "template", "tools"}
)
"""Strategies whose records ask in words of a model or a template."""
_SHOWN = 4
_SEEDS = "target.seeds."


@rule(
    "target.inputs",
    "recommended",
    ("fine-tuning", "alignment"),
    why="a model's idea of what users ask is tidier than what they ask, and nothing else in a run would show it",
    source="Zhao et al., WildChat, arXiv 2405.01470; Zheng et al., LMSYS-Chat-1M, arXiv 2309.11998",
    mend="name some hundred real inputs that nothing is made of: `target: [{name: users, path: inputs.jsonl}]`",
)
def real_inputs_are_named(recipe: Recipe) -> Iterator[Situation]:
    """Where strategies write prompts, there are real ones to compare them with."""
    writing = [entry.name for entry in recipe.generate if _writes_prompts(entry)]
    if not writing:
        return
    if recipe.target:
        names = ", ".join(f"`{source.name}`" for source in recipe.target)
        yield met(f"the prompts of {', '.join(writing)} are compared with {names}", "target")
    else:
        yield unmet(f"{', '.join(writing)} writes prompts, and no real inputs are named to compare them with", "target")


def _writes_prompts(entry: Entry[Strategy]) -> bool:
    """Whether what it asks is worded by a model or a template; `tools` may word its requests like real ones."""
    return entry.part.name_in_recipe in _WRITES_PROMPTS and getattr(entry.part, "wording", None) != "anchor"


@gate_rule(
    "target.drift",
    "high",
    ANCHORED,
    why="a model that is taught on prompts unlike those it will get is worst at what real, casual users ask",
    source="Zhao et al., WildChat, arXiv 2405.01470: logs of real users held more varied prompts than other chat data",
    mend="let strategies show the writer real inputs as examples, or draw more seeds from where the model will work",
)
def prompts_are_like_real_inputs(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """No measure of the synthetic prompts lies beyond its margin. Too little text meets nothing, and breaks nothing."""
    sample = evidence.get("target.sample")
    if sample is None or sample.inputs.get("said") == "insufficient sample":
        return
    found = {
        name.removeprefix("target."): one for name, one in evidence.items()
        if name.startswith("target.") and not name.startswith(_SEEDS) and "measure" in one.inputs
    }  # fmt: skip
    far = sorted((name for name, one in found.items() if one.inputs["said"] == "worse"), key=lambda n: -_far(found[n]))
    if far:
        told = "; ".join(_told(name, found[name]) for name in far[:_SHOWN])
        more = f"; and {len(far) - _SHOWN} more" if len(far) > _SHOWN else ""
        what = f"synthetic prompts are unlike the real inputs: {told}{more} ({_counted(sample)})"
        yield unmet(what, "target", mend=_mend(far, found, evidence))
        return
    open_ = [name for name, one in found.items() if one.inputs["said"] == "undecided"]
    more = f"; undecided: {', '.join(open_)}" if open_ else ""
    yield met(f"no measure of the synthetic prompts is beyond its margin{more} ({_counted(sample)})", "target")


def _counted(sample: Evidence) -> str:
    shared = sample.inputs.get("shared")
    left = f", {shared:,} more left out because the anchor holds them" if shared else ""
    return f"{sample.inputs['synthetic']:,} prompts, {sample.n:,} real inputs{left}"


def _far(one: Evidence) -> float:
    value = 0.0 if one.value is None else one.value - (0.5 if one.inputs["measure"] == "separability" else 0.0)
    return abs(value) / (one.inputs["margin"] or 1.0)


def _told(name: str, one: Evidence) -> str:
    if name == "separability":
        phrases = [phrase["phrase"] for phrase in one.inputs.get("theirs", ())][:3]
        by = f", by {', '.join(f'`{phrase}`' for phrase in phrases)}" if phrases else ""
        return f"told apart at an area of {one.value:.2f}{by}"
    inputs: Mapping[str, Any] = one.inputs
    if name == "topics":
        return f"they reach topics of {inputs['reached']:.0%} of the real inputs (chance: {inputs['by_chance']:.0%})"
    return f"{name} {inputs['synthetic']:.3g} instead of {inputs['target']:.3g}"


def _mend(far: list[str], found: Mapping[str, Evidence], evidence: Mapping[str, Evidence]) -> str | None:
    """Who drifted: the seeds as well, or the writer alone."""
    seeds = {name: evidence.get(f"{_SEEDS}{name}") for name in far}
    measured = [name for name, one in seeds.items() if one is not None]
    likewise = [name for name in measured if _same_side(seeds[name], found[name])]
    if not measured:
        return None
    own = [name for name in measured if name not in likewise]
    seeded = f"the seeds differ, too, in {', '.join(likewise)}: draw seeds from where the model will work"
    writer = f"the writer alone differs in {', '.join(own)}: show it real inputs as examples"
    return "; ".join([*([seeded] if likewise else []), *([writer] if own else [])])


def _same_side(seed: Evidence | None, made: Evidence) -> bool:
    if seed is None or seed.inputs["said"] != "worse" or seed.value is None or made.value is None:
        return False
    return made.inputs["measure"] == "separability" or (seed.value > 0) == (made.value > 0)
