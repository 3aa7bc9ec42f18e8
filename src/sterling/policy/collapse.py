"""Rules about what the synthetic part has become, generation after generation."""

from collections.abc import Iterator, Mapping

from sterling.policy.defaults import EVERY
from sterling.policy.rule import Situation, gate_rule, met, unmet
from sterling.recipes import Recipe
from sterling.stats import Evidence


@gate_rule(
    "collapse.panel",
    "high",
    EVERY,
    why="a model that learns from what a model wrote loses first what is rare, while accuracy still looks well",
    source="Shumailov et al., Nature 631 (2024); own loops: docs/collapse.md",
    mend="bring fresh or rotated real data, or draw less from this generator; `sterling monitor` shows what vanishes",
)
def nothing_collapses(_: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The last generation is not red on the panel; amber is told.

    Too little text, or text that cannot be compared, meets nothing, and breaks nothing.
    """
    verdicts = [one for one in evidence.values() if _is(one, "verdict")]
    if not verdicts:
        return
    last = max(verdicts, key=lambda one: int(one.inputs["generation"]))
    colour, number = last.inputs["colour"], last.inputs["generation"]
    what = f"generation {number} is {colour}{_stage(last)} against real text: {last.method}{_slow(evidence)}"
    if colour == "red":
        yield unmet(what, "generate", mend=_mend(evidence, last))
    elif colour not in {"insufficient sample", "not comparable"}:
        yield met(what, "generate")


def _is(one: Evidence, kind: str) -> bool:
    return one.name.startswith("collapse.") and one.inputs.get("kind") == kind


def _stage(verdict: Evidence) -> str:
    stage = verdict.inputs["stage"]
    return "" if stage == "none" else f" ({stage} stage)"


def _slow(evidence: Mapping[str, Evidence]) -> str:
    """Measures whose harm is small in each generation and adds up."""
    slow = [str(one.inputs["measure"]) for one in evidence.values() if _is(one, "trend") and one.inputs.get("alarm")]
    return f"; slow harm over generations: {', '.join(slow)}" if slow else ""


def _mend(evidence: Mapping[str, Evidence], verdict: Evidence) -> str | None:
    """By tail reproduction: below 1 somebody prefers what is common, about 1 is resampling."""
    mine = (one for one in evidence.values() if _is(one, "kappa") and one.inputs["corpus"] == verdict.inputs["corpus"])
    kappa = next((one for one in mine if one.inputs["band"] == "once"), None)
    if kappa is None or kappa.interval is None or kappa.interval.high >= 1:
        return None
    return (
        f"rare words have {kappa.value:.2f} copies for each in real text: a decoder, a judge or a filter prefers what "
        "is common; raise the temperature, or look at `tails.*` of each check"
    )
