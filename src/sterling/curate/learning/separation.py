"""How well a plain classifier tells two kinds of texts apart that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sterling.stats import Evidence, Interval, Z, clopper_pearson
from sterling.text import Hashes, plain_word_stretch, window_hashes
from sterling.text.linear import Floats, Linear, Vocabulary, gram_sets, trained

Flags = npt.NDArray[np.bool_]
Strata = npt.NDArray[np.int64]
FOLDS = 5
_TOGETHER = (1 + FOLDS / (FOLDS - 1)) ** 0.5
LONGEST = 2
"""Words in an n-gram that is a feature."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Separation:
    """Texts of two kinds, and what classifiers that have not seen them or their relatives say of each."""

    positive: Flags
    families: Hashes
    """Texts of one family are in one fold."""
    folds: npt.NDArray[np.int64]
    log_odds: Floats
    """Of each text, from the classifier that was trained without its fold."""
    models: tuple[Linear, ...]
    """By the fold that each has not seen."""


def fold_of(families: Hashes) -> npt.NDArray[np.int64]:
    """The fold of each family."""
    return (families % np.uint64(FOLDS)).astype(np.int64)


def separation(words: Sequence[Hashes], positive: Flags, families: Hashes) -> Separation:
    """Five classifiers on word 1-2-grams, each trained on four fifths of the families. `words`: hashes by text."""
    sets, folds = gram_sets(words, LONGEST), fold_of(families)
    vocabulary = Vocabulary.of(sets)
    rows = vocabulary.rows(sets)
    models = []
    log_odds = np.zeros(len(words))
    for fold in range(FOLDS):
        model = trained(rows.take(folds != fold), positive[folds != fold], vocabulary)
        mine = folds == fold
        log_odds[mine] = rows.take(mine).times(model.weights.astype(np.float64)) + model.bias
        models.append(model)
    return Separation(positive, families, folds, log_odds, tuple(models))


def telling(model: Linear, text: str, words: Hashes, toward: int) -> list[dict[str, Any]]:
    """The n-grams of a text that speak most for the positive class (`toward` 1) or against it (-1), with weights."""
    sizes = [max(0, len(words) - n + 1) for n in range(1, LONGEST + 1)]
    long = np.repeat(np.arange(1, LONGEST + 1), sizes)
    begins = np.concatenate([np.arange(size) for size in sizes])
    grams = np.concatenate([window_hashes(words, n) for n in range(1, LONGEST + 1)])
    weights = model.weights_of(grams) * toward
    each, first = np.unique(grams, return_index=True)
    order = first[np.argsort(-weights[first], kind="stable")][:_SHOWN].tolist() if len(each) else []
    return [
        {"words": _said(text, int(long[at]), int(begins[at])), "weight": round(float(weights[at]) * toward, 3)}
        for at in order
        if weights[at] > 0
    ]


def _said(text: str, n: int, at: int) -> str:
    start, stop = plain_word_stretch(text, at, at + n - 1)
    return text.lower()[start:stop]


def out_of_fold_auc(name: str, found: Separation, method: str, strata: Strata | None = None, **more: Any) -> Evidence:
    """`auc` of held-out scores, compared within folds, and within strata if there are some.

    Its interval is wider than DeLong's by the root of 1 + K / (K - 1), for K = 5 folds by half: classifiers of
    different folds were trained on mostly the same texts, so their areas err together (Nadeau and Bengio, Machine
    Learning 52, 2003, the corrected variance of resampled means). Without it, one in five intervals of 40 null
    comparisons on GSM8K missed 0.5.
    """
    within = found.folds if strata is None else found.folds + FOLDS * strata
    more["folds"] = FOLDS
    return auc(name, found.log_odds, found.positive, found.families, within, method, wider=_TOGETHER, **more)


def auc(
    name: str,
    scores: Floats,
    positive: Flags,
    families: Hashes,
    strata: Strata,
    method: str,
    wider: float = 1.0,
    **more: Any,
) -> Evidence:
    """The share of pairs (one of each kind, of one stratum) in which the positive scores higher; ties count half.

    The interval is that of DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988), with the contributions of one
    family summed (Obuchowski, Biometrics 53, 1997), on the scale of log odds, with `wider` times the error. Where all
    pairs are told apart it is the exact one of as many trials as the smaller kind has families.
    """
    inputs = {"positive": int(positive.sum()), "negative": int((~positive).sum()), **more}
    value, shares = _shares(scores, positive, strata)
    if value is None:
        return Evidence(name, None, len(scores), None, f"{method}; no pair to compare", inputs)
    _, home = np.unique(families, return_inverse=True)
    by_family = np.bincount(home, shares)
    error = wider * float(np.sqrt((by_family**2).sum() * len(by_family) / max(1, len(by_family) - 1)))
    fewest = min(len(np.unique(home[kind])) for kind in (positive, ~positive))
    said = f"{method}; DeLong 95 %, by family" + (f", times {wider:g} for folds" if wider > 1 else "")
    return Evidence(
        name, value, len(scores), _interval(value, error, fewest), said, inputs | {"families": len(by_family)}
    )


def _shares(scores: Floats, positive: Flags, strata: Strata) -> tuple[float | None, Floats]:
    """The area, and by how much each text moves it."""
    moved, sum_of, pairs = np.zeros(len(scores)), 0.0, 0
    for stratum in np.unique(strata):
        ours, theirs = np.flatnonzero((strata == stratum) & positive), np.flatnonzero((strata == stratum) & ~positive)
        if len(ours) and len(theirs):
            above, below = _beaten(scores[ours], scores[theirs]), _beaten(-scores[theirs], -scores[ours])
            area, size = float(above.mean()), len(ours) * len(theirs)
            moved[ours], moved[theirs] = (above - area) * len(theirs), (below - area) * len(ours)
            sum_of, pairs = sum_of + area * size, pairs + size
    return (sum_of / pairs, moved / pairs) if pairs else (None, moved)


def _beaten(scores: Floats, others: Floats) -> Floats:
    """The share of the others that each score is above; equal ones count half."""
    ordered = np.sort(others)
    sides = np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")
    found: Floats = sides / (2 * len(others))
    return found


def _interval(value: float, error: float, trials: int) -> Interval:
    if value in {0.0, 1.0} or error == 0:
        exact = clopper_pearson(trials if value > 0.5 else 0, trials)
        return exact if value in {0.0, 1.0} else Interval(value, value)
    middle, half = np.log(value / (1 - value)), Z * error / (value * (1 - value))
    ends = [float(1 / (1 + np.exp(-end))) for end in (middle - half, middle + half)]
    return Interval(ends[0], ends[1])
