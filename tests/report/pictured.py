"""Evidence for the pictures, made by the code that makes it in a run, of numbers that were made up."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tests.report.examples import example_report

from sterling.collapse.branching import Policy, presets, rotate
from sterling.collapse.comparing import Values, compared
from sterling.collapse.comparing import evidence as said_of
from sterling.collapse.forecast import Kappa, Spectrum, forecast, until
from sterling.collapse.models import Answers, Generation, Tail, changes, equal_draws, levels
from sterling.collapse.models import evidence as changed
from sterling.collapse.models import verdict as judged
from sterling.collapse.panel import PANEL
from sterling.collapse.reproduction import tail_reproduction
from sterling.collapse.target import Prompts, Target, distances
from sterling.collapse.trends import Accepted, acceptance_trend, trends
from sterling.experiment.effects import effect
from sterling.experiment.verdicts import Claim
from sterling.mix import Cap, Rules, plan
from sterling.report import Report, Slice, StepLine
from sterling.stats import Evidence, proportion
from sterling.text import token_hashes

Chance = np.random.Generator
_HARMED = {"distinct_2", "zstd_ratio", "rare_bigram_recall", "coverage", "student", "student_tail", "vocabulary"}
NAMES = ("first.jsonl", "second.jsonl", "third-with-a-rather-long-name-of-a-file-that-somebody-gave-it.jsonl", "fourth")


def told_once(made: Callable[[], Iterator[Evidence]]) -> Callable[[], tuple[Evidence, ...]]:
    """The same numbers for every test that asks, made when the first one does."""
    return cache(lambda: tuple(made()))


@told_once
def forecasts(generations: int = 10) -> Iterator[Evidence]:
    """The recipe's own mix and two presets, of a spectrum like that of words."""
    chance = np.random.default_rng(6)
    counts = np.round(chance.pareto(0.9, 6_000) + 1).astype(int)
    spectrum = Spectrum.of(np.minimum(counts, 2_000))
    own = Policy("this mix", rotate(0.7).diet)
    measured = {"once": Kappa(0.93, 0.88, 0.97), "twice": Kappa(0.95, 0.92, 0.98)}
    for policy in (presets()[0], presets()[1], presets()[2], own, rotate(0.1)):
        kappas = measured if policy is own else None
        yield from forecast(policy, spectrum, generations, kappas)
        yield from (until(policy, spectrum, lost, kappas) for lost in (0.1, 0.5))
        method = "largest difference of forecast and a trigram loop on this text, types seen once, one run of the loop"
        told = {"kind": "calibration", "policy": policy.name, "generations": 6}
        yield Evidence(f"forecast.{policy.name}.calibration", 0.0143, 3_012, None, method, told)


def _values(chance: Chance, harm: float, stretches: int = 12) -> Values:
    return [
        {
            m.name: float((1 + (harm * (-1 if m.harm == "falls" else 1) if m.name in _HARMED else 0)) * 2.0 + noise)
            for m, noise in zip(PANEL, chance.normal(0, 0.02, len(PANEL)), strict=True)
        }
        for _ in range(stretches)
    ]


@told_once
def generations() -> Iterator[Evidence]:
    """Generations that get worse, the last one too small to say anything of."""
    chance = np.random.default_rng(6)
    real, first, values = _values(chance, 0.0), _values(chance, 0.003), []
    for number, name in enumerate(NAMES, 1):
        mine = first if number == 1 else _values(chance, 0.02 * number**2, 3 if number == len(NAMES) else 12)
        values.append(mine)
        gap = compared(mine, real, 10_000)
        yield from said_of(name, gap, number)
        if number > 1:
            yield from said_of(name, compared(mine, first, 10_000), number, "first")
        yield from _kappa(chance, name, number)
        notes = ["another language or tokenisation: 12% of its tokens are known"] if number == len(NAMES) else []
        stage = "early" if gap.colour == "red" else "none"
        inputs = {"kind": "verdict", "generation": number, "corpus": name, "colour": gap.colour, "stage": stage}
        yield Evidence(f"collapse.{number}.verdict", None, gap.n, None, gap.why, {**inputs, "notes": notes})
    yield from trends(real, values)
    for number, passed in enumerate((90, 80, 85, 60), 1):
        told = {"kind": "accepted", "generation": number, "check": "math", "corpus": NAMES[number - 1]}
        yield proportion(f"collapse.{NAMES[number - 1]}.accepted.math", passed, 100, "kept or flagged", **told)
    yield from acceptance_trend("math", [Accepted(1, 90, 100), Accepted(2, 80, 100), Accepted(3, 85, 100)])


def _kappa(chance: Chance, name: str, number: int) -> Iterator[Evidence]:
    types = np.repeat(np.arange(600), np.clip(chance.poisson(3, 600), 1, None))
    whole, tail = [token_hashes([str(t) for t in some]) for some in (types, types[types < 300 - 60 * number])]
    real = [whole[chance.permutation(len(whole))[:900]] for _ in range(8)]
    rest = np.concatenate([tail, whole[len(whole) // 2 :]])
    made = [rest[chance.integers(len(rest), size=900)] for _ in range(8)]
    for one in tail_reproduction(name, whole, real, made):
        yield replace(one, inputs={**one.inputs, "generation": number})


@told_once
def experiments() -> Iterator[Evidence]:
    """Two arms on three slices, a task, and an arm of which nothing could be said."""
    chance = np.random.default_rng(6)
    for arm, control, shift in (("matched", "real", -0.02), ("added", "repeated", 0.05), ("unfiltered", "added", 0.3)):
        for place, more in (("all", 0.0), ("tail", 0.06), ("outside", 0.02)):
            base = chance.normal(8, 1, (4, 60))
            found = effect(base + shift + more + chance.normal(0, 0.1, base.shape), base)
            told = {"arm": arm, "control": control, "slice": place, "student": "trigrams", "unit": "bits a token"}
            told["said"] = Claim("trigrams", found, found.p).said
            yield found.evidence(f"experiment.{arm}.{place}.trigrams", **told)
        failures = (chance.random((4, 80)) < 0.3).astype(float)
        found = effect(np.clip(failures - (chance.random((4, 80)) < 0.1), 0, 1), failures)
        told = {"arm": arm, "control": control, "slice": "all", "task": "choices", "unit": "share of failures"}
        told["said"] = Claim("choices", found, found.p).said
        yield found.evidence(f"experiment.{arm}.all.choices", **told)
    none = {"arm": "without_check_near_duplicates", "control": "added", "slice": "tail", "unit": "bits a token"}
    why = "insufficient sample: 2 documents are in the tail; 40 would do"
    yield Evidence("experiment.without_check_near_duplicates.tail.trigrams", None, 2, None, why, none)
    why = "loss on the tail rises: +0.040 [+0.021, +0.060]"
    word = {"word": "harms the tail", "why": why, "share": 0.3}
    yield Evidence("experiment.verdict", None, 60, None, "verdict of the arm added", word)


@told_once
def models() -> Iterator[Evidence]:
    """Three generations of a model on items of two bands: it still solves the rare ones, in fewer ways."""
    chance = np.random.default_rng(6)
    tail = Tail({f"{band}{at}": band for band in ("once", "many") for at in range(40)}, ("many", "once"))
    generations = [Generation(f"model-{number}", dict(_answers(chance, tail, 4 - number))) for number in (1, 2, 3)]
    draws = {band: equal_draws(tail, generations, band) for band in tail.names}
    for number, one in enumerate(generations, 1):
        yield from levels(tail, one, number, draws, 8)
        if number > 1:
            found = changes(tail, generations[0], one, draws)
            yield from changed(one.name, number, generations[0].name, found, judged(found))


def _answers(chance: Chance, tail: Tail, ways: int) -> Iterator[tuple[str, Answers]]:
    for item, band in tail.bands.items():
        passed = int(chance.binomial(8, 0.9 if band == "many" else 0.6))
        forms = np.bincount(chance.integers(ways, size=passed), minlength=ways)
        yield item, Answers(8, passed, {str(form): int(n) for form, n in enumerate(forms) if n}, 90.0 + 10 * ways, 40)


@told_once
def targets() -> Iterator[Evidence]:
    """Prompts that are longer than what users write, and of fewer topics."""
    chance = np.random.default_rng(6)
    words = [f"word{at}" for at in range(400)]

    def texts(n: int, length: int, known: int) -> list[str]:
        return [" ".join(chance.choice(words[:known], int(size))) for size in chance.poisson(length, n) + 3]

    real = Target.of(texts(240, 12, 400), 0)
    yield Evidence("target.sample", 240.0, 240, None, "different real inputs", {"inputs": 240, "synthetic": 120})
    for subject, length, known in (("target", 40, 60), ("target.seeds", 12, 400)):
        prompts = Prompts(texts(120, length, known), np.arange(120).astype(np.uint64))
        yield from distances(subject, real, prompts)


class Mix(NamedTuple):
    """A mix that `plan` chose, as a run accounts for it."""

    evidence: tuple[Evidence, ...]
    composition: tuple[Slice, ...]
    left_out: StepLine


@cache
def mix() -> Mix:
    """Two generations of two strategies beside real tickets, with a cap, a minimum and a target."""
    n, chance = 900, np.random.default_rng(6)
    origin = np.array(["human"] * 400 + ["synthetic"] * 480 + ["unknown"] * 20)
    made = origin == "synthetic"
    written = [("evolve" if at % 3 else "persona_grid") if made[at] else None for at in range(n)]
    age = np.where(made, np.arange(n) % 2, 0)
    tags = [
        ["legal", "a_tag:with.a-very-long-name-that-nobody-can-break"]
        if at % 40 == 0
        else ["billing"]
        if at % 2
        else []
        for at in range(n)
    ]
    candidates = pa.table(
        {
            "id": [f"{at:032x}" for at in range(n)],
            "tokens": chance.integers(20, 200, n),
            "origin": origin.tolist(),
            "strategy": pa.array(written, pa.string()),
            "source": [strategy or "tickets" for strategy in written],
            "tags": pa.array(tags, pa.list_(pa.string())),
            "depth": made + age,
            "age": age,
            "drawn": (np.arange(n) < 250).astype(np.int64),
        }
    )
    caps = (Cap("strategy", "persona_grid", 0.15), Cap("depth", "2", 0.12))
    minimum = {"legal": 1_000}
    rules = Rules(synthetic_cap=0.3, real_floor=0.1, caps=caps, minimum=minimum, per_generation=0.5)
    planned = plan(candidates, rules)
    chosen = candidates.filter(pc.is_in(candidates["id"], value_set=planned.chosen["id"].combine_chunks()))
    keys = ["origin", "strategy", "depth"]
    sums = chosen.group_by(keys).aggregate([("tokens", "sum"), ("tokens", "count")])
    slices = sums.rename_columns({"tokens_sum": "tokens", "tokens_count": "records"}).to_pylist()
    reasons = Counter(planned.left_out["reason"].to_pylist())
    line = StepLine("mix", n, chosen.num_rows, n - chosen.num_rows, reasons=dict(reasons))
    return Mix(tuple(planned.evidence), tuple(Slice(**one) for one in slices), line)


def everything() -> tuple[Evidence, ...]:
    """All that a picture shows, but the mix."""
    return (*experiments(), *generations(), *models(), *forecasts(), *targets())


@cache
def pictured_report() -> Report:
    """The example with every picture in it."""
    plain, mixed = example_report(), mix()
    steps = (*(step for step in plain.steps if step.name != "mix"), mixed.left_out)
    evidence = (*plain.evidence, *mixed.evidence, *everything())
    return replace(plain, steps=steps, composition=mixed.composition, evidence=evidence)
