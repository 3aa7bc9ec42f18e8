"""The forecast in a run's evidence: its own mix over ten generations, with the tail reproduction that was measured."""

from collections.abc import Iterator, Sequence
from dataclasses import replace as altered
from pathlib import Path

from sterling.collapse.branching import accumulate, replace
from sterling.collapse.calibrating import Numbered, calibration
from sterling.collapse.forecast import Spectrum, forecast, until
from sterling.collapse.samples import Sample, sampled
from sterling.engine.shards import Shard
from sterling.pipeline import streams
from sterling.pipeline.forecast.policies import THIS_MIX, assumed, policy_of
from sterling.pipeline.forecast.spectra import (
    ASSUMED,
    KAPPA,
    LEAST_TOKENS,
    SEED,
    AnchorSize,
    Reproduction,
    few,
    measured,
)
from sterling.pipeline.job import Job
from sterling.pipeline.monitor.releases import said_of
from sterling.policy.defaults import ANCHORED
from sterling.recipes import Recipe
from sterling.stats import Evidence
from sterling.text import piece_hashes

_REFUSED = {"kind": "refusal", "policy": THIS_MIX, "band": "once"}
_SHOWN = 10
"""Generations."""
_CALIBRATED = 50_000
"""Tokens of the anchor that the forecast is calibrated on: fewer than on request."""


def forecast_run(
    job: Job, anchors: Sequence[Shard], chosen: Sequence[Shard], watched: Sequence[Evidence] = ()
) -> Iterator[Evidence]:
    """`forecast.this mix.…` over ten generations, and `replace` and `accumulate` beside it.

    `anchors`: the checked anchor, of which the human part that still stands is looked at; `chosen`: the shards of the
    mix, whose synthetic part is this run's output. Of both 400,000 tokens at most. Tail reproduction is what the
    monitor has `watched` of this run, against real text that nothing was made from; else it is measured against the
    train role, where the output is long enough. `source` in the inputs of `forecast.kappa.<band>` says which role.
    Nothing is said of a preview, nor where no model is to be trained beside real data.
    """
    recipe = job.recipe
    if job.preview is not None or recipe.purpose not in ANCHORED or not recipe.generate:
        return
    texts = streams.corpora(anchors, chosen)
    size = AnchorSize(recipe)
    sample = sampled(size.counted(texts["anchor"]), SEED)
    if sample.tokens < LEAST_TOKENS:
        method = f"not foretold: {sample.tokens:,} tokens of human text, {LEAST_TOKENS:,} needed"
        yield Evidence(f"forecast.{THIS_MIX}.once", None, 0, None, method, _REFUSED)
        return
    kappa = _watched(recipe.name, watched) or _own(sample, sampled(texts["synthetic"], SEED)) or ASSUMED
    yield from kappa.evidence
    yield from _foretold(recipe, size.total, sample, kappa)


def _watched(name: str, found: Sequence[Evidence]) -> Reproduction | None:
    """What the monitor measured of this run's own output; None where it spoke of no band."""
    mine = [one for one in found if one.inputs.get("kind") == "kappa" and one.inputs["corpus"] == name]
    kappa = Reproduction.of(mine, "monitor", "measured by the monitor, on the synthetic part of this mix")
    return kappa if kappa.kappas else None


def _own(sample: Sample, written: Sample) -> Reproduction | None:
    return measured(sample, written, f"measured on the synthetic part of this mix ({written.tokens:,} tokens)")


def _foretold(recipe: Recipe, size: int, sample: Sample, kappa: Reproduction) -> Iterator[Evidence]:
    tokens, mine = [*map(piece_hashes, sample.texts)], policy_of(recipe, size)
    spectrum, text = Spectrum.of_texts(tokens), Numbered.of(list(few(tokens, _CALIBRATED)))
    for policy in (mine, replace(), accumulate()):
        yield from forecast(policy, spectrum, _SHOWN, kappa.kappas)
        yield from (until(policy, spectrum, lost, kappa.kappas) for lost in (0.1, 0.5))
    found = calibration(mine, text, 4, runs=2)
    yield altered(found, inputs={**found.inputs, "assumed": assumed(recipe, size), "kappa": kappa.said})


def told_by(release: Path) -> Reproduction | None:
    """Tail reproduction as the run of a release took it; None where that run foretold nothing."""
    every = [Evidence.from_json(one) for one in said_of(release, "report.json").get("evidence", ())]
    if not any(one.name.startswith(f"forecast.{THIS_MIX}.") and one.value is not None for one in every):
        return None
    found = [one for one in every if one.name.startswith(KAPPA)]
    if not found:
        return Reproduction((), f"assumed to be 1: the run of {release} wrote too little to measure it")
    against = found[0].inputs.get("source", "train")
    return Reproduction(found, f"as the run of {release} measured it, against the {against} role of its anchor")
