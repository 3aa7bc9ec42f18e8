"""The science, runnable: every closed form beside its simulation, and the three errors behind collapse one at a time.

Each point is Evidence: `explain.<figure>.<curve>`, its value what was simulated (None where only a formula is drawn),
n the repetitions, `inputs` with `figure`, `curve`, `x` and `formula` (None where there is none).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from sterling.collapse.branching import accumulate, freeze, replace, rotate, survival
from sterling.collapse.calibrating import Kept, Numbered, compared
from sterling.collapse.loops import categories, gaussian, least_squares, verified
from sterling.collapse.loops.categories import Floats
from sterling.stats import Evidence, Interval, mean
from sterling.text import Hashes

MANY = 1_000_000
"""Draws at which chance no longer matters."""
FEW = 300
"""Draws at which it does."""
TEMPERATURE = 0.9
MENDED = 0.3
"""Share of real data in the second half of the experiments."""
_GENERATIONS = 20
_SEED = 0
_DOCUMENTS = 400


def explained(texts: Sequence[Hashes] | None = None) -> list[Evidence]:
    """Every figure. `texts`: token hashes of documents for the loop on text; unsaid, made-up ones. Takes seconds."""
    figures = (
        _errors_add_up(), _variance_dies(), _real_part(), _golden(), _least_squares(), _verifier(),
        _rare_words(made_up() if texts is None else texts), _three(0.0, "alone"), _three(MENDED, "mended"),
        _drift(), _sharpened(), _shapes(),
    )  # fmt: skip
    return list(chain.from_iterable(figures))


def _point(
    figure: str, curve: str, x: float, formula: float | None, values: Iterable[float] = (), said: str = ""
) -> Evidence:
    """A place on a curve: the mean of what was simulated, with its interval."""
    inputs = {"figure": figure, "curve": curve, "x": x, "formula": formula}
    return mean(f"explain.{figure}.{curve}", list(values), said or "mean over repetitions of the loop", **inputs)


def _errors_add_up() -> Iterator[Evidence]:
    n = 100
    means, variances = gaussian.refit(n, _GENERATIONS, 4000, _SEED)
    squares, widths = n * means**2, n * (np.sqrt(variances) - 1) ** 2
    for at in range(_GENERATIONS):
        g = at + 1
        yield _point("gaussian_error", "mean", g, gaussian.mean_error(g), squares[:, at])
        distance = squares[:, at] + widths[:, at]
        yield _point("gaussian_error", "whole distribution", g, gaussian.transport_error(g), distance)


def _variance_dies() -> Iterator[Evidence]:
    for n in (1000, 300, 100):
        _, variances = gaussian.refit(n, 2000, 1000, _SEED)
        for g in (1, *range(100, 2001, 100)):
            ordered = np.sort(variances[:, g - 1])
            middle = float(np.median(ordered))
            # Order statistics: half of the values, give or take 1.96 binomial standard deviations.
            interval = Interval(float(ordered[468]), float(ordered[531]))
            inputs = {"figure": "gaussian_variance", "curve": f"n = {n}", "x": g}
            formula = {"formula": gaussian.median_variance(g, n)}
            method = "median over repetitions, in units of the true variance; interval of order statistics, 95 %"
            yield Evidence(f"explain.gaussian_variance.n = {n}", middle, 1000, interval, method, inputs | formula)


def _real_part() -> Iterator[Evidence]:
    names: tuple[tuple[str, gaussian.Real], ...] = (
        ("nothing real", "none"), ("always the same tenth", "frozen"), ("a tenth, rotated", "rotated"),
        ("a tenth, fresh", "fresh"),
    )  # fmt: skip
    for name, real in names:
        if real == "none":
            means, _ = gaussian.refit(100, 40, 2000, _SEED)
        else:
            means = gaussian.mixed(100, 40, 2000, real, 0.1, _SEED)
        for g in range(1, 41):
            formula = gaussian.mean_error(g, real, 0.0 if real == "none" else 0.1)
            yield _point("gaussian_real", name, g, formula, 100 * means[:, g - 1] ** 2 if g % 2 else ())


def _golden() -> Iterator[Evidence]:
    for percent in range(10, 100, 2):
        weight = percent / 100
        simulated: Iterable[float] = ()
        if percent % 8 == 2:
            simulated = 100 * gaussian.weighted(100, 60, 4000, weight, _SEED)[:, -1] ** 2
        yield _point("golden", "error in the long run", weight, gaussian.weighted_error(weight), simulated)


def _least_squares() -> Iterator[Evidence]:
    names: tuple[tuple[str, least_squares.Keeping], ...] = (
        ("replace", "replace"), ("frozen tenth", "freeze"), ("rotated tenth", "rotate"), ("fresh tenth", "fresh"),
        ("subsampled", "subsample"), ("accumulate", "accumulate"),
        ("all real + last output", "all_real_plus_one"),
    )  # fmt: skip
    closed = {"replace": least_squares.replace_error, "accumulate": least_squares.accumulate_error}
    for name, keeping in names:
        errors = least_squares.simulate(keeping, _GENERATIONS, 30, _SEED)
        formula = closed.get(keeping)
        for g in range(1, _GENERATIONS + 1):
            yield _point("least_squares", name, g, None if formula is None else formula(g), errors[:, g - 1])


def _verifier() -> Iterator[Evidence]:
    unit = 20 / (200 - 20 - 1)
    unchecked = unit * least_squares.simulate("replace", _GENERATIONS, 40, _SEED)
    for g in range(1, _GENERATIONS + 1):
        yield _point("verifier", "no verifier", g, unit * g, unchecked[:, g - 1])
    for bias, name in ((0.4, "bias 0.4"), (0.15, "bias 0.15"), (0.0, "no bias")):
        errors = verified.simulate(bias, _GENERATIONS, 20, _SEED)
        for g in range(1, _GENERATIONS + 1):
            formula = verified.plateau(bias) if g >= 3 else None
            yield _point("verifier", name, g, formula, errors[:, g - 1])


def made_up() -> list[Hashes]:
    """Documents with words of their own, some 80,000 tokens: words come in bursts, as in real text."""
    chance = np.random.default_rng(_SEED)
    found = []
    for document in range(_DOCUMENTS):
        common = np.minimum(chance.zipf(1.35, 120), 4000)
        topical = 10_000 + 1000 * document + np.minimum(chance.zipf(1.5, 80), 999)
        found.append(chance.permutation(np.concatenate([common, topical])).astype(np.uint64))
    return found


_MIXED = (
    ("replace", replace()),
    ("same 10 % real", freeze(0.1)),
    ("10 % real, rotated", rotate(0.1)),
    ("30 % real, rotated", rotate(0.3)),
    ("70 % real, rotated", rotate(0.7)),
    ("accumulate", accumulate()),
)


def _rare_words(texts: Sequence[Hashes]) -> Iterator[Evidence]:
    text = Numbered.of(texts)
    for name, policy in _MIXED:
        found = {kept.band.name: kept for kept in compared(policy, text, 6, _SEED, runs=3)}
        formula = survival(policy, [1], 6)[0].tolist()
        if "once" in found:
            for at in range(6):
                yield _point("rare_words", name, at + 1, formula[at], found["once"].seen[:, at])
        if policy.name == rotate(0.3).name and "3-4" in found:
            yield from _bursts(found["3-4"])


def _bursts(kept: Kept) -> Iterator[Evidence]:
    for at in range(kept.told.shape[0]):
        yield _point("bursts", "drawn by documents", at + 1, float(kept.told[at]), kept.seen[:, at])
        yield _point("bursts", "as if word by word", at + 1, float(kept.told_by_copies[at]))


_ERRORS = (
    ("no error", categories.counting, MANY, 20),
    ("sampling", categories.counting, FEW, 60),
    ("one hump", categories.one_hump, MANY, 20),
    ("a blur", categories.blurring, MANY, 20),
    ("temperature 0.9", categories.preferring(TEMPERATURE), MANY, 20),
)
"""Name, model, draws a generation, repetitions."""


def _three(real: float, figure: str) -> Iterator[Evidence]:
    for name, learn, n, repetitions in _ERRORS:
        far = categories.apart(categories.simulate(learn, n, _GENERATIONS, repetitions, _SEED, real))
        exact = categories.apart(categories.without_chance(learn, _GENERATIONS, real))
        for g in range(_GENERATIONS + 1):
            formula = None if n == FEW else float(exact[g])
            yield _point(f"errors_{figure}", name, g, formula, far[:, g])


def _drift() -> Iterator[Evidence]:
    for n in (30, 100, 300):
        left = categories.variety(categories.simulate(categories.counting, n, 60, 300, _SEED))
        for g in range(0, 61, 3):
            yield _point("drift", f"{n} draws", g, categories.drift(n, g), left[:, g])


def _sharpened() -> Iterator[Evidence]:
    for temperature in (0.85, 0.9, 0.95):
        found = categories.simulate(categories.preferring(temperature), MANY, _GENERATIONS, 10, _SEED)
        left = categories.variety(found)
        for g in range(_GENERATIONS + 1):
            formula = float(categories.variety(categories.sharpened(g, temperature)))
            yield _point("sharpened", f"temperature {temperature:g}", g, formula, left[:, g])


def _shapes() -> Iterator[Evidence]:
    """What is left of the two humps, one run of each: the value is the density of a bin."""
    for name, learn, n, _ in _ERRORS[1:]:
        found: Floats = categories.simulate(learn, n, _GENERATIONS, 1, _SEED)[0]
        for g in (0, 1, 5, 20):
            for place, share in zip(categories.PLACES.tolist(), found[g].tolist(), strict=True):
                method = f"share of a bin after {g} generations, one run of {n:,} draws a generation"
                inputs = {"figure": f"shape: {name}", "curve": f"generation {g}", "x": place, "formula": share}
                yield Evidence(f"explain.shape.{name}.{g}", share, n, None, method, inputs)
